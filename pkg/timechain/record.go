package timechain

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"github.com/fxamacker/cbor/v2"
)

// Record is what was measured at one time.
type Record struct {
	// T is the time of the event in unix nanoseconds.
	T int64
	// Seq is the order of arrival at the writer, in which records of one time are kept.
	Seq uint64
	// Values are in the schema's order.
	Values []Value
}

const (
	// version starts every format of this package, suite follows where there is cryptography: SHA-256, AES-256-GCM.
	version = 0x01
	suite   = 0x01
	// MaxRecord bounds a record's encoding in bytes: it must fit in one segment.
	MaxRecord = MaxSegment
)

// Compare orders records by time, then arrival.
func (r Record) Compare(other Record) int {
	return cmp.Or(cmp.Compare(r.T, other.T), cmp.Compare(r.Seq, other.Seq))
}

// SortRecords brings records into the order they are sealed in.
func SortRecords(records []Record) { slices.SortFunc(records, Record.Compare) }

// Leaf is the record's canonical encoding: version ‖ CBOR [T, Seq, [values]]. Decimals are scaled integers, an absent value
// is null, a negative zero of an integer or decimal the simple value 0.
func (r Record) Leaf() []byte { return r.appendLeaf(nil) }

func (r *Record) appendLeaf(b []byte) []byte {
	b = append(b, version, cborArray|3)
	b = appendInt(b, r.T)
	b = appendUint(b, r.Seq)
	b = appendArray(b, len(r.Values))
	return r.appendValues(b)
}

// appendItems writes the record without its arrays' heads: a CBOR sequence (RFC 8742) of T, Seq and the values.
func (r *Record) appendItems(b []byte) []byte {
	b = appendInt(b, r.T)
	b = appendUint(b, r.Seq)
	return r.appendValues(b)
}

func (r *Record) appendValues(b []byte) []byte {
	for i := range r.Values {
		b = r.Values[i].appendCBOR(b)
	}
	return b
}

func (v *Value) appendCBOR(b []byte) []byte {
	switch v.kind {
	case TypeInt:
		if v.neg {
			return append(b, cborMinusZero)
		}
		return appendInt(b, v.num)
	case TypeFloat:
		return appendFloat(b, v.Float64())
	case TypeText:
		return appendText(b, v.text)
	default: // absent; a fixed value is stored as an integer
		return append(b, cborNull)
	}
}

// wireRecord is a record as CBOR.
type wireRecord struct {
	_      struct{} `cbor:",toarray"`
	T      int64
	Seq    uint64
	Values []cbor.RawMessage
}

// ParseRecord reads what Leaf gave. Whether the values fit a schema is not checked.
func ParseRecord(b []byte) (Record, error) {
	if len(b) > MaxRecord {
		return Record{}, fmt.Errorf("%w: record of %d bytes", ErrTooLarge, len(b))
	}
	if len(b) == 0 || b[0] != version {
		return Record{}, fmt.Errorf("%w: record of unknown version", ErrFormat)
	}
	var w wireRecord
	if err := unmarshal(b[1:], &w); err != nil {
		return Record{}, err
	}
	if len(w.Values) > MaxFields {
		return Record{}, fmt.Errorf("%w: %d values", ErrTooLarge, len(w.Values))
	}
	r := Record{T: w.T, Seq: w.Seq, Values: make([]Value, len(w.Values))}
	for i, raw := range w.Values {
		var err error
		if r.Values[i], err = parseCBORValue(raw); err != nil {
			return Record{}, fmt.Errorf("value %d: %w", i, err)
		}
	}
	if !bytes.Equal(r.Leaf(), b) {
		return Record{}, fmt.Errorf("%w: record %w", ErrFormat, errNotCanonical)
	}
	return r, nil
}

// parseCBORValue reads one well-formed item.
func parseCBORValue(raw []byte) (Value, error) {
	switch first := raw[0]; {
	case first == cborNull:
		return Absent(), nil
	case first == cborMinusZero:
		return Value{kind: TypeInt, neg: true}, nil
	case first >= cborFloat16 && first <= cborFloat64:
		f := parseFloat(raw)
		if math.IsNaN(f) || math.IsInf(f, 0) {
			return Value{}, fmt.Errorf("%w: not a finite number", ErrFormat)
		}
		return Float(f), nil
	case first < cborBytes:
		var n int64
		err := unmarshal(raw, &n)
		return Int(n), err
	case first&^0x1f == cborText:
		var s string
		err := unmarshal(raw, &s)
		return Text(s), err
	}
	return Value{}, fmt.Errorf("%w: CBOR type 0x%02x is no value", ErrFormat, raw[0])
}

// parseFloat reads a well-formed half, single or double.
func parseFloat(raw []byte) float64 {
	switch raw[0] {
	case cborFloat64:
		return math.Float64frombits(binary.BigEndian.Uint64(raw[1:]))
	case cborFloat32:
		return float64(math.Float32frombits(binary.BigEndian.Uint32(raw[1:])))
	}
	half := binary.BigEndian.Uint16(raw[1:])
	exp, mantissa := int(half>>10&0x1f), float64(half&0x3ff)
	f := math.Ldexp(mantissa, -24)
	switch {
	case exp == 0x1f:
		f = math.Inf(1)
	case exp > 0:
		f = math.Ldexp(1024+mantissa, exp-25)
	}
	if half&0x8000 != 0 {
		f = math.Copysign(f, -1)
	}
	return f
}

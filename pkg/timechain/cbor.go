package timechain

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"github.com/fxamacker/cbor/v2"
)

// CBOR major types and simple values (RFC 8949, section 3), as first bytes.
const (
	cborUint    = 0 << 5
	cborNegint  = 1 << 5
	cborBytes   = 2 << 5
	cborText    = 3 << 5
	cborArray   = 4 << 5
	cborSimple  = 7 << 5
	cborFalse   = cborSimple | 20
	cborTrue    = cborSimple | 21
	cborNull    = cborSimple | 22
	cborFloat16 = cborSimple | 25
	cborFloat32 = cborSimple | 26
	cborFloat64 = cborSimple | 27
	// cborMinusZero is the unassigned simple value 0: it stands for an integer's or decimal's negative zero.
	cborMinusZero = cborSimple
)

// appendHead writes a type with its shortest argument.
func appendHead(b []byte, major byte, n uint64) []byte {
	switch {
	case n < 24:
		return append(b, major|byte(n))
	case n <= math.MaxUint8:
		return append(b, major|24, byte(n))
	case n <= math.MaxUint16:
		return binary.BigEndian.AppendUint16(append(b, major|25), uint16(n))
	case n <= math.MaxUint32:
		return binary.BigEndian.AppendUint32(append(b, major|26), uint32(n))
	}
	return binary.BigEndian.AppendUint64(append(b, major|27), n)
}

func appendUint(b []byte, n uint64) []byte { return appendHead(b, cborUint, n) }

func appendInt(b []byte, n int64) []byte {
	if n < 0 {
		return appendHead(b, cborNegint, ^uint64(n))
	}
	return appendHead(b, cborUint, uint64(n))
}

func appendBytes(b, data []byte) []byte {
	return append(appendHead(b, cborBytes, uint64(len(data))), data...)
}

func appendText(b []byte, s string) []byte {
	return append(appendHead(b, cborText, uint64(len(s))), s...)
}

func appendArray(b []byte, n int) []byte { return appendHead(b, cborArray, uint64(n)) }

func appendBool(b []byte, v bool) []byte {
	if v {
		return append(b, cborTrue)
	}
	return append(b, cborFalse)
}

// appendFloat writes a finite double in the shortest form that holds it.
func appendFloat(b []byte, f float64) []byte {
	single := float32(f)
	if float64(single) != f {
		return binary.BigEndian.AppendUint64(append(b, cborFloat64), math.Float64bits(f))
	}
	if half, ok := halfBits(single); ok {
		return binary.BigEndian.AppendUint16(append(b, cborFloat16), half)
	}
	return binary.BigEndian.AppendUint32(append(b, cborFloat32), math.Float32bits(single))
}

// halfBits is a finite float in half precision (IEEE 754 binary16), if that holds it exactly.
func halfBits(f float32) (uint16, bool) {
	bits := math.Float32bits(f)
	sign := uint16(bits>>16) & 0x8000
	mantissa, exp := bits&(1<<23-1), int(bits>>23&0xff)-127
	switch {
	case bits<<1 == 0:
		return sign, true
	case exp >= -14 && exp <= 15: // normal
		return sign | uint16(exp+15)<<10 | uint16(mantissa>>13), mantissa&(1<<13-1) == 0
	case exp >= -24 && exp < -14: // subnormal: the implied one moves into the mantissa
		shift := uint(-1 - exp)
		mantissa |= 1 << 23
		return sign | uint16(mantissa>>shift), mantissa&(1<<shift-1) == 0
	}
	return 0, false
}

// strict refuses what has no place in our formats; that there is one encoding only is checked by encoding again.
var strict = func() cbor.DecMode {
	mode, err := cbor.DecOptions{
		DupMapKey:        cbor.DupMapKeyEnforcedAPF,
		IndefLength:      cbor.IndefLengthForbidden,
		TagsMd:           cbor.TagsForbidden,
		UTF8:             cbor.UTF8RejectInvalid,
		MaxNestedLevels:  8,
		MaxArrayElements: MaxLines,
		MaxMapPairs:      16,
	}.DecMode()
	if err != nil {
		panic(err) // the options are constants
	}
	return mode
}()

// unmarshal decodes exactly one CBOR item that fills b.
func unmarshal(b []byte, v any) error {
	if err := strict.Unmarshal(b, v); err != nil {
		return fmt.Errorf("%w: %w", ErrFormat, err)
	}
	return nil
}

var errNotCanonical = errors.New("not in its one encoding")

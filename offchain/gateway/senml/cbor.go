package senml

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"

	"github.com/fxamacker/cbor/v2"
)

// cborMode refuses what would let two readers see two packs.
var cborMode = mustMode(cbor.DecOptions{
	DupMapKey:         cbor.DupMapKeyEnforcedAPF,
	MaxNestedLevels:   8,
	MaxArrayElements:  MaxEntries,
	MaxMapPairs:       64,
	ExtraReturnErrors: cbor.ExtraDecErrorUnknownField,
})

func mustMode(opts cbor.DecOptions) cbor.DecMode {
	mode, err := opts.DecMode()
	if err != nil {
		panic(err) // constant input: only a broken build gets here
	}
	return mode
}

// DecodeCBOR reads a pack of application/senml+cbor.
func DecodeCBOR(body []byte) ([]Entry, error) {
	var pack []entry
	err := cborMode.Unmarshal(body, &pack)
	if unknown := (&cbor.UnknownFieldError{}); errors.As(err, &unknown) {
		pack, err = decodeLoosely(body)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	return resolve(pack)
}

// looseMode lets unknown labels pass; decodeLoosely looks at them itself.
var looseMode = mustMode(cbor.DecOptions{
	DupMapKey: cbor.DupMapKeyEnforcedAPF, MaxNestedLevels: 8, MaxArrayElements: MaxEntries, MaxMapPairs: 64,
})

// decodeLoosely ignores unknown labels, except those that must be understood (RFC 8428, 4.4).
func decodeLoosely(body []byte) ([]entry, error) {
	var labels []map[any]cbor.RawMessage
	if err := looseMode.Unmarshal(body, &labels); err != nil {
		return nil, err
	}
	for i, e := range labels {
		for label := range e {
			if text, ok := label.(string); ok && strings.HasSuffix(text, "_") {
				return nil, fmt.Errorf("entry %d: label %q must be understood and is not", i, text)
			}
		}
	}
	var pack []entry
	return pack, looseMode.Unmarshal(body, &pack)
}

// UnmarshalCBOR reads integers, floats and decimal fractions (tag 4). A single-precision float is taken for the shortest
// decimal that gives it: 20.1 stays 20.1.
func (n *numeral) UnmarshalCBOR(bz []byte) error {
	if len(bz) == 0 {
		return errNumber
	}
	switch bz[0] >> 5 {
	case 0, 1:
		var i big.Int
		if err := looseMode.Unmarshal(bz, &i); err != nil {
			return err
		}
		*n = numeral(i.String())
		return nil
	case 6:
		return n.fraction(bz)
	case 7:
		return n.float(bz)
	}
	return errNumber
}

func (n *numeral) float(bz []byte) error {
	var f float64
	if bz[0] < 0xf9 || bz[0] > 0xfb {
		return errNumber
	}
	if err := looseMode.Unmarshal(bz, &f); err != nil {
		return err
	}
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return errNumber
	}
	size := 32
	if bz[0] == 0xfb {
		size = 64
	}
	*n = numeral(strconv.FormatFloat(f, 'e', -1, size))
	return nil
}

// decimalFraction is tag 4: [exponent, mantissa].
const decimalFraction = 4

func (n *numeral) fraction(bz []byte) error {
	var tag cbor.RawTag
	if err := looseMode.Unmarshal(bz, &tag); err != nil {
		return err
	}
	if tag.Number != decimalFraction {
		return errNumber
	}
	var parts []int64
	if err := looseMode.Unmarshal(tag.Content, &parts); err != nil {
		return err
	}
	if len(parts) != 2 {
		return errNumber
	}
	*n = numeral(fmt.Sprintf("%de%d", parts[1], parts[0]))
	return nil
}

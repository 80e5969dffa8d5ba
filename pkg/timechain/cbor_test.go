package timechain

import (
	"math"
	"testing"

	"github.com/fxamacker/cbor/v2"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// TestWritingMatchesAnotherEncoder holds the hand-written encoder against a full one in core deterministic mode.
func TestWritingMatchesAnotherEncoder(t *testing.T) {
	mode, err := cbor.CoreDetEncOptions().EncMode()
	require.NoError(t, err)
	same := func(t require.TestingT, got []byte, v any) {
		want, err := mode.Marshal(v)
		require.NoError(t, err)
		require.Equal(t, want, got, "%v", v)
	}
	for _, n := range []int64{0, 23, 24, 255, 256, 65535, 65536, 1<<32 - 1, 1 << 32, math.MaxInt64, -1, -24, -25, -256, -257, math.MinInt64} {
		same(t, appendInt(nil, n), n)
	}
	for _, f := range []float64{
		0, math.Copysign(0, -1), 1, -1.5, 65504, 65505, 65536, 1.0 / 3, 5.960464477539063e-8, 2.9802322387695312e-8, 6.103515625e-5,
		6.097555160522461e-5, 1.401298464324817e-45, math.MaxFloat32, math.MaxFloat64, math.SmallestNonzeroFloat64, 100000, 3.4028234e38,
	} {
		same(t, appendFloat(nil, f), f)
		require.Equal(t, f, parseFloat(appendFloat(nil, f)))
	}
	same(t, appendUint(nil, math.MaxUint64), uint64(math.MaxUint64))
	same(t, appendBool(appendArray(nil, 1), true), []bool{true})
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.String().Draw(t, "text")
		same(t, appendText(nil, s), s)
		same(t, appendBytes(nil, []byte(s)), []byte(s))
		n := rapid.Int64().Draw(t, "n")
		same(t, appendInt(nil, n), n)
		half := float64(math.Float32frombits(rapid.Uint32().Draw(t, "single")))
		for _, f := range []float64{half, math.Float64frombits(rapid.Uint64().Draw(t, "double")), float64(n % 4096)} {
			if math.IsNaN(f) || math.IsInf(f, 0) {
				continue
			}
			same(t, appendFloat(nil, f), f)
			require.Equal(t, math.Float64bits(f), math.Float64bits(parseFloat(appendFloat(nil, f))))
		}
	})
}

// TestEveryHalfIsReadAndWritten goes over all of binary16.
func TestEveryHalfIsReadAndWritten(t *testing.T) {
	for bits := range 1 << 16 {
		raw := []byte{cborFloat16, byte(bits >> 8), byte(bits)}
		f := parseFloat(raw)
		if math.IsInf(f, 0) {
			continue
		}
		require.Equal(t, raw, appendFloat(nil, f))
	}
}

func TestRecordsComeBackFromTheirLeaf(t *testing.T) {
	minusZero, err := ParseValue(Field{Name: "x", Type: TypeFixed, Decimals: 2}, "-0.00")
	require.NoError(t, err)
	for name, r := range map[string]Record{
		"a plain one":       reading(5, 10),
		"before 1970":       {T: -1, Seq: math.MaxUint64, Values: []Value{Int(math.MinInt64)}},
		"all absent":        {Values: []Value{Absent(), Absent()}},
		"zeros of any kind": {Values: []Value{Int(0), minusZero, Float(0), Float(math.Copysign(0, -1))}},
		"no values":         {T: 1, Values: []Value{}},
	} {
		back, err := ParseRecord(r.Leaf())
		require.NoError(t, err, name)
		require.Equal(t, r, back, name)
	}
}

func TestBytesThatAreNoRecordAreRefused(t *testing.T) {
	good := Record{T: 1, Seq: 2, Values: []Value{Int(3)}}.Leaf()
	require.Equal(t, []byte{1, 0x83, 1, 2, 0x81, 3}, good)
	for name, bad := range map[string][]byte{
		"nothing":                      {},
		"another version":              append([]byte{2}, good[1:]...),
		"cut short":                    good[:5],
		"trailing bytes":               append(append([]byte{}, good...), 0),
		"a time in two bytes":          {1, 0x83, 0x18, 1, 2, 0x81, 3},
		"a float that fits a half":     {1, 0x83, 1, 2, 0x81, 0xfa, 0x3f, 0x80, 0, 0},
		"not a number":                 {1, 0x83, 1, 2, 0x81, 0xf9, 0x7e, 0},
		"an indefinite array":          {1, 0x83, 1, 2, 0x9f, 3, 0xff},
		"an indefinite text":           {1, 0x83, 1, 2, 0x81, 0x7f, 0x61, 'a', 0xff},
		"a tag":                        {1, 0x83, 1, 2, 0x81, 0xc1, 3},
		"a map":                        {1, 0x83, 1, 2, 0x81, 0xa0},
		"bytes":                        {1, 0x83, 1, 2, 0x81, 0x41, 0},
		"a truth value":                {1, 0x83, 1, 2, 0x81, 0xf5},
		"undefined":                    {1, 0x83, 1, 2, 0x81, 0xf7},
		"an empty text":                {1, 0x83, 1, 2, 0x81, 0x60},
		"broken UTF-8":                 {1, 0x83, 1, 2, 0x81, 0x61, 0xff},
		"an integer above 64 bits":     {1, 0x83, 1, 2, 0x81, 0x1b, 0x80, 0, 0, 0, 0, 0, 0, 0},
		"four elements":                {1, 0x84, 1, 2, 0x81, 3, 4},
		"a negative arrival number":    {1, 0x83, 1, 0x21, 0x81, 3},
		"an array it does not deliver": {1, 0x83, 1, 2, 0x9b, 0, 0, 0, 1, 0, 0, 0, 0},
	} {
		_, err := ParseRecord(bad)
		require.ErrorIs(t, err, ErrFormat, name)
	}
	_, err := ParseRecord(make([]byte, MaxRecord+1))
	require.ErrorIs(t, err, ErrTooLarge)
}

func FuzzParseRecord(f *testing.F) {
	f.Add(reading(5, 10).Leaf())
	f.Add([]byte{1, 0x83, 1, 2, 0x81, 0xe0})
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := ParseRecord(b)
		if err == nil {
			require.Equal(t, b, r.Leaf())
		}
	})
}

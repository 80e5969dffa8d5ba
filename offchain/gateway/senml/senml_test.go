package senml

import (
	"encoding/json"
	"testing"

	"github.com/fxamacker/cbor/v2"
	"github.com/stretchr/testify/require"
)

func text(s string) *string { return &s }

func TestPacksOfTheRFC(t *testing.T) {
	for name, c := range map[string]struct {
		body string
		want []Entry
	}{
		"RFC 8428, 5.1.1: a single datapoint": {
			`[{"n":"urn:dev:ow:10e2073a01080063","u":"Cel","v":23.1}]`,
			[]Entry{{Name: "urn:dev:ow:10e2073a01080063", Unit: "Cel", Number: "23.1", Relative: true}},
		},
		"RFC 8428, 5.1.2: base name and unit": {
			`[{"bn":"urn:dev:ow:10e2073a01080063:","n":"voltage","u":"V","v":120.1},{"n":"current","u":"A","v":1.2}]`,
			[]Entry{
				{Base: "urn:dev:ow:10e2073a01080063:", Name: "voltage", Unit: "V", Number: "120.1", Relative: true},
				{Base: "urn:dev:ow:10e2073a01080063:", Name: "current", Unit: "A", Number: "1.2", Relative: true},
			},
		},
		"RFC 8428, 5.1.2: base time, earlier measurements": {
			`[{"bn":"urn:dev:ow:10e2073a0108006:","bt":1.276020076001e+09,"bu":"A","bver":5,"n":"voltage","u":"V","v":120.1},
			  {"n":"current","t":-5,"v":1.2}]`,
			[]Entry{
				{Base: "urn:dev:ow:10e2073a0108006:", Name: "voltage", Unit: "V", Number: "120.1", Time: 1276020076001000000},
				{Base: "urn:dev:ow:10e2073a0108006:", Name: "current", Unit: "A", Number: "1.2", Time: 1276020071001000000},
			},
		},
		"base value, exactly": {
			`[{"bn":"a:","bv":0.1,"bt":1500000000},{"n":"x","v":0.2},{"n":"y","v":-0.1},{"n":"z","v":1e3}]`,
			[]Entry{
				{Base: "a:", Name: "x", Number: "0.3", Time: 1500000000e9},
				{Base: "a:", Name: "y", Number: "0", Time: 1500000000e9},
				{Base: "a:", Name: "z", Number: "1000.1", Time: 1500000000e9},
			},
		},
		"text, unknown labels, update time": {
			`[{"n":"who","vs":"veh-0","t":1500000000.000000001,"ut":5,"x":{"y":[1]}}]`,
			[]Entry{{Name: "who", Text: text("veh-0"), Time: 1500000000000000001}},
		},
		"base fields change on the way": {
			`[{"bn":"a:","n":"x","v":1,"bu":"m"},{"bn":"b:","n":"x","v":2,"u":"Cel"}]`,
			[]Entry{
				{Base: "a:", Name: "x", Unit: "m", Number: "1", Relative: true},
				{Base: "b:", Name: "x", Unit: "Cel", Number: "2", Relative: true},
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := DecodeJSON([]byte(c.body))
			require.NoError(t, err)
			require.Equal(t, c.want, got)
		})
	}
}

func TestNumbersKeepTheirDecimals(t *testing.T) {
	for in, want := range map[string]string{
		"0": "0", "-0": "-0", "-0.0": "-0", "0.0": "0", "-0.50": "-0.5", "1016.6": "1016.6", "1.50e3": "1500", "12e-3": "0.012",
		"1E+2": "100", "123456789012345678": "123456789012345678", "0.000000000000000001": "0.000000000000000001", "1e401": "", "1e-401": "",
	} {
		got, err := add("", numeral(in))
		if want == "" {
			require.Error(t, err, in)
			continue
		}
		require.NoError(t, err, in)
		require.Equal(t, want, got, in)
	}
}

func TestTimesAreExactOrRefused(t *testing.T) {
	for name, c := range map[string]struct {
		base, own numeral
		want      int64
		err       error
	}{
		"whole seconds":           {"", "1700000000", 1700000000e9, nil},
		"nanoseconds":             {"1700000000", "0.000000001", 1700000000000000001, nil},
		"finer than a nanosecond": {"", "1700000000.0000000001", 0, errFiner},
		"a negative offset":       {"1700000000", "-0.5", 1699999999500000000, nil},
		"no time":                 {"", "", 0, nil},
		"past the year 2262":      {"", "9300000000", 0, errTimeSize},
		"an overflowing sum":      {"9000000000", "9000000000", 0, errTimeSize},
		"a huge exponent":         {"", "1e300", 0, errTimeSize},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := nanos(c.base, c.own)
			require.ErrorIs(t, err, c.err)
			require.Equal(t, c.want, got)
		})
	}
}

func TestWhatIsNotUnderstoodIsRefused(t *testing.T) {
	for name, c := range map[string]struct{ body, words string }{
		"no JSON":                       {`{`, "unexpected end"},
		"an object instead of a pack":   {`{"n":"a","v":1}`, "cannot unmarshal"},
		"two packs":                     {`[{"n":"a","v":1}][]`, "after top-level"},
		"an empty pack":                 {`[]`, "empty"},
		"a pack of base fields":         {`[{"bn":"a"}]`, "measures nothing"},
		"a number in quotes":            {`[{"n":"a","v":"1"}]`, "not a number"},
		"a value of null":               {`[{"n":"a","v":null}]`, "not a number"},
		"a time in quotes":              {`[{"n":"a","v":1,"t":"now"}]`, "not a number"},
		"no value":                      {`[{"n":"a"}]`, "no value"},
		"two values":                    {`[{"n":"a","v":1,"vs":"b"}]`, "both v and vs"},
		"a boolean":                     {`[{"n":"a","vb":true}]`, "vb, vd"},
		"data":                          {`[{"n":"a","vd":"AA"}]`, "vb, vd"},
		"a sum":                         {`[{"n":"a","v":1,"s":5}]`, "sums"},
		"a base sum":                    {`[{"bs":5},{"n":"a","v":1}]`, "sums"},
		"a version from the future":     {`[{"bver":11},{"n":"a","v":1}]`, "version 11"},
		"a label that must be known":    {`[{"n":"a","v":1,"x_":5}]`, `"x_"`},
		"no name":                       {`[{"v":1}]`, "name of 0 bytes"},
		"a name with a space":           {`[{"n":"a b","v":1}]`, "a b"},
		"a name that begins with a dot": {`[{"n":".a","v":1}]`, "begin with"},
		"a number beyond all bounds":    {`[{"n":"a","v":1e999999}]`, "too large"},
		"a time finer than ns":          {`[{"n":"a","v":1,"t":1700000000.0000000001}]`, "nanosecond"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := DecodeJSON([]byte(c.body))
			require.ErrorIs(t, err, ErrMalformed)
			require.ErrorContains(t, err, c.words)
		})
	}
}

func encode(t testing.TB, v any) []byte {
	t.Helper()
	bz, err := cbor.Marshal(v)
	require.NoError(t, err)
	return bz
}

func TestCBORSaysTheSameAsJSON(t *testing.T) {
	bz := encode(t, []map[any]any{
		{-2: "w:", -3: 1276020076.001, -4: "hPa", -1: 10, 0: "pressure", 2: 1016.6},
		{0: "wind", 1: "m/s", 2: cbor.Tag{Number: 4, Content: []any{-1, 38}}, 6: -5},
		{0: "temp", 1: "Cel", 2: float32(20.1)},
		{0: "count", 1: "", 2: 7},
		{0: "below", 1: "", 2: -7},
		{0: "who", 3: "veh-0", 7: 5, 99: "ignored", "x": 1},
	})
	got, err := DecodeCBOR(bz)
	require.NoError(t, err)
	const at = 1276020076001000000
	require.Equal(t, []Entry{
		{Base: "w:", Name: "pressure", Unit: "hPa", Number: "1016.6", Time: at},
		{Base: "w:", Name: "wind", Unit: "m/s", Number: "3.8", Time: at - 5e9},
		{Base: "w:", Name: "temp", Unit: "Cel", Number: "20.1", Time: at},
		{Base: "w:", Name: "count", Number: "7", Time: at},
		{Base: "w:", Name: "below", Number: "-7", Time: at},
		{Base: "w:", Name: "who", Unit: "hPa", Text: text("veh-0"), Time: at},
	}, got)
}

func TestCBORThatIsNoPackIsRefused(t *testing.T) {
	for name, bz := range map[string][]byte{
		"nothing":                    {},
		"JSON":                       []byte(`[{"n":"a","v":1}]`),
		"a map":                      encode(t, map[any]any{0: "a", 2: 1}),
		"text as a number":           encode(t, []map[any]any{{0: "a", 2: "1"}}),
		"a number as text":           encode(t, []map[any]any{{0: "a", 3: 1}}),
		"not a number":               {0x81, 0xa2, 0x00, 0x61, 'a', 0x02, 0xf9, 0x7e, 0x00},
		"infinity":                   {0x81, 0xa2, 0x00, 0x61, 'a', 0x02, 0xf9, 0x7c, 0x00},
		"a label twice":              {0x81, 0xa3, 0x00, 0x61, 'a', 0x02, 0x01, 0x02, 0x02},
		"a label that must be known": encode(t, []map[any]any{{0: "a", 2: 1, "x_": 1}}),
		"a boolean as a number":      encode(t, []map[any]any{{0: "a", 2: true}}),
		"a big float (tag 5)":        encode(t, []map[any]any{{0: "a", 2: cbor.Tag{Number: 5, Content: []any{1, 1}}}}),
		"a fraction of one part":     encode(t, []map[any]any{{0: "a", 2: cbor.Tag{Number: 4, Content: []any{1}}}}),
		"bytes after the pack":       append(encode(t, []map[any]any{{0: "a", 2: 1}}), 0),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := DecodeCBOR(bz)
			require.ErrorIs(t, err, ErrMalformed)
		})
	}
}

func FuzzDecodeJSON(f *testing.F) {
	f.Add([]byte(`[{"bn":"a:","bt":1.276020076001e+09,"bu":"A","bv":0.1,"n":"x","v":1.2e-3}]`))
	f.Add([]byte(`[{"n":"a","vs":"b","t":-1}]`))
	f.Add([]byte(`[{"n":"a","v":1e400}]`))
	f.Fuzz(func(t *testing.T, body []byte) { check(t, DecodeJSON, body) })
}

func FuzzDecodeCBOR(f *testing.F) {
	f.Add(encode(f, []map[any]any{{-2: "w:", -3: 1276020076.001, 0: "p", 2: 1016.6}, {0: "x", 3: "y"}}))
	f.Add(encode(f, []map[any]any{{0: "a", 2: cbor.Tag{Number: 4, Content: []any{-1, 38}}}}))
	f.Fuzz(func(t *testing.T, body []byte) { check(t, DecodeCBOR, body) })
}

// check: whatever decodes keeps the promises of Entry.
func check(t *testing.T, decode func([]byte) ([]Entry, error), body []byte) {
	entries, err := decode(body)
	if err != nil {
		require.ErrorIs(t, err, ErrMalformed)
		return
	}
	for _, e := range entries {
		require.NoError(t, checkName(e.Base+e.Name))
		require.Equal(t, e.Text == nil, e.Number != "")
		if e.Text == nil {
			require.True(t, json.Valid([]byte(e.Number)), e.Number)
		}
		require.Equal(t, e.Time < relativeBelow, e.Relative)
	}
}

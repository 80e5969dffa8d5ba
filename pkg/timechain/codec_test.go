package timechain

import (
	"bytes"
	"math"
	"runtime"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func headersFor(n int) []BlockHeader {
	return []BlockHeader{{T0: testOrigin, T1: testOrigin + 1000, Count: uint32(n)}}
}

func drawField(t *rapid.T, i int) Field {
	f := Field{Name: string(rune('a' + i)), Type: FieldType(rapid.IntRange(1, 4).Draw(t, "type")), Key: rapid.IntRange(0, 3).Draw(t, "key") == 0}
	if f.Type == TypeFixed {
		f.Decimals = uint8(rapid.IntRange(0, 3).Draw(t, "decimals"))
	}
	return f
}

func drawValue(t *rapid.T, f Field) Value {
	if !f.Key && rapid.IntRange(0, 4).Draw(t, "absent") == 0 {
		return Absent()
	}
	switch f.Type {
	case TypeText:
		return Text(rapid.StringMatching(`[a-c]{1,2}`).Draw(t, "text"))
	case TypeFloat:
		return Float(rapid.Float64Range(-math.MaxFloat64, math.MaxFloat64).Draw(t, "float"))
	default:
		if !f.Key && rapid.IntRange(0, 9).Draw(t, "minus zero") == 0 {
			return Value{kind: TypeInt, neg: true}
		}
		return Int(rapid.OneOf(rapid.Int64Range(-50, 50), rapid.Int64()).Draw(t, "int"))
	}
}

func TestAnySegmentComesBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		schema := Schema{Time: testSchema.Time}
		for i := range rapid.IntRange(1, 5).Draw(t, "fields") {
			schema.Fields = append(schema.Fields, drawField(t, i))
		}
		n := rapid.IntRange(0, 60).Draw(t, "records")
		s := Segment{Headers: headersFor(n), Records: make([]Record, n)}
		if n == 0 {
			s.Headers[0].Gap = "off"
		}
		unit := rapid.SampledFrom([]int64{1, 1000, 1e9}).Draw(t, "unit")
		for i := range s.Records {
			r := Record{T: rapid.Int64Range(-math.MaxInt64/unit, math.MaxInt64/unit).Draw(t, "t") * unit, Seq: rapid.Uint64().Draw(t, "seq")}
			for _, f := range schema.Fields {
				r.Values = append(r.Values, drawValue(t, f))
			}
			s.Records[i] = r
		}
		for _, codec := range []byte{CodecZstd, CodecPlain} {
			b, err := EncodeSegment(codec, schema, s)
			if err != nil {
				t.Fatal(err)
			}
			back, err := DecodeSegment(schema, b)
			if err != nil {
				t.Fatal(err)
			}
			require.Equal(t, s, back)
		}
	})
}

func TestHeadersInASegmentKeepWhatFollowsFromNothing(t *testing.T) {
	sig := bytes.Repeat([]byte{5}, maxDeviceSig)
	s := Segment{Headers: []BlockHeader{
		{T0: 5, T1: 7, Count: 1, Late: true, Clock: ClockFree, DeviceSig: sig},
		{T0: testOrigin, T1: testOrigin + 1000, Count: 1, Clock: ClockGNSS},
		{T0: testOrigin, T1: testOrigin + 1000, Count: 1},
		{T0: testOrigin - 9, T1: testOrigin + 9, Gap: "no power", DeviceSig: sig},
	}, Records: readings(0, 1, 3)}
	b, err := EncodeSegment(CodecPlain, testSchema, s)
	require.NoError(t, err)
	back, err := DecodeSegment(testSchema, b)
	require.NoError(t, err)
	require.Equal(t, s, back)
}

func TestSegmentsThatCannotBeAreNotWritten(t *testing.T) {
	good := Segment{Headers: headersFor(3), Records: readings(0, 1, 3)}
	for name, c := range map[string]struct {
		codec byte
		s     Segment
		want  error
	}{
		"an unknown codec":   {9, good, ErrSegment},
		"a count that lies":  {CodecPlain, Segment{Headers: headersFor(4), Records: good.Records}, ErrCount},
		"a foreign value":    {CodecPlain, Segment{Headers: headersFor(1), Records: []Record{{Values: make([]Value, 5)}}}, ErrValue},
		"a narrow record":    {CodecPlain, Segment{Headers: headersFor(1), Records: []Record{{}}}, ErrValue},
		"too many records":   {CodecPlain, Segment{Headers: headersFor(1 << 16), Records: make([]Record, 1<<16)}, ErrTooLarge},
		"too large a column": {CodecPlain, Segment{Headers: headersFor(100), Records: manyTexts(0, 100)}, ErrTooLarge},
	} {
		_, err := EncodeSegment(c.codec, testSchema, c.s)
		require.ErrorIs(t, err, c.want, name)
	}
}

// manyTexts are n records with a text of the full length each.
func manyTexts(ms int64, n int) []Record {
	list := readings(ms, 1, n)
	for i := range list {
		list[i].Values[4] = Text(strings.Repeat(string(rune(0x100+i)), MaxText/2))
	}
	return list
}

// plainBody starts a plain segment of one block with n records.
func plainBody(n int) []byte { return appendHeaders([]byte{CodecPlain}, headersFor(n)) }

func TestHostileSegmentsAreRefused(t *testing.T) {
	one := Schema{Fields: []Field{{Name: "x", Type: TypeInt}}, Time: testSchema.Time}
	text := Schema{Fields: []Field{{Name: "x", Type: TypeText}}, Time: testSchema.Time}
	float := Schema{Fields: []Field{{Name: "x", Type: TypeFloat}}, Time: testSchema.Time}
	keyed := Schema{Fields: []Field{{Name: "x", Type: TypeText, Key: true}}, Time: testSchema.Time}
	bounded := Schema{Fields: []Field{{Name: "x", Type: TypeInt, Max: Int(5)}}, Time: testSchema.Time}
	// two records at time 0 with numbers 0 and 0, then the column
	two := func(column ...byte) []byte { return append(append(plainBody(2), 0, 0, 0, 0, 0), column...) }
	good, err := DecodeSegment(one, two(modeAll, 2, 2))
	require.NoError(t, err)
	require.Equal(t, []Value{Int(1)}, good.Records[0].Values)
	for name, c := range map[string]struct {
		schema Schema
		b      []byte
		want   error
	}{
		"nothing":                       {one, nil, ErrSegment},
		"an unknown codec":              {one, []byte{7, 0}, ErrSegment},
		"no body":                       {one, []byte{CodecPlain}, ErrSegment},
		"more than a segment":           {one, append([]byte{CodecPlain}, make([]byte, MaxSegment)...), ErrTooLarge},
		"no zstd frame":                 {one, []byte{CodecZstd, 1, 2, 3}, ErrSegment},
		"more headers than bytes":       {one, []byte{CodecPlain, 100, 0, 0, 0, 0, 0}, ErrSegment},
		"a block of 2^40 records":       {one, append([]byte{CodecPlain, 1, 0, 1}, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 1), ErrSegment},
		"records that are not there":    {one, plainBody(100_000), ErrTooLarge},
		"columns cut short":             {one, two(modeAll, 2), ErrSegment},
		"trailing bytes":                {one, two(modeAll, 2, 2, 0), ErrSegment},
		"a number padded with zeros":    {one, two(modeAll, 2, 0x82, 0), ErrSegment},
		"a number above 64 bits":        {one, two(modeAll, 2, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2), ErrSegment},
		"an unknown mode":               {one, two(9, 2, 2), ErrSegment},
		"a bitmap cut short":            {one, two(modeSome), ErrSegment},
		"signs on a float":              {float, two(modeSigned, 1, 0, 0, 0), ErrSegment},
		"a negative zero that is 1":     {one, two(modeSigned, 1, 0, 2, 2), ErrSegment},
		"a sign beyond the records":     {one, two(modeSigned, 1, 5, 0, 0), ErrSegment},
		"more signs than records":       {one, two(modeSigned, 3, 0, 1, 1, 0, 0), ErrSegment},
		"one sign twice":                {one, two(modeSigned, 2, 0, 0, 0, 0), ErrSegment},
		"a sign on an absent value":     {one, two(modeSome|modeSigned, 1, 1, 1, 0), ErrSegment},
		"a list of no signs":            {one, two(modeSigned, 0, 0, 0), ErrSegment},
		"not a number":                  {float, two(append([]byte{modeAll, 0}, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0xfc, 0xff, 1)...), ErrSegment},
		"a value out of bounds":         {bounded, two(modeAll, 0, 12), ErrValue},
		"a dictionary larger than all":  {text, two(modeAll, 0xff, 0x7f), ErrSegment},
		"an empty text":                 {text, two(modeAll, 1, 0, 0, 0), ErrSegment},
		"a text longer than the rest":   {text, two(modeAll, 1, 9, 'a', 0, 0), ErrSegment},
		"a text longer than allowed":    {text, two(modeAll, 1, 0x81, 0x20, 'a', 0, 0), ErrSegment},
		"a control character":           {text, two(modeAll, 1, 1, 7, 0, 0), ErrValue},
		"a text outside the dictionary": {text, two(modeAll, 1, 1, 'a', 0, 2), ErrSegment},
		"a text before the dictionary":  {text, two(modeAll, 1, 1, 'a', 0, 1), ErrSegment},
		"a key that is not there":       {keyed, two(modeNone), ErrSegment},
		"keys that are partly there":    {keyed, two(modeSome, 1, 1, 1, 'a', 0), ErrSegment},
		"a time unit above a second":    {one, append(plainBody(1), 10, 0, 0, 0, 0), ErrSegment},
		"a time out of range":           {one, append(plainBody(1), 9, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 0, 0, 0), ErrSegment},
		"unknown header flags":          {one, []byte{CodecPlain, 1, 0, 1, 0, 8, 0, 0, modeAll}, ErrSegment},
		"an empty gap reason":           {one, []byte{CodecPlain, 1, 0, 1, 0, flagGap, 0, 0, 0, modeAll}, ErrSegment},
		"a long gap reason":             {one, []byte{CodecPlain, 1, 0, 1, 0, flagGap, 0, 0x81, 2, 0}, ErrSegment},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := DecodeSegment(c.schema, c.b)
			require.ErrorIs(t, err, c.want)
		})
	}
}

// TestNoSegmentTakesMuchMemory decodes what asks for the most: compressed zeros, and the most cells a body can claim.
func TestNoSegmentTakesMuchMemory(t *testing.T) {
	const limit = 64 << 20
	e, err := zstd.NewWriter(nil)
	require.NoError(t, err)
	bomb := e.EncodeAll(make([]byte, 512<<20), []byte{CodecZstd})
	require.Less(t, len(bomb), MaxSegment)
	wide := Schema{Time: testSchema.Time}
	for range MaxFields {
		wide.Fields = append(wide.Fields, Field{Name: "x", Type: TypeInt})
	}
	claims := append([]byte{CodecPlain}, appendHeaders(nil, headersFor(MaxSegment-100))...)
	widest := append(plainBody(maxRecords(&wide)), bytes.Repeat([]byte{modeNone}, 2000)...)
	frames := append([]byte{CodecZstd}, bytes.Repeat(e.EncodeAll(make([]byte, MaxSegment/2), nil), 1000)...)
	for name, c := range map[string]struct {
		schema Schema
		b      []byte
	}{"a zstd bomb": {testSchema, bomb}, "a zstd bomb of many frames": {testSchema, frames}, "a count": {testSchema, claims}, "many absent fields": {wide, widest}} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := DecodeSegment(c.schema, c.b)
		runtime.ReadMemStats(&after)
		require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(limit), name)
		if name != "many absent fields" {
			require.Error(t, err, name)
		}
	}
}

func FuzzDecodeSegment(f *testing.F) {
	for _, codec := range []byte{CodecPlain, CodecZstd} {
		b, err := EncodeSegment(codec, testSchema, Segment{Headers: headersFor(9), Records: readings(0, 250, 9)})
		require.NoError(f, err)
		f.Add(b)
	}
	f.Add([]byte{CodecPlain, 1, 0, 1, 0, flagGap, 0, 1, 'x', 0, modeNone})
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := DecodeSegment(testSchema, b)
		if err != nil {
			return
		}
		again, err := EncodeSegment(CodecPlain, testSchema, s)
		if err != nil {
			require.ErrorIs(t, err, ErrTooLarge)
			return
		}
		back, err := DecodeSegment(testSchema, again)
		require.NoError(t, err)
		require.Equal(t, s, back)
	})
}

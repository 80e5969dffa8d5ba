package timechain

import (
	"math"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestDecimalTextComesBackExactly(t *testing.T) {
	for _, c := range []struct {
		decimals uint8
		text     string
		scaled   int64
	}{
		{1, "4.0", 40},
		{1, "-0.5", -5},
		{1, "-0.0", 0},
		{2, "-0.00", 0},
		{2, "0.00", 0},
		{0, "7", 7},
		{0, "-0", 0},
		{6, "139.780977", 139780977},
		{1, "1016.6", 10166},
		{18, "9.223372036854775807", math.MaxInt64},
		{18, "-9.223372036854775808", math.MinInt64},
		{1, "-922337203685477580.8", math.MinInt64},
		{3, "0.001", 1},
		{3, "-0.001", -1},
	} {
		f := Field{Name: "x", Type: TypeFixed, Decimals: c.decimals}
		v, err := ParseValue(f, c.text)
		require.NoError(t, err, c.text)
		require.Equal(t, c.scaled, v.Int64(), c.text)
		require.Equal(t, c.text, v.Format(f))
	}
}

func TestShorterDecimalsAreTheSameNumberWithAllPlaces(t *testing.T) {
	f := Field{Name: "x", Type: TypeFixed, Decimals: 2}
	for text, want := range map[string]string{"4": "4.00", "4.5": "4.50", "-3.1": "-3.10", "007.5": "7.50", "-0": "-0.00"} {
		v, err := ParseValue(f, text)
		require.NoError(t, err)
		require.Equal(t, want, v.Format(f))
	}
}

func TestIntegersReachTheirBoundsAndNoFurther(t *testing.T) {
	f := Field{Name: "count", Type: TypeInt}
	for _, text := range []string{"9223372036854775807", "-9223372036854775808", "0", "-1"} {
		v, err := ParseValue(f, text)
		require.NoError(t, err)
		require.Equal(t, text, v.Format(f))
	}
	for _, text := range []string{"9223372036854775808", "-9223372036854775809", "99999999999999999999"} {
		_, err := ParseValue(f, text)
		require.ErrorIs(t, err, ErrValue)
		require.ErrorContains(t, err, `"count"`)
		require.ErrorContains(t, err, "out of range")
	}
}

func TestValuesThatDoNotFitAreRefusedByName(t *testing.T) {
	bounded := Field{Name: "f", Type: TypeFixed, Decimals: 1, Min: Fixed(-400), Max: Fixed(600)}
	for name, c := range map[string]struct {
		field Field
		text  string
	}{
		"too many decimals":       {bounded, "1.25"},
		"a dot without decimals":  {bounded, "1."},
		"a sign alone":            {bounded, "-"},
		"an inner sign":           {bounded, "1.-5"},
		"a plus":                  {bounded, "+1"},
		"an exponent":             {bounded, "1e3"},
		"a space":                 {bounded, " 1"},
		"digits of another kind":  {bounded, "\u0661"},
		"overflow by scaling":     {Field{Name: "f", Type: TypeFixed, Decimals: 18}, "9.3"},
		"below the minimum":       {bounded, "-40.1"},
		"above the maximum":       {bounded, "60.1"},
		"a decimal for an int":    {Field{Name: "f", Type: TypeInt}, "1.0"},
		"words for a float":       {Field{Name: "f", Type: TypeFloat}, "warm"},
		"not a number":            {Field{Name: "f", Type: TypeFloat}, "NaN"},
		"an infinite float":       {Field{Name: "f", Type: TypeFloat}, "1e999"},
		"a control character":     {Field{Name: "f", Type: TypeText}, "a\nb"},
		"broken UTF-8":            {Field{Name: "f", Type: TypeText}, "a\xff"},
		"a text of too many byte": {Field{Name: "f", Type: TypeText}, string(make([]byte, MaxText+1))},
		"a key that is not there": {Field{Name: "f", Type: TypeText, Key: true}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			v, err := ParseValue(c.field, c.text)
			require.ErrorIs(t, err, ErrValue)
			require.ErrorContains(t, err, `"f"`)
			require.True(t, v.IsAbsent())
		})
	}
}

func TestCheckRefusesValuesOfAnotherKindAndEndlessFloats(t *testing.T) {
	f := Field{Name: "f", Type: TypeFloat}
	for _, v := range []Value{Float(math.Inf(1)), Float(math.Inf(-1)), Float(math.NaN()), Int(1), Text("x")} {
		require.ErrorIs(t, f.Check(v), ErrValue)
	}
	for _, v := range []Value{Absent(), Float(0), Float(math.MaxFloat64), Float(-math.SmallestNonzeroFloat64), Text("")} {
		require.NoError(t, f.Check(v))
	}
}

func TestAnyScaledIntegerSurvivesItsText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := Field{Name: "x", Type: TypeFixed, Decimals: uint8(rapid.IntRange(0, MaxDecimals).Draw(t, "decimals"))}
		v := Fixed(rapid.Int64().Draw(t, "scaled"))
		back, err := ParseValue(f, v.Format(f))
		if err != nil || back != v {
			t.Fatalf("%d became %q and that %v, %v", v.Int64(), v.Format(f), back, err)
		}
	})
}

func TestAnyFiniteDoubleSurvivesItsText(t *testing.T) {
	f := Field{Name: "x", Type: TypeFloat}
	rapid.Check(t, func(t *rapid.T) {
		n := math.Float64frombits(rapid.Uint64().Draw(t, "bits"))
		if math.IsNaN(n) || math.IsInf(n, 0) {
			return
		}
		back, err := ParseValue(f, Float(n).Format(f))
		if err != nil || back != Float(n) {
			t.Fatalf("%v became %q", n, Float(n).Format(f))
		}
	})
}

func FuzzParseValue(f *testing.F) {
	for _, seed := range []string{"4.0", "-0.00", "1e5", "", "-", "9223372036854775808", "veh-0"} {
		f.Add(byte(TypeFixed), byte(2), seed)
		f.Add(byte(TypeText), byte(0), seed)
	}
	f.Fuzz(func(t *testing.T, kind, decimals byte, text string) {
		field := Field{Name: "x", Type: FieldType(kind), Decimals: decimals % (MaxDecimals + 1)}
		v, err := ParseValue(field, text)
		if err != nil {
			return
		}
		back, err := ParseValue(field, v.Format(field))
		require.NoError(t, err)
		require.Equal(t, v, back)
		if field.Type == TypeText {
			require.Equal(t, text, v.Format(field))
		}
	})
}

func TestSchemasThatMakeNoSenseAreRefused(t *testing.T) {
	require.NoError(t, testSchema.Validate())
	field := func(change func(*Field)) Schema {
		f := Field{Name: "x", Type: TypeFixed, Decimals: 2}
		change(&f)
		return Schema{Fields: []Field{f}, Time: testSchema.Time}
	}
	for name, s := range map[string]Schema{
		"no fields":              {Time: testSchema.Time},
		"too many fields":        {Fields: make([]Field, MaxFields+1), Time: testSchema.Time},
		"no name":                field(func(f *Field) { f.Name = "" }),
		"a name with a comma":    field(func(f *Field) { f.Name = "a,b" }),
		"the time's name":        field(func(f *Field) { f.Name = "t" }),
		"an unknown type":        field(func(f *Field) { f.Type = 9 }),
		"too many decimals":      field(func(f *Field) { f.Decimals = 19 }),
		"decimals of an integer": field(func(f *Field) { f.Type = TypeInt }),
		"bounds of a text":       field(func(f *Field) { f.Type, f.Decimals, f.Min = TypeText, 0, Text("a") }),
		"a bound of a float":     field(func(f *Field) { f.Max = Float(1) }),
		"max below min":          field(func(f *Field) { f.Min, f.Max = Fixed(2), Fixed(1) }),
		"a long unit":            field(func(f *Field) { f.Unit = string(make([]byte, 65)) }),
		"an unknown time format": {Fields: testSchema.Fields, Time: TimeBase{Field: "t", Format: "julian"}},
		"two fields of one name": {Fields: []Field{{Name: "x", Type: TypeInt}, {Name: "x", Type: TypeInt}}, Time: testSchema.Time},
	} {
		require.ErrorIs(t, s.Validate(), ErrSchema, name)
	}
}

func TestARecordOfAnotherWidthIsRefused(t *testing.T) {
	r := reading(0, 1)
	require.NoError(t, testSchema.Check(r))
	r.Values = r.Values[:4]
	require.ErrorIs(t, testSchema.Check(r), ErrValue)
	r = reading(0, 1)
	r.Values[0] = Fixed(601)
	require.ErrorContains(t, testSchema.Check(r), strconv.Quote("temp"))
}

package timechain

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// ErrValue means that a value does not fit its field.
var ErrValue = errors.New("value does not fit its field")

// FieldType of a column.
type FieldType uint8

// The types a field can have.
const (
	TypeInt   FieldType = 1 // signed 64-bit integer
	TypeFixed FieldType = 2 // decimal with a fixed number of places, exact
	TypeFloat FieldType = 3 // IEEE 754 double, finite
	TypeText  FieldType = 4 // UTF-8
)

// MaxDecimals is the most places a fixed field can have: 10^18 is the largest power of ten in 64 bits.
const MaxDecimals = 18

// MaxText bounds one text value in bytes.
const MaxText = 4096

// Value is one field of a record. The zero Value is absent. Values are comparable with ==.
type Value struct {
	kind FieldType // 0: absent; TypeInt also holds fixed values, scaled
	// neg marks the negative zero of an integer or decimal: instruments write -0.00 for what they rounded up to zero.
	neg  bool
	num  int64 // integer, scaled integer, or bits of a double
	text string
}

// Absent is no value.
func Absent() Value { return Value{} }

// Int is an integer.
func Int(n int64) Value { return Value{kind: TypeInt, num: n} }

// Fixed is a decimal times ten to the power of its field's Decimals.
func Fixed(scaled int64) Value { return Int(scaled) }

// Float is a double. Only finite ones fit a field.
func Float(f float64) Value { return Value{kind: TypeFloat, num: int64(math.Float64bits(f))} }

// Text is a string. The empty one is no value.
func Text(s string) Value {
	if s == "" {
		return Absent()
	}
	return Value{kind: TypeText, text: s}
}

// IsAbsent tells whether there is no value.
func (v Value) IsAbsent() bool { return v.kind == 0 }

// Int64 is the integer or scaled integer.
func (v Value) Int64() int64 { return v.num }

// Float64 is the double.
func (v Value) Float64() float64 { return math.Float64frombits(uint64(v.num)) }

// Str is the text.
func (v Value) Str() string { return v.text }

// stored is the kind a field's values have.
func (f Field) stored() FieldType {
	if f.Type == TypeFixed {
		return TypeInt
	}
	return f.Type
}

// ParseValue reads a value's text without rounding; empty text is no value. Format gives the same text back, a decimal with
// all its places. Errors name the field.
func ParseValue(f Field, text string) (Value, error) {
	if text == "" {
		return Absent(), f.Check(Absent())
	}
	v, err := parse(f, text)
	if err != nil {
		return Value{}, fmt.Errorf("field %q: %q: %w", f.Name, clip(text), err)
	}
	if err := f.Check(v); err != nil {
		return Value{}, err
	}
	return v, nil
}

// clip keeps an error message short.
func clip(text string) string { return text[:min(len(text), maxName)] }

func parse(f Field, text string) (Value, error) {
	switch f.Type {
	case TypeInt:
		return parseFixed(text, 0)
	case TypeFixed:
		return parseFixed(text, int(f.Decimals))
	case TypeFloat:
		n, err := strconv.ParseFloat(text, 64)
		if err != nil || math.IsNaN(n) || math.IsInf(n, 0) {
			return Value{}, fmt.Errorf("%w: not a finite number", ErrValue)
		}
		return Float(n), nil
	case TypeText:
		return Text(text), nil
	}
	return Value{}, fmt.Errorf("%w: field has type %d", ErrValue, f.Type)
}

// parseFixed reads a decimal with up to the given places and scales it, without rounding.
func parseFixed(text string, decimals int) (Value, error) {
	whole, frac, dotted := strings.Cut(text, ".")
	if dotted && (frac == "" || len(frac) > decimals) {
		return Value{}, fmt.Errorf("%w: needs at most %d decimals", ErrValue, decimals)
	}
	digits, neg := strings.CutPrefix(whole, "-")
	if digits == "" || !onlyDigits(digits) || !onlyDigits(frac) {
		return Value{}, fmt.Errorf("%w: not a decimal number", ErrValue)
	}
	n, err := strconv.ParseInt(whole+frac+strings.Repeat("0", decimals-len(frac)), 10, 64)
	if err != nil {
		return Value{}, fmt.Errorf("%w: out of range", ErrValue)
	}
	v := Int(n)
	v.neg = neg && n == 0
	return v, nil
}

func onlyDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// Format writes a value as ParseValue reads it: fixed values with all their places.
func (v Value) Format(f Field) string {
	switch v.kind {
	case TypeInt:
		decimals := 0
		if f.Type == TypeFixed {
			decimals = int(f.Decimals)
		}
		return formatFixed(v, decimals)
	case TypeFloat:
		return strconv.FormatFloat(v.Float64(), 'g', -1, 64)
	case TypeText:
		return v.text
	default:
		return "" // absent
	}
}

func formatFixed(v Value, decimals int) string {
	sign, abs := "", uint64(v.num)
	if v.num < 0 || v.neg {
		sign, abs = "-", -abs
	}
	digits := strconv.FormatUint(abs, 10)
	if decimals == 0 {
		return sign + digits
	}
	if pad := decimals + 1 - len(digits); pad > 0 {
		digits = strings.Repeat("0", pad) + digits
	}
	return sign + digits[:len(digits)-decimals] + "." + digits[len(digits)-decimals:]
}

// Check that a value has the field's kind and lies in its bounds.
func (f *Field) Check(v Value) error {
	if v.kind == 0 {
		if f.Key {
			return fmt.Errorf("field %q: %w: a key must be there", f.Name, ErrValue)
		}
		return nil
	}
	if v.kind != f.stored() {
		return fmt.Errorf("field %q: %w: wrong kind", f.Name, ErrValue)
	}
	if v.kind == TypeText {
		return f.checkText(v.text)
	}
	if v.kind == TypeFloat && v.num&infinity == infinity {
		return fmt.Errorf("field %q: %w: not a finite number", f.Name, ErrValue)
	}
	if f.Min.kind != 0 && less(v, f.Min) || f.Max.kind != 0 && less(f.Max, v) {
		return fmt.Errorf("field %q: %w: %s is outside %s to %s", f.Name, ErrValue, v.Format(*f), bound(*f, f.Min), bound(*f, f.Max))
	}
	return nil
}

// infinity is the exponent of doubles that are no numbers.
const infinity = 0x7ff << 52

func (f *Field) checkText(text string) error {
	if len(text) > MaxText || !utf8.ValidString(text) {
		return fmt.Errorf("field %q: %w: text must be UTF-8 of at most %d bytes", f.Name, ErrValue, MaxText)
	}
	if strings.ContainsFunc(text, unicode.IsControl) {
		return fmt.Errorf("field %q: %w: text with control characters", f.Name, ErrValue)
	}
	return nil
}

func bound(f Field, v Value) string {
	if v.IsAbsent() {
		return "any"
	}
	return v.Format(f)
}

// less compares two values of one numeric kind.
func less(a, b Value) bool {
	if a.kind == TypeFloat {
		return a.Float64() < b.Float64()
	}
	return a.num < b.num
}

package senml

import (
	"errors"
	"math/big"
	"strconv"
	"strings"
)

// numeral is a number as decimal text, as JSON writes it; empty when absent.
type numeral string

// maxDigits bounds a number written out without an exponent.
const maxDigits = 400

var (
	errNumber   = errors.New("not a number")
	errDigits   = errors.New("number is too large or too small")
	errTime     = errors.New("not a time in seconds")
	errFiner    = errors.New("time is finer than a nanosecond")
	errTimeSize = errors.New("time is out of range")
)

// decimal is digits · 10^exp.
type decimal struct {
	negative bool
	digits   string // without leading or trailing zeros; "" is zero, which keeps its sign
	exp      int
}

func (n numeral) decimal() (decimal, error) {
	var d decimal
	text := string(n)
	if text == "" {
		return d, nil
	}
	text, d.negative = strings.CutPrefix(text, "-")
	mantissa, exponent, scientific := strings.Cut(strings.ToLower(text), "e")
	if scientific {
		e, err := strconv.Atoi(exponent)
		if err != nil || e > maxDigits || e < -maxDigits {
			return d, errDigits
		}
		d.exp = e
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	d.exp -= len(fraction)
	d.digits = strings.TrimLeft(whole+fraction, "0")
	if len(d.digits) > maxDigits || strings.ContainsFunc(d.digits, func(r rune) bool { return r < '0' || r > '9' }) {
		return d, errNumber
	}
	trimmed := strings.TrimRight(d.digits, "0")
	d.exp += len(d.digits) - len(trimmed)
	d.digits = trimmed
	if d.digits == "" {
		d.exp = 0
	}
	return d, nil
}

// plain writes a decimal without exponent and without needless zeros.
func (d decimal) plain() (string, error) {
	sign := ""
	if d.negative {
		sign = "-"
	}
	if d.digits == "" {
		return sign + "0", nil
	}
	if d.exp > maxDigits || len(d.digits)-d.exp > 2*maxDigits {
		return "", errDigits
	}
	if d.exp >= 0 {
		return sign + d.digits + strings.Repeat("0", d.exp), nil
	}
	point := len(d.digits) + d.exp
	if point <= 0 {
		return sign + "0." + strings.Repeat("0", -point) + d.digits, nil
	}
	return sign + d.digits[:point] + "." + d.digits[point:], nil
}

// scaled is the decimal in units of 10^exp; exp is at most the decimal's own.
func (d decimal) scaled(exp int) *big.Int {
	n, _ := new(big.Int).SetString("0"+d.digits, 10) // digits only
	n.Mul(n, new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(d.exp-exp)), nil))
	if d.negative {
		n.Neg(n)
	}
	return n
}

// add gives base + value as plain decimal text, exactly.
func add(base, value numeral) (string, error) {
	a, err := base.decimal()
	if err != nil {
		return "", err
	}
	b, err := value.decimal()
	if err != nil {
		return "", err
	}
	if a.digits == "" {
		return b.plain()
	}
	exp := min(a.exp, b.exp)
	sum := a.scaled(exp)
	sum.Add(sum, b.scaled(exp))
	total, err := numeral(sum.String() + "e" + strconv.Itoa(exp)).decimal()
	if err != nil {
		return "", err
	}
	return total.plain()
}

// nanos is base + own time in ns, exactly.
func nanos(base, own numeral) (int64, error) {
	a, err := base.decimal()
	if err != nil {
		return 0, errTime
	}
	b, err := own.decimal()
	if err != nil {
		return 0, errTime
	}
	x, err := a.nanos()
	if err != nil {
		return 0, err
	}
	y, err := b.nanos()
	if err != nil {
		return 0, err
	}
	if sum := x + y; (sum > x) == (y > 0) {
		return sum, nil
	}
	return 0, errTimeSize
}

// nanos of a decimal in seconds.
func (d decimal) nanos() (int64, error) {
	if d.digits == "" {
		return 0, nil
	}
	zeros := d.exp + 9
	switch {
	case zeros < 0:
		return 0, errFiner
	case len(d.digits)+zeros > 19:
		return 0, errTimeSize
	}
	ns, err := strconv.ParseInt(d.digits+strings.Repeat("0", zeros), 10, 64)
	if err != nil {
		return 0, errTimeSize
	}
	if d.negative {
		ns = -ns
	}
	return ns, nil
}

package pre

import (
	"bytes"

	"filippo.io/edwards25519"
	"filippo.io/edwards25519/field"
)

// Constants of RFC 9496 (4.1), computed from their definitions; the tests hold them against the RFC's decimals.
var (
	fieldOne = new(field.Element).One()
	// curveD is -121665/121666.
	curveD = func() *field.Element {
		d := new(field.Element).Invert(new(field.Element).Mult32(fieldOne, 121666))
		return d.Negate(d.Mult32(d, 121665))
	}()
	// sqrtM1 is the non-negative square root of -1.
	sqrtM1 = root(new(field.Element).Negate(fieldOne), fieldOne)
	// invSqrtAMinusD is 1/sqrt(a - d), a = -1.
	invSqrtAMinusD = func() *field.Element {
		aMinusD := new(field.Element).Negate(new(field.Element).Add(fieldOne, curveD))
		return root(fieldOne, aMinusD)
	}()
)

// root is the non-negative square root of a ratio known to be a square.
func root(u, v *field.Element) *field.Element {
	r, _ := new(field.Element).SqrtRatio(u, v)
	return r
}

// decode is ristretto255 decoding (RFC 9496, 4.3.1); false for anything but the canonical encoding of an element. It is for
// public bytes only: it returns early.
func decode(bz []byte) (*edwards25519.Point, bool) {
	s, err := new(field.Element).SetBytes(bz)
	if err != nil || !bytes.Equal(s.Bytes(), bz) || s.IsNegative() == 1 {
		return nil, false
	}
	ss := new(field.Element).Square(s)
	u1 := new(field.Element).Subtract(fieldOne, ss)
	u2 := new(field.Element).Add(fieldOne, ss)
	u2Sqr := new(field.Element).Square(u2)
	v := new(field.Element).Square(u1)
	v.Negate(v.Multiply(v, curveD)).Subtract(v, u2Sqr)
	invSqrt, square := new(field.Element).SqrtRatio(fieldOne, new(field.Element).Multiply(v, u2Sqr))
	denX := new(field.Element).Multiply(invSqrt, u2)
	denY := new(field.Element).Multiply(invSqrt, denX)
	denY.Multiply(denY, v)
	x := new(field.Element).Multiply(s, denX)
	x.Absolute(x.Add(x, x))
	y := denY.Multiply(u1, denY)
	t := new(field.Element).Multiply(x, y)
	if square == 0 || t.IsNegative() == 1 || y.Equal(new(field.Element)) == 1 {
		return nil, false
	}
	p, err := new(edwards25519.Point).SetExtendedCoordinates(x, y, fieldOne, t)
	return p, err == nil
}

// encodePoint is ristretto255 encoding (RFC 9496, 4.3.2), in constant time: shared secrets pass through it.
func encodePoint(p *edwards25519.Point) [pointSize]byte {
	x0, y0, z0, t0 := p.ExtendedCoordinates()
	u1 := new(field.Element).Add(z0, y0)
	u1.Multiply(u1, new(field.Element).Subtract(z0, y0))
	u2 := new(field.Element).Multiply(x0, y0)
	ratio := new(field.Element).Square(u2)
	invSqrt, _ := ratio.SqrtRatio(fieldOne, ratio.Multiply(ratio, u1))
	den1 := u1.Multiply(invSqrt, u1)
	den2 := u2.Multiply(invSqrt, u2)
	zInv := new(field.Element).Multiply(den1, den2)
	zInv.Multiply(zInv, t0)
	rotate := new(field.Element).Multiply(t0, zInv).IsNegative()

	x := new(field.Element).Select(new(field.Element).Multiply(y0, sqrtM1), x0, rotate)
	y := new(field.Element).Select(new(field.Element).Multiply(x0, sqrtM1), y0, rotate)
	denInv := den1.Select(den1.Multiply(den1, invSqrtAMinusD), den2, rotate)
	y.Select(new(field.Element).Negate(y), y, x.Multiply(x, zInv).IsNegative())
	s := y.Multiply(denInv, y.Subtract(z0, y))
	return [pointSize]byte(s.Absolute(s).Bytes())
}

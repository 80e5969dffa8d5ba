package pre

import (
	"errors"
	"fmt"

	"github.com/cloudflare/circl/group"
)

var (
	// ErrTooFew means that fewer answers than the threshold were given.
	ErrTooFew = errors.New("too few re-encryptions")
	// ErrTwice means that two answers come from one proxy or share one id.
	ErrTwice = errors.New("two answers of one proxy")
	// ErrOwnerFault means that every fragment verifies and the node still does not open: the owner shared a bad polynomial
	// or committed to a bad capsule. With a key that is not the granted reader's the same happens: compare keys first.
	ErrOwnerFault = errors.New("the owner's key shares or capsule are bad")
)

// Answer is one proxy's fragment with the leaf it belongs to. That the leaf is under the grant's root is the caller's to check.
type Answer struct {
	Leaf     Leaf
	Fragment []byte
}

// Open verifies the answers and opens the node's seed with the reader's secret key. The first threshold answers are used.
func Open(sk SecretKey, context, capsule []byte, threshold int, answers []Answer, b Binding) ([seedSize]byte, error) {
	if threshold < 1 || len(answers) < threshold {
		return [seedSize]byte{}, fmt.Errorf("%w: have %d of %d", ErrTooFew, len(answers), threshold)
	}
	answers = answers[:threshold]
	secret, err := scalar(sk[:])
	if err != nil {
		return [seedSize]byte{}, fmt.Errorf("reader's key: %w", err)
	}
	if err := CheckCapsule(capsule); err != nil {
		return [seedSize]byte{}, fmt.Errorf("%w: %w", ErrOwnerFault, err)
	}
	parts, err := parseCapsule(capsule)
	if err != nil {
		return [seedSize]byte{}, err
	}
	if err := consistent(answers); err != nil {
		return [seedSize]byte{}, err
	}
	x, err := point(answers[0].Leaf.X[:])
	if err != nil {
		return [seedSize]byte{}, fmt.Errorf("%w: X: %w", ErrOwnerFault, err)
	}
	hidden := link{x: answers[0].Leaf.X, b: sk.Public(), d: encode(mul(x, secret))}
	places := make([]group.Scalar, len(answers))
	sums := make([]group.Element, len(answers))
	for i, a := range answers {
		f, err := verify(a.Fragment, a.Leaf, capsule, b)
		if err != nil {
			return [seedSize]byte{}, fmt.Errorf("proxy %d: %w", a.Leaf.Proxy, err)
		}
		places[i], sums[i] = hidden.place(a.Leaf.ID), add(f.e1, f.v1)
	}
	combined, err := interpolate(places, sums)
	if err != nil {
		return [seedSize]byte{}, err
	}
	return parts.unwrap(mul(combined, hidden.scalar()), answers[0].Leaf.A, context, capsule)
}

// consistent checks that the answers are of one node and grant share, by different proxies.
func consistent(answers []Answer) error {
	first := answers[0].Leaf
	for i, a := range answers {
		if a.Leaf.Node != first.Node || a.Leaf.A != first.A || a.Leaf.X != first.X || a.Leaf.CapsuleHash != first.CapsuleHash {
			return fmt.Errorf("%w: leaves of proxies %d and %d differ", ErrOwnerFault, first.Proxy, a.Leaf.Proxy)
		}
		for _, other := range answers[:i] {
			if other.Leaf.Proxy == a.Leaf.Proxy || other.Leaf.ID == a.Leaf.ID {
				return fmt.Errorf("%w: proxy %d", ErrTwice, a.Leaf.Proxy)
			}
		}
	}
	return nil
}

// interpolate gives the value at zero (Lagrange).
func interpolate(places []group.Scalar, values []group.Element) (group.Element, error) {
	sum := suite.Identity()
	for i, xi := range places {
		num, den := suite.NewScalar().SetUint64(1), suite.NewScalar().SetUint64(1)
		for j, xj := range places {
			if i == j {
				continue
			}
			num = suite.NewScalar().Mul(num, xj)
			den = suite.NewScalar().Mul(den, suite.NewScalar().Sub(xj, xi))
		}
		if den.IsZero() {
			return nil, fmt.Errorf("%w: two shares at one place", ErrOwnerFault)
		}
		sum = add(sum, mul(values[i], suite.NewScalar().Mul(num, suite.NewScalar().Inv(den))))
	}
	return sum, nil
}

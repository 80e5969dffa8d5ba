package pre

import (
	"errors"
	"fmt"
)

var (
	// ErrTooFew means that fewer answers than the threshold were given.
	ErrTooFew = errors.New("too few re-encryptions")
	// ErrTwice means that two answers come from one proxy.
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
// Errors tell whose fault it is: ErrScalar, ErrTooFew, ErrTwice and ErrContext the caller's, ErrWrongCapsule whoever's sent
// this capsule, ErrFragment that of the proxy named in the text, ErrOwnerFault the owner's.
func Open(sk SecretKey, context, capsule []byte, threshold int, answers []Answer, b Binding) (seed [seedSize]byte, err error) {
	secret, err := parseScalar(sk[:])
	if err != nil {
		return seed, fmt.Errorf("reader's key: %w", err)
	}
	if threshold < 1 || len(answers) < threshold {
		return seed, fmt.Errorf("%w: have %d of %d", ErrTooFew, len(answers), threshold)
	}
	answers = answers[:threshold]
	leaf := answers[0].Leaf
	if err := checkContext(context, leaf.Node); err != nil {
		return seed, err
	}
	if err := consistent(answers); err != nil {
		return seed, err
	}
	c, err := promised(capsule, leaf)
	if err != nil {
		return seed, err
	}
	hidden, err := readerLink(secret, leaf.X)
	if err != nil {
		return seed, err
	}
	shared, err := c.combine(hidden, answers, b)
	if err != nil {
		return seed, err
	}
	return c.unwrap(encodePoint(shared), leaf.A, context)
}

// readerLink is the reader's side of a link: D = bX.
func readerLink(secret *scalar, x [pointSize]byte) (link, error) {
	public, err := parsePoint(x[:])
	if err != nil {
		return link{}, fmt.Errorf("%w: X: %w", ErrOwnerFault, err)
	}
	return link{x: x, b: encodePoint(mulGen(secret)), d: encodePoint(mul(secret, public))}, nil
}

// combine verifies the fragments and gives d·Σ λ_i (E1_i + V1_i) = (r+u)·A. The places and d are the reader's secrets, so
// the sum is taken in constant time.
func (c capsuleParts) combine(hidden link, answers []Answer, b Binding) (*point, error) {
	places := make([]*scalar, len(answers))
	sums := make([]*point, len(answers))
	for i, a := range answers {
		var err error
		if sums[i], err = c.verify(a.Fragment, a.Leaf, b); err != nil {
			return nil, fmt.Errorf("proxy %d: %w", a.Leaf.Proxy, err)
		}
		places[i] = hidden.place(a.Leaf.ID)
	}
	weights, err := lagrange(places, hidden.blinding())
	if err != nil {
		return nil, err
	}
	return new(point).MultiScalarMult(weights, sums), nil
}

// promised decodes the capsule that the leaves commit to. Bytes that do not have the leaf's hash say nothing about the
// owner. The capsule's own proof needs no check here: unwrap makes the whole capsule again and compares.
func promised(capsule []byte, leaf Leaf) (capsuleParts, error) {
	c, err := committed(capsule, leaf)
	if errors.Is(err, ErrCapsule) {
		return c, fmt.Errorf("%w: %w", ErrOwnerFault, err)
	}
	return c, err
}

// consistent checks that the answers are of one node and grant share, by different proxies.
func consistent(answers []Answer) error {
	first := answers[0].Leaf
	for i, a := range answers {
		if a.Leaf.Node != first.Node {
			return fmt.Errorf("%w: proxies %d and %d answer for different nodes", ErrContext, first.Proxy, a.Leaf.Proxy)
		}
		for _, other := range answers[:i] {
			if other.Leaf.Proxy == a.Leaf.Proxy {
				return fmt.Errorf("%w: proxy %d", ErrTwice, a.Leaf.Proxy)
			}
		}
		if a.Leaf.A != first.A || a.Leaf.X != first.X || a.Leaf.CapsuleHash != first.CapsuleHash {
			return fmt.Errorf("%w: leaves of proxies %d and %d differ", ErrOwnerFault, first.Proxy, a.Leaf.Proxy)
		}
	}
	return nil
}

// lagrange gives the weights whose sum with the values at places is factor times the value at zero.
func lagrange(places []*scalar, factor *scalar) ([]*scalar, error) {
	weights := make([]*scalar, len(places))
	for i, xi := range places {
		num, den := new(scalar).Set(factor), new(scalar).Set(scalarOne)
		for j, xj := range places {
			if i == j {
				continue
			}
			num.Multiply(num, xj)
			den.Multiply(den, new(scalar).Subtract(xj, xi))
		}
		if isZero(den) {
			return nil, fmt.Errorf("%w: two shares at one place", ErrOwnerFault)
		}
		weights[i] = num.Multiply(num, den.Invert(den))
	}
	return weights, nil
}

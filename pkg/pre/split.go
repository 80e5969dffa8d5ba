package pre

import (
	"errors"
	"fmt"
	"io"

	"github.com/cloudflare/circl/group"
)

// MaxProxies bounds n: shares per node.
const MaxProxies = 64

// ErrShare means that a share does not fit its leaf.
var ErrShare = errors.New("share does not fit its leaf")

// Share is what one proxy holds for one node. RK is secret.
type Share struct {
	Leaf Leaf
	RK   SecretKey
}

// Split is the owner's side of a grant of one node: shares for the proxies, any t of which open it to the reader. x and the
// polynomial are fresh at every call.
func Split(rand io.Reader, seed [seedSize]byte, context []byte, node [nodeSize]byte, reader PublicKey, t int, proxies []uint64) ([]Share, error) {
	if t < 1 || t > len(proxies) || len(proxies) > MaxProxies {
		return nil, fmt.Errorf("threshold %d of %d proxies: needs 1 <= t <= n <= %d", t, len(proxies), MaxProxies)
	}
	k, err := deriveNode(seed)
	if err != nil {
		return nil, err
	}
	readerPoint, err := point(reader[:])
	if err != nil {
		return nil, fmt.Errorf("reader's key: %w", err)
	}
	capsule, err := NewCapsule(seed, context)
	if err != nil {
		return nil, err
	}
	x, err := randomScalar(rand, "cpchain/pre/x/v1")
	if err != nil {
		return nil, err
	}
	hidden := link{x: encode(mulGen(x)), b: reader, d: encode(mul(readerPoint, x))}
	poly, err := polynomial(rand, suite.NewScalar().Mul(k.a, suite.NewScalar().Inv(hidden.scalar())), t)
	if err != nil {
		return nil, err
	}
	base := Leaf{Node: node, A: encode(mulGen(k.a)), CapsuleHash: CapsuleHash(capsule), X: hidden.x}
	shares := make([]Share, len(proxies))
	for i, proxy := range proxies {
		leaf := base
		leaf.Proxy = proxy
		if _, err := io.ReadFull(rand, leaf.ID[:]); err != nil {
			return nil, fmt.Errorf("entropy: %w", err)
		}
		rk := evaluate(poly, hidden.place(leaf.ID))
		leaf.U1 = encode(mul(genU, rk))
		shares[i] = Share{Leaf: leaf, RK: encode(rk)}
	}
	return shares, nil
}

// link is what only owner and reader know of a node's grant: D = xB = bX, and what is hashed from it.
type link struct {
	x [pointSize]byte
	b PublicKey
	d [pointSize]byte
}

// scalar is d, the blinding of the shared secret.
func (l link) scalar() group.Scalar {
	return hashToScalar("cpchain/pre/d/v1", l.x[:], l.b[:], l.d[:])
}

// place is x_i, where a proxy's share lies on the polynomial.
func (l link) place(id [32]byte) group.Scalar {
	return hashToScalar("cpchain/pre/place/v1", l.x[:], l.b[:], l.d[:], id[:])
}

// polynomial of degree t-1 with the given value at zero, lowest coefficient first.
func polynomial(rand io.Reader, zero group.Scalar, t int) ([]group.Scalar, error) {
	poly := []group.Scalar{zero}
	for len(poly) < t {
		c, err := randomScalar(rand, "cpchain/pre/coefficient/v1")
		if err != nil {
			return nil, err
		}
		poly = append(poly, c)
	}
	return poly, nil
}

// evaluate by Horner's rule.
func evaluate(poly []group.Scalar, at group.Scalar) group.Scalar {
	sum := suite.NewScalar()
	for i := len(poly) - 1; i >= 0; i-- {
		sum = suite.NewScalar().Add(suite.NewScalar().Mul(sum, at), poly[i])
	}
	return sum
}

// CheckShare is the proxy's check before it accepts: its share is the one the leaf commits to, and the points are valid.
// That the shares of all proxies lie on one polynomial no proxy can see; see ErrOwnerFault.
func CheckShare(s Share) error {
	rk, err := scalar(s.RK[:])
	if err != nil {
		return fmt.Errorf("%w: %w", ErrShare, err)
	}
	for name, bz := range map[string][]byte{"A": s.Leaf.A[:], "X": s.Leaf.X[:]} {
		if _, err := point(bz); err != nil {
			return fmt.Errorf("%w: %s: %w", ErrShare, name, err)
		}
	}
	if encode(mul(genU, rk)) != s.Leaf.U1 {
		return fmt.Errorf("%w: U1 is not the share's", ErrShare)
	}
	return nil
}

package pre

import (
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// MaxProxies bounds n: shares per node.
const MaxProxies = 64

var (
	// ErrShare means that a share does not fit its leaf.
	ErrShare = errors.New("share does not fit its leaf")
	// ErrThreshold means that a threshold and a list of proxies make no sense together.
	ErrThreshold = errors.New("no sensible threshold")
)

// Share is what one proxy holds for one node. RK is secret.
type Share struct {
	Leaf Leaf
	RK   SecretKey
}

// Split is the owner's side of a grant of one node: shares for the proxies, any t of which open it to the reader. x and the
// polynomial are fresh at every call. ErrThreshold unless 1 <= t <= n <= MaxProxies with distinct proxies, ErrPoint for a
// reader's key that is none, ErrContext for a context that is not of node.
func Split(rand io.Reader, seed [seedSize]byte, context []byte, node [nodeSize]byte, reader PublicKey, t int, proxies []uint64) ([]Share, error) {
	if err := checkThreshold(t, proxies); err != nil {
		return nil, err
	}
	if err := checkContext(context, node); err != nil {
		return nil, err
	}
	readerPoint, err := parsePoint(reader[:])
	if err != nil {
		return nil, fmt.Errorf("reader's key: %w", err)
	}
	k, err := deriveNode(seed)
	if err != nil {
		return nil, err
	}
	capsule, publicA, err := encapsulate(seed, context)
	if err != nil {
		return nil, err
	}
	c, err := toss(rand, seed, context, reader, t, proxies)
	if err != nil {
		return nil, err
	}
	hidden := link{x: encodePoint(mulGen(c.x)), b: reader, d: encodePoint(mul(c.x, readerPoint))}
	poly := append([]*scalar{new(scalar).Multiply(k.a, new(scalar).Invert(hidden.blinding()))}, c.coefficients...)
	base := Leaf{Node: node, A: publicA, CapsuleHash: CapsuleHash(capsule), X: hidden.x}
	shares := make([]Share, len(proxies))
	for i, proxy := range proxies {
		base.Proxy, base.ID = proxy, c.ids[i]
		if shares[i], err = share(base, poly, hidden.place(base.ID)); err != nil {
			return nil, err
		}
	}
	return shares, nil
}

func checkThreshold(t int, proxies []uint64) error {
	if t < 1 || t > len(proxies) || len(proxies) > MaxProxies {
		return fmt.Errorf("%w: %d of %d proxies: needs 1 <= t <= n <= %d", ErrThreshold, t, len(proxies), MaxProxies)
	}
	for i, p := range proxies {
		for _, q := range proxies[:i] {
			if p == q {
				return fmt.Errorf("%w: proxy %d is named twice", ErrThreshold, p)
			}
		}
	}
	return nil
}

// share is the polynomial at a proxy's place. At place zero it would be the secret itself, and a zero share would show.
func share(leaf Leaf, poly []*scalar, place *scalar) (Share, error) {
	rk := evaluate(poly, place)
	if isZero(place) || isZero(rk) {
		return Share{}, ErrScalar
	}
	leaf.U1 = encodePoint(mul(rk, genU))
	return Share{Leaf: leaf, RK: encodeScalar(rk)}, nil
}

// coins is the owner's randomness for one split.
type coins struct {
	x            *scalar
	coefficients []*scalar // t-1
	ids          [][32]byte
}

// toss draws coins, hedged: from 32 bytes of rand and the node's seed (HKDF-SHA256), bound to node, reader and proxies. With
// a broken random source they are still unknown to proxies and reader, and differ between nodes, readers and sets of proxies.
func toss(rand io.Reader, seed [seedSize]byte, context []byte, reader PublicKey, t int, proxies []uint64) (coins, error) {
	var fresh [32]byte
	if _, err := io.ReadFull(rand, fresh[:]); err != nil {
		return coins{}, fmt.Errorf("entropy: %w", err)
	}
	list := binary.BigEndian.AppendUint64(nil, uint64(t))
	for _, p := range proxies {
		list = binary.BigEndian.AppendUint64(list, p)
	}
	info := join([]byte("cpchain/pre/split/v1"), context, reader[:], list)
	bz, err := hkdf.Key(sha256.New, seed[:], fresh[:], string(info), wideSize*t+32*len(proxies))
	if err != nil {
		return coins{}, err
	}
	c := coins{x: reduce(bz[:wideSize])}
	if isZero(c.x) {
		return coins{}, ErrScalar
	}
	for bz = bz[wideSize:]; len(bz) > 32*len(proxies); bz = bz[wideSize:] {
		c.coefficients = append(c.coefficients, reduce(bz[:wideSize]))
	}
	for ; len(bz) > 0; bz = bz[32:] {
		c.ids = append(c.ids, [32]byte(bz))
	}
	return c, nil
}

// link is what only owner and reader know of a node's grant: D = xB = bX, and what is hashed from it.
type link struct {
	x [pointSize]byte
	b PublicKey
	d [pointSize]byte
}

// blinding is d, which stands between the shared secret and the node's key.
func (l link) blinding() *scalar {
	return hashToScalar("cpchain/pre/d/v1", l.x[:], l.b[:], l.d[:])
}

// place is x_i, where a proxy's share lies on the polynomial.
func (l link) place(id [32]byte) *scalar {
	return hashToScalar("cpchain/pre/place/v1", l.x[:], l.b[:], l.d[:], id[:])
}

// evaluate a polynomial, lowest coefficient first, by Horner's rule.
func evaluate(poly []*scalar, at *scalar) *scalar {
	sum := new(scalar)
	for i := len(poly) - 1; i >= 0; i-- {
		sum.MultiplyAdd(sum, at, poly[i])
	}
	return sum
}

// CheckShare is the proxy's check before it accepts: its share is the one the leaf commits to, and the points are valid;
// else ErrShare. That the shares of all proxies lie on one polynomial no proxy can see; see ErrOwnerFault.
func CheckShare(s Share) error {
	rk, err := parseScalar(s.RK[:])
	if err != nil {
		return fmt.Errorf("%w: %w", ErrShare, err)
	}
	if err := s.Leaf.A.Valid(); err != nil {
		return fmt.Errorf("%w: A: %w", ErrShare, err)
	}
	if err := PublicKey(s.Leaf.X).Valid(); err != nil {
		return fmt.Errorf("%w: X: %w", ErrShare, err)
	}
	if encodePoint(mul(rk, genU)) != s.Leaf.U1 {
		return fmt.Errorf("%w: U1 is not the share's", ErrShare)
	}
	return nil
}

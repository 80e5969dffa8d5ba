package types

import (
	"crypto/ed25519"
	"crypto/sha256"
	"slices"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/cpchain/cpchain/pkg/keytree"
	"github.com/cpchain/cpchain/pkg/pre"
)

const (
	// maxBatch bounds the grants accepted in one message.
	maxBatch = 256
	// maxPath bounds a Merkle path: no grant has 2^32 leaves.
	maxPath = 32
	// maxFeeBits bounds an acceptance fee, so that fees of many proxies never leave the range of a coin.
	maxFeeBits = 64
)

// Validate checks everything that needs no state.
func (m *MsgGrant) Validate(p Params) error {
	n := len(m.Proxies)
	switch {
	case m.FirstInterval > m.LastInterval:
		return ErrRange.Wrapf("%d to %d", m.FirstInterval, m.LastInterval)
	case m.Split > 1<<keytree.Depth:
		return ErrSplit.Wrapf("%d is past the last interval", m.Split)
	case m.Grain > keytree.Depth:
		return ErrGrain.Wrapf("%d, at most %d", m.Grain, keytree.Depth)
	case n == 0 || n > int(p.MaxProxies) || m.Threshold == 0 || uint64(m.Threshold) > uint64(n):
		return ErrThreshold.Wrapf("%d of %d proxies; at most %d proxies", m.Threshold, n, p.MaxProxies)
	case len(m.Root) != sha256.Size:
		return ErrRoot.Wrapf("%d bytes, not %d", len(m.Root), sha256.Size)
	}
	if len(m.Spares) > int(p.MaxSpares) || n+len(m.Spares) > pre.MaxProxies {
		return ErrThreshold.Wrapf("%d spares for %d proxies; at most %d spares, and %d of both", len(m.Spares), n, p.MaxSpares, pre.MaxProxies)
	}
	ranks := m.Ranks()
	for i, id := range ranks {
		if slices.Contains(ranks[:i], id) {
			return ErrProxyTwice.Wrapf("provider %d", id)
		}
	}
	return validFee("acceptance_fee", m.AcceptanceFee)
}

// Ranks are the proxies and the spares, in the order of the draw.
func (m *MsgGrant) Ranks() []uint64 { return slices.Concat(m.Proxies, m.Spares) }

// Validate checks everything that needs no state.
func (m *MsgRegrant) Validate() error {
	if len(m.Replaced) == 0 || len(m.Replaced) > pre.MaxProxies {
		return ErrReplace.Wrapf("%d proxies named; name 1 to %d", len(m.Replaced), pre.MaxProxies)
	}
	for i, id := range m.Replaced {
		if slices.Contains(m.Replaced[:i], id) {
			return ErrProxyTwice.Wrapf("provider %d", id)
		}
	}
	return nil
}

// validFee accepts an amount of the fee denom, zero included.
func validFee(name string, fee sdk.Coin) error {
	if fee.Denom != FeeDenom || fee.Amount.IsNil() || fee.Amount.IsNegative() || fee.Amount.BigInt().BitLen() > maxFeeBits {
		return ErrFee.Wrapf("%s must be in %s, 0 or more and below 2^%d", name, FeeDenom, maxFeeBits)
	}
	return nil
}

// Validate checks everything that needs no state.
func (m *MsgAcceptGrant) Validate() error {
	if len(m.Grants) == 0 || len(m.Grants) > maxBatch {
		return ErrGrants.Wrapf("%d grants; give 1 to %d", len(m.Grants), maxBatch)
	}
	for i, id := range m.Grants {
		if slices.Contains(m.Grants[:i], id) {
			return ErrGrants.Wrapf("grant %d stands twice", id)
		}
	}
	return nil
}

// Validate checks everything that needs no state.
func (m *MsgRefuseGrant) Validate() error { return validRefusal(m.Reason) }

func validRefusal(reason string) error {
	if reason == "" {
		return ErrReason.Wrap("say why, in a few words")
	}
	if err := plainText(reason, maxReason); err != nil {
		return Because(ErrReason, err)
	}
	return nil
}

// Validate checks sizes before anything is hashed or decoded.
func (m *MsgDisputeFragment) Validate() error {
	if a := m.Answer; a.Grant != m.Grant {
		return ErrAnswerForeign.Wrapf("it is about grant %d, not %d", a.Grant, m.Grant)
	}
	return m.Answer.validSize()
}

// validSize bounds what is hashed and decoded.
func (a SignedAnswer) validSize() error {
	// a signed answer of a wrong length is a wrong answer, but there is no reason to carry more of it than this
	if len(a.Leaf) > 2*pre.LeafSize || len(a.Capsule) > 2*pre.CapsuleSize || len(a.Fragment) > 2*pre.FragmentSize {
		return ErrEvidence.Wrap("larger than any answer")
	}
	if err := validPath(a.Path); err != nil {
		return err
	}
	if len(a.Signature) != ed25519.SignatureSize {
		return ErrAnswerSignature.Wrapf("%d bytes, not %d", len(a.Signature), ed25519.SignatureSize)
	}
	return nil
}

func validPath(path [][]byte) error {
	if len(path) > maxPath {
		return ErrEvidence.Wrapf("a path of %d hashes", len(path))
	}
	for _, h := range path {
		if len(h) > sha256.Size {
			return ErrEvidence.Wrapf("a path element of %d bytes", len(h))
		}
	}
	return nil
}

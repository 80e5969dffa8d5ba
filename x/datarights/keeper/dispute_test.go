package keeper

import (
	"crypto/ed25519"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	storetypes "cosmossdk.io/store/types"

	"github.com/cosmos/cosmos-sdk/codec/address"

	"github.com/cpchain/cpchain/pkg/pre"
	"github.com/cpchain/cpchain/x/datarights/types"
	provider "github.com/cpchain/cpchain/x/provider/types"
)

// honest and faulty are the proxies of the test grant that accepted.
const (
	honest = 4
	faulty = 5
)

func TestWhatProxiesAnswerOpensTheNodeToTheReaderAndNothingToTheChain(t *testing.T) {
	w := newWorld(newFixture(t))
	for node := range w.dealt.nodes {
		var answers []pre.Answer
		for _, id := range []uint64{honest, faulty} {
			a := w.answer(node, id)
			leaf, err := pre.ParseLeaf(a.Leaf)
			require.NoError(t, err)
			require.NoError(t, types.CheckLeaf(w.row(w.dealt.id), leaf, a.Position, a.Path))
			answers = append(answers, pre.Answer{Leaf: leaf, Fragment: a.Fragment})
			w.refuses(types.ErrFragmentValid, func() error { return w.dispute(a) }) // D-DIS-6
		}
		name, err := w.dealt.nodes[node].MarshalBinary()
		require.NoError(t, err)
		context := pre.CapsuleContext(types.StreamID(testChain, w.stream), name)
		_, err = pre.Open(w.keys.pre, context, w.dealt.capsules[node], 2, answers, pre.Binding{ChainID: testChain, Grant: w.dealt.id})
		require.NoError(t, err)
	}
}

// faults are wrong answers their proxy signed: each costs a tenth of the bond here.
func TestASignedWrongAnswerIsPunished(t *testing.T) {
	for name, spoil := range map[string]func(w world, a *types.SignedAnswer){
		"a fragment of another share": func(w world, a *types.SignedAnswer) { a.Fragment = w.answer(0, honest).Fragment },
		"a fragment of another node":  func(w world, a *types.SignedAnswer) { a.Fragment = w.answer(1, faulty).Fragment },
		"a fragment for another grant": func(w world, a *types.SignedAnswer) {
			share := w.dealt.shares[a.Position]
			var err error
			a.Fragment, err = pre.ReEncrypt(w.rand, share, a.Capsule, pre.Binding{ChainID: testChain, Grant: 77})
			require.NoError(w.t, err)
		},
		"a fragment with one bit wrong": func(_ world, a *types.SignedAnswer) { a.Fragment[100] ^= 1 },
		"no fragment":                   func(_ world, a *types.SignedAnswer) { a.Fragment = nil },
		"the capsule of another node":   func(w world, a *types.SignedAnswer) { a.Capsule = w.dealt.capsules[1] },
		"no capsule":                    func(_ world, a *types.SignedAnswer) { a.Capsule = nil },
		"a leaf the grant has not": func(w world, a *types.SignedAnswer) {
			share := w.dealt.shares[a.Position]
			share.Leaf.ID[0] ^= 1
			var err error
			a.Leaf, err = share.Leaf.MarshalBinary()
			require.NoError(w.t, err)
			a.Fragment, err = pre.ReEncrypt(w.rand, share, a.Capsule, pre.Binding{ChainID: testChain, Grant: w.dealt.id})
			require.NoError(w.t, err)
		},
		"the leaf of another proxy": func(w world, a *types.SignedAnswer) {
			o := w.answer(0, honest)
			a.Leaf, a.Position, a.Path, a.Fragment = o.Leaf, o.Position, o.Path, o.Fragment
		},
		"a position that is none":    func(_ world, a *types.SignedAnswer) { a.Position = 99 },
		"a path to nowhere":          func(_ world, a *types.SignedAnswer) { a.Path[0] = hash("nowhere") },
		"a path with a stump in it":  func(_ world, a *types.SignedAnswer) { a.Path[0] = a.Path[0][1:] },
		"a leaf that is none":        func(_ world, a *types.SignedAnswer) { a.Leaf = a.Leaf[1:] },
		"a leaf of another version":  func(_ world, a *types.SignedAnswer) { a.Leaf[0] = 9 },
		"a fragment of another kind": func(_ world, a *types.SignedAnswer) { a.Fragment[1] = 9 },
	} {
		t.Run("D-DIS-9: "+name, func(t *testing.T) {
			w := newWorld(newFixture(t))
			a := w.answer(0, faulty)
			spoil(w, &a)
			a = signAnswer(a)
			res, err := w.msg.DisputeFragment(w.ctx, &types.MsgDisputeFragment{Sender: w.text(w.bob), Grant: w.dealt.id, Answer: a})
			require.NoError(t, err)
			require.Equal(t, "100000ucpc", res.Slashed.String())
			require.EqualValues(t, testBond*9/10, w.providers.rows[faulty].Bond.Amount.Int64())
			require.EqualValues(t, testBond, w.providers.rows[honest].Bond.Amount.Int64())
			g := w.row(w.dealt.id)
			require.Equal(t, types.PROXY_STATE_FAULTY, g.Proxies[1].State)
			require.Equal(t, types.GRANT_STATUS_LIVE, g.Status, "the grant goes on with the others")
			e := events[*types.EventFragmentFault](w.fixture)
			require.Len(t, e, 1)
			require.Equal(t, w.dealt.id, e[0].Grant)
			// D-DIS-10
			require.Contains(t, strings.Join(*w.told, "\n"), fmt.Sprintf("%x re-encrypted wrongly for grant %d", sdkAccount(t, w.providers.rows[faulty].Operator), w.dealt.id))
			require.EqualValues(t, faulty, e[0].Provider)
			require.NotEmpty(t, e[0].Reason)
			w.refuses(types.ErrDisputed, func() error { return w.dispute(a) }) // D-DIS-7
		})
	}
}

// Nothing that its proxy did not sign can cost it anything.
func TestDisputeRefusesEvidenceTheProxyDidNotSign(t *testing.T) {
	for _, c := range []struct {
		name  string
		want  error
		spoil func(w world, a *types.SignedAnswer)
	}{
		{"D-DIS-1: an answer about another grant", types.ErrAnswerForeign, func(_ world, a *types.SignedAnswer) { a.Grant++ }},
		{"D-DIS-2: a provider that is no proxy", types.ErrNotAProxy, func(_ world, a *types.SignedAnswer) { a.Provider = 1 }},
		{"D-DIS-3: a proxy that has not accepted", types.ErrNotAccepted, func(_ world, a *types.SignedAnswer) { a.Provider = 6 }},
		{"D-DIS-5: blamed on another proxy", types.ErrAnswerSignature, func(_ world, a *types.SignedAnswer) { a.Provider = honest }},
		{"D-DIS-5: a byte of the fragment flipped", types.ErrAnswerSignature, func(_ world, a *types.SignedAnswer) { a.Fragment[70] ^= 1 }},
		{"D-DIS-5: a byte of the capsule flipped", types.ErrAnswerSignature, func(_ world, a *types.SignedAnswer) { a.Capsule[70] ^= 1 }},
		{"D-DIS-5: a byte of the leaf flipped", types.ErrAnswerSignature, func(_ world, a *types.SignedAnswer) { a.Leaf[70] ^= 1 }},
		{"D-DIS-5: a byte of the path flipped", types.ErrAnswerSignature, func(_ world, a *types.SignedAnswer) { a.Path[0][7] ^= 1 }},
		{"D-DIS-5: the path cut short", types.ErrAnswerSignature, func(_ world, a *types.SignedAnswer) { a.Path = a.Path[1:] }},
		{"D-DIS-5: another position", types.ErrAnswerSignature, func(_ world, a *types.SignedAnswer) { a.Position++ }},
		{"D-DIS-5: path elements joined", types.ErrEvidence, func(_ world, a *types.SignedAnswer) {
			a.Path = append([][]byte{append(a.Path[0], a.Path[1]...)}, a.Path[2:]...)
		}},
		{"D-DIS-5: a byte of the signature flipped", types.ErrAnswerSignature, func(_ world, a *types.SignedAnswer) { a.Signature[3] ^= 1 }},
		{"D-DIS-5: no signature", types.ErrAnswerSignature, func(_ world, a *types.SignedAnswer) { a.Signature = nil }},
		{"D-DIS-5: a key version of before the acceptance", types.ErrAnswerSignature, func(_ world, a *types.SignedAnswer) { a.PeerKeyVersion = 0 }},
		{"D-DIS-5: a key version that is none", types.ErrAnswerSignature, func(_ world, a *types.SignedAnswer) { a.PeerKeyVersion = 2 }},
		{"D-DIS-8: a huge leaf", types.ErrEvidence, func(_ world, a *types.SignedAnswer) { a.Leaf = make([]byte, 1000) }},
		{"D-DIS-8: a huge capsule", types.ErrEvidence, func(_ world, a *types.SignedAnswer) { a.Capsule = make([]byte, 1000) }},
		{"D-DIS-8: a huge fragment", types.ErrEvidence, func(_ world, a *types.SignedAnswer) { a.Fragment = make([]byte, 1000) }},
		{"D-DIS-8: a path longer than any", types.ErrEvidence, func(_ world, a *types.SignedAnswer) { a.Path = make([][]byte, 33) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(newFixture(t))
			a := w.answer(0, faulty)
			c.spoil(w, &a)
			w.refuses(c.want, func() error { return w.dispute(a) })
		})
	}
}

// The same answer again, under another grant of the same leaf or on another chain, is not what the proxy signed.
func TestAWrongAnswerCountsForItsOwnGrantOnly(t *testing.T) {
	w := newWorld(newFixture(t))
	second := w.grant(w.stream, w.reader, w.keys).id
	require.NoError(t, w.accept(faulty, second))
	a := w.answer(0, faulty)
	a.Fragment[100] ^= 1
	a = signAnswer(a)
	a.Grant = second
	w.refuses(types.ErrAnswerSignature, func() error {
		_, err := w.msg.DisputeFragment(w.ctx, &types.MsgDisputeFragment{Sender: w.text(w.bob), Grant: second, Answer: a})
		return err
	})
	a.Grant = w.dealt.id
	other := w.ctx.WithChainID("cpchain-2")
	_, err := w.msg.DisputeFragment(other, &types.MsgDisputeFragment{Sender: w.text(w.bob), Grant: w.dealt.id, Answer: a})
	require.ErrorIs(t, err, types.ErrAnswerSignature)
	w.refuses(types.ErrNotFound, func() error {
		a.Grant = 99
		_, err := w.msg.DisputeFragment(w.ctx, &types.MsgDisputeFragment{Sender: w.text(w.bob), Grant: 99, Answer: a})
		return err
	})
}

func TestAFaultyProxyAnswersForEveryNodeOnce(t *testing.T) {
	w := newWorld(newFixture(t))
	for node := range 2 {
		a := w.answer(node, faulty)
		a.Fragment[100] ^= 1
		require.NoError(t, w.dispute(signAnswer(a)))
	}
	require.EqualValues(t, testBond*81/100, w.providers.rows[faulty].Bond.Amount.Int64())
	again := w.answer(1, faulty)
	again.Capsule[100] ^= 1
	w.refuses(types.ErrDisputed, func() error { return w.dispute(signAnswer(again)) }) // D-DIS-7: another fault, the same node
}

func TestARotatedPeerKeyStillAnswersForWhatItSigned(t *testing.T) {
	w := newWorld(newFixture(t))
	a := w.answer(0, faulty)
	a.Fragment[100] ^= 1
	w.providers.peerKeys[faulty] = append(w.providers.peerKeys[faulty], public(signer("new peer key")))
	w.change(faulty, func(p *provider.Provider) { p.PeerKeyVersion = 2 })
	a.PeerKeyVersion = 2
	a.Signature = ed25519.Sign(signer("new peer key"), types.AnswerSignBytes(testChain, a))
	require.NoError(t, w.dispute(a))
	b := w.answer(1, faulty)
	b.Fragment[100] ^= 1
	require.NoError(t, w.dispute(signAnswer(b)), "by the first key, which it had at its acceptance")
}

// A key that was rotated away before the acceptance, perhaps because it was stolen, binds nobody to this grant.
func TestAPeerKeyOfBeforeTheAcceptanceBlamesNobody(t *testing.T) {
	f := newFixture(t)
	w := world{fixture: f, stream: f.stream("buoy-1")}
	w.reader, w.keys = f.reader("laptop")
	f.providers.peerKeys[faulty] = append(f.providers.peerKeys[faulty], public(signer("new peer key")))
	f.change(faulty, func(p *provider.Provider) { p.PeerKeyVersion = 2 })
	w.dealt = f.grant(w.stream, w.reader, w.keys)
	require.NoError(t, f.accept(faulty, w.dealt.id))
	a := w.answer(0, faulty)
	a.Fragment[100] ^= 1
	a = signAnswer(a) // by the first key, whose version 1 the registry still knows
	w.refuses(types.ErrAnswerSignature, func() error { return w.dispute(a) })
}

func TestDisputesEndWithTheWindow(t *testing.T) {
	w := newWorld(newFixture(t))
	a := w.answer(0, faulty)
	a.Fragment[100] ^= 1
	a = signAnswer(a)
	end := w.row(w.dealt.id).SettleAt
	w.at(unix(end + 1))
	w.refuses(types.ErrDisputeWindow, func() error { return w.dispute(a) }) // D-DIS-4
	w.at(unix(end))
	require.NoError(t, w.k.EndBlock(w.ctx))
	require.NoError(t, w.dispute(a), "at the last second the bond is still bound")
	w.at(unix(end + 1))
	require.NoError(t, w.k.EndBlock(w.ctx))
	w.refuses(types.ErrDisputeWindow, func() error { return w.dispute(a) })
}

func TestARevokedGrantsAnswersCanStillBeDisputed(t *testing.T) {
	w := newWorld(newFixture(t))
	a := w.answer(0, faulty)
	a.Fragment[100] ^= 1
	require.NoError(t, w.revoke(w.dealt.id))
	require.NoError(t, w.dispute(signAnswer(a)))
	require.Equal(t, types.GRANT_STATUS_REVOKED, w.row(w.dealt.id).Status)
}

// Refused evidence pays for its verification too: the gas is taken before the work.
func TestDisputesPayForTheirVerification(t *testing.T) {
	w := newWorld(newFixture(t))
	a := w.answer(0, faulty)
	ctx := w.ctx.WithGasMeter(storetypes.NewGasMeter(gasSignature + gasFragment))
	require.Panics(t, func() { _, _ = w.msg.DisputeFragment(ctx, &types.MsgDisputeFragment{Grant: w.dealt.id, Answer: a}) })
	meter := storetypes.NewInfiniteGasMeter()
	_, err := w.msg.DisputeFragment(w.ctx.WithGasMeter(meter), &types.MsgDisputeFragment{Grant: w.dealt.id, Answer: a})
	require.ErrorIs(t, err, types.ErrFragmentValid)
	require.Greater(t, meter.GasConsumed(), uint64(gasSignature+gasFragment+3*gasPerNode))
}

// sdkAccount reads an address as rows write it.
func sdkAccount(t *testing.T, text string) []byte {
	t.Helper()
	bz, err := address.NewBech32Codec("cpc").StringToBytes(text)
	require.NoError(t, err)
	return bz
}

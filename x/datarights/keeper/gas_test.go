package keeper

import (
	"crypto/ed25519"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cpchain/cpchain/pkg/pre"
	"github.com/cpchain/cpchain/x/datarights/types"
)

// BenchmarkGas measures what the constants in gas.go stand for; the SDK charges 1,000 gas for one ed25519 verification.
func BenchmarkGas(b *testing.B) {
	w := newWorld(newFixture(b))
	a := w.answer(0, honest)
	g := w.row(w.dealt.id)
	leaf, err := pre.ParseLeaf(a.Leaf)
	require.NoError(b, err)
	b.Run("signature", func(b *testing.B) {
		message, key := types.AnswerSignBytes(testChain, a), ed25519.PublicKey(public(peerKey(honest)))
		for b.Loop() {
			if !ed25519.Verify(key, message, a.Signature) {
				b.Fatal("the signature does not verify")
			}
		}
	})
	b.Run("possession", func(b *testing.B) {
		m := w.newReader("phone", w.keys)
		for b.Loop() {
			require.NoError(b, m.Validate(testChain, m.Owner))
		}
	})
	b.Run("fragment", func(b *testing.B) {
		for b.Loop() {
			require.NoError(b, pre.VerifyFragment(a.Fragment, leaf, a.Capsule, pre.Binding{ChainID: testChain, Grant: g.Id}))
		}
	})
	b.Run("1000-nodes", func(b *testing.B) {
		wide := types.Grant{LastInterval: 999}
		for b.Loop() {
			cover, err := types.GrantCover(wide, 1024)
			require.NoError(b, err)
			require.Len(b, cover, 1000)
		}
	})
}

package keeper

import (
	"strings"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/cpchain/cpchain/pkg/pre"
	"github.com/cpchain/cpchain/x/datarights/types"
)

const (
	// demandFee and demandBlocks are the default params'.
	demandFee, demandBlocks = 10_000, 720
	// lapseCut is what silence costs a whole test bond, lapseShare the part of it that is kept.
	lapseCut, lapseShare = testBond / 100, testBond / 200
)

func (w world) node(n int) []byte {
	name, err := w.dealt.nodes[n].MarshalBinary()
	require.NoError(w.t, err)
	return name
}

// demandOf is a good message of bob for the n-th node.
func (w world) demandOf(n int, provider uint64) *types.MsgDemandFragment {
	return &types.MsgDemandFragment{Demander: w.text(w.bob), Grant: w.dealt.id, Node: w.node(n), Provider: provider, Capsule: w.dealt.capsules[n]}
}

func (w world) demand(n int, provider uint64) uint64 {
	res, err := w.msg.DemandFragment(w.ctx, w.demandOf(n, provider))
	require.NoError(w.t, err)
	return res.Id
}

func (w world) demandRow(id uint64) types.Demand {
	d, err := w.k.DemandRow(w.ctx, id)
	require.NoError(w.t, err)
	return d
}

// give has a provider answer a demand.
func (w world) give(id uint64, a types.SignedAnswer) (*types.MsgAnswerDemandResponse, error) {
	return w.msg.AnswerDemand(w.ctx, &types.MsgAnswerDemand{Operator: w.text(operator(a.Provider)), Demand: id, Answer: a})
}

// leafOf is a leaf of the grant with its path.
func (w world) leafOf(position int) (leaf []byte, path [][]byte) {
	n := len(w.row(w.dealt.id).Proxies)
	provider := w.row(w.dealt.id).Proxies[position%n].Provider
	a := w.answer(position/n, provider)
	return a.Leaf, a.Path
}

func (w world) capsuleDemandOf(position int) *types.MsgDemandCapsule {
	leaf, path := w.leafOf(position)
	return &types.MsgDemandCapsule{Demander: w.text(w.bob), Grant: w.dealt.id, Leaf: leaf, Position: uint32(position), Path: path}
}

func (w world) demandCapsule(position int) uint64 {
	res, err := w.msg.DemandCapsule(w.ctx, w.capsuleDemandOf(position))
	require.NoError(w.t, err)
	return res.Id
}

func (w world) bringCapsule(who sdk.AccAddress, id uint64, capsule []byte) error {
	_, err := w.msg.AnswerCapsule(w.ctx, &types.MsgAnswerCapsule{Sender: w.text(who), Demand: id, Capsule: capsule})
	return err
}

// pass goes n blocks on and ends the last.
func (w world) pass(n int64) {
	w.ctx = w.ctx.WithBlockHeight(w.ctx.BlockHeight() + n)
	require.NoError(w.t, w.k.EndBlock(w.ctx))
	require.NoError(w.t, w.k.CheckInvariants(w.ctx))
}

func (w world) bond(provider uint64) int64 {
	return w.providers.rows[provider].Bond.Amount.Int64()
}

func (w world) potRow() types.Pot {
	p, err := w.k.pot(w.ctx, w.dealt.id)
	require.NoError(w.t, err)
	return p
}

// heardOf counts what reputation was told with some words in it.
func (f *fixture) heardOf(words string) int {
	n := 0
	for _, text := range *f.told {
		if strings.Contains(text, words) {
			n++
		}
	}
	return n
}

// allAccept is a world whose three proxies have all accepted: two of them open a node, so two have to keep silent to keep it shut.
func allAccept(f *fixture) world {
	w := newWorld(f)
	require.NoError(f.t, f.accept(6, w.dealt.id))
	return w
}

// total is what a set of people owns: their accounts, and the bonds of the providers they operate.
func (w world) total(people []sdk.AccAddress, providers ...uint64) int64 {
	sum := int64(0)
	for _, who := range people {
		sum += w.balance(who)
	}
	for _, id := range providers {
		sum += w.balance(operator(id)) + w.bond(id)
	}
	return sum
}

// setParams changes the params of a test chain.
func (f *fixture) setParams(edit func(*types.Params)) {
	p, err := f.k.Params(f.ctx)
	require.NoError(f.t, err)
	edit(&p)
	require.NoError(f.t, f.k.SetParams(f.ctx, testAuthority, p))
}

// otherCapsule is a good capsule of nothing in this grant.
func otherCapsule(t require.TestingT) []byte {
	c, err := pre.NewCapsule([32]byte{7}, []byte("elsewhere"))
	require.NoError(t, err)
	return c
}

func zero() math.Int { return math.ZeroInt() }

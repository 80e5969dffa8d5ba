package keeper

import (
	"testing"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"

	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"

	"github.com/cpchain/cpchain/x/committee/types"
)

// C-CAN-1 to C-CAN-5
func TestRegistrationIsRefused(t *testing.T) {
	f := newFixture(t, smallParams(), 12, 2)
	o, registered := f.operators[10], f.operators[0]
	other := newOperator(500)
	for _, c := range []struct {
		name   string
		before func()
		change func(*types.MsgRegisterCandidate)
		want   error
	}{
		{"without a validator", func() { delete(f.bonds.rows, string(o.account)) }, nil, types.ErrValidator},
		{"of a jailed validator", func() { f.jail(o) }, nil, types.ErrValidator},
		{"with too little of its own bonded", func() {
			f.change(o, func(v *stakingtypes.Validator) {
				v.Tokens, v.DelegatorShares = math.NewInt(999), math.LegacyNewDec(999)
			})
		}, nil, types.ErrSelfBond},
		{"with another's consensus proof", nil, func(m *types.MsgRegisterCandidate) { m.ConsensusKeyProof = other.registration().ConsensusKeyProof }, types.ErrConsensus},
		{"with a VRF proof of another operator", nil, func(m *types.MsgRegisterCandidate) {
			_, m.VrfKeyProof = o.vrf.Prove(types.PossessionBytes(types.PurposeVRF, testChain, other.name))
		}, types.ErrVRFKey},
		{"with a VRF proof for another chain", nil, func(m *types.MsgRegisterCandidate) {
			_, m.VrfKeyProof = o.vrf.Prove(types.PossessionBytes(types.PurposeVRF, "test-2", o.name))
		}, types.ErrVRFKey},
		{"with a VRF key of small order", nil, func(m *types.MsgRegisterCandidate) { m.VrfKey = append([]byte{1}, make([]byte, 31)...) }, types.ErrVRFKey},
		{"with another's node proof", nil, func(m *types.MsgRegisterCandidate) { m.NodeKeyProof = other.registration().NodeKeyProof }, types.ErrNodeKey},
		{"with another's VRF key, proved", nil, func(m *types.MsgRegisterCandidate) {
			public := registered.vrf.Public()
			m.VrfKey = public[:]
			_, m.VrfKeyProof = registered.vrf.Prove(types.PossessionBytes(types.PurposeVRF, testChain, o.name))
		}, types.ErrTaken},
		{"with another's agent", nil, func(m *types.MsgRegisterCandidate) { m.Agent = registered.agent.String() }, types.ErrTaken},
		{"with no agent", nil, func(m *types.MsgRegisterCandidate) { m.Agent = "" }, types.ErrAgent},
	} {
		t.Run(c.name, func(t *testing.T) {
			f.bond(o, selfBond)
			if c.before != nil {
				c.before()
			}
			msg := o.registration()
			if c.change != nil {
				c.change(msg)
			}
			ctx, _ := f.ctx.CacheContext()
			_, err := f.k.Register(ctx, o.account, msg)
			require.ErrorIs(t, err, c.want)
		})
	}
	f.bond(o, selfBond)
	from, err := f.k.Register(f.ctx, o.account, o.registration())
	require.NoError(t, err)
	require.EqualValues(t, 3, from, "the second term after this one")
	require.True(t, f.accounts.known[string(o.agent)], "the agent has an account")
	_, err = f.k.Register(f.ctx, o.account, o.registration())
	require.ErrorIs(t, err, types.ErrExists)
	_, err = NewMsgServer(f.k).RegisterCandidate(f.ctx, &types.MsgRegisterCandidate{Operator: o.name, Address: "no port"})
	require.ErrorIs(t, err, types.ErrAddress)
}

// C-CAN-6
func TestThereIsRoomForSoManyCandidates(t *testing.T) {
	p := smallParams()
	p.MaxCandidates = 5
	f := newFixture(t, p, 6, 1)
	o := f.operators[5]
	_, err := f.k.Register(f.ctx, o.account, o.registration())
	require.ErrorIs(t, err, types.ErrFull)
	require.NoError(t, f.k.Unregister(f.ctx, f.operators[0].account))
	_, err = f.k.Register(f.ctx, o.account, o.registration())
	require.NoError(t, err)
	f.block()
}

// C-CAN-7
func TestTheVRFKeyOfAMemberIsFrozen(t *testing.T) {
	f := newFixture(t, smallParams(), 12, 0)
	f.toTerm(3)
	o := f.member()
	fresh := *o
	fresh.vrf = newOperator(700).vrf
	msg := &types.MsgUpdateCandidate{Operator: o.name, VrfKey: fresh.registration().VrfKey, VrfKeyProof: fresh.registration().VrfKeyProof}
	_, err := f.k.Update(f.ctx, o.account, msg)
	require.ErrorIs(t, err, types.ErrFrozen)

	f.jail(o)
	f.block()
	left := f.ctx.BlockHeight()
	for f.ctx.BlockHeight() < left+vrfFreezeBlocks {
		_, err = f.k.Update(f.ctx, o.account, msg)
		require.ErrorIs(t, err, types.ErrFrozen, "height %d", f.ctx.BlockHeight())
		f.block()
	}
	_, err = f.k.Update(f.ctx, o.account, msg)
	require.NoError(t, err)
	_, err = f.k.Update(f.ctx, o.account, msg)
	require.ErrorIs(t, err, types.ErrUnchanged)
}

// C-CAN-8
func TestAddressAndAgentChangeWithoutLosingATerm(t *testing.T) {
	f := newFixture(t, smallParams(), 12, 0)
	f.toTerm(3)
	o := f.member()
	from, err := f.k.Update(f.ctx, o.account, &types.MsgUpdateCandidate{Operator: o.name, Address: "node.example.org:26656", Agent: newOperator(800).agent.String()})
	require.NoError(t, err)
	require.EqualValues(t, 1, from)
	c, err := f.k.Candidate(f.ctx, o.account)
	require.NoError(t, err)
	require.Equal(t, "node.example.org:26656", c.Address)
	f.silent[o.name] = true // the fixture would draw by the old agent
	f.hold = true
	f.toHeight(f.term().Open)
	require.ErrorIs(t, f.draw(o), types.ErrAgent)
	o.agent = newOperator(800).agent
	require.NoError(t, f.draw(o))
	_, err = f.k.Update(f.ctx, newOperator(901).account, &types.MsgUpdateCandidate{})
	require.ErrorIs(t, err, types.ErrNotFound)
	require.ErrorIs(t, f.k.Unregister(f.ctx, newOperator(901).account), types.ErrNotFound)
}

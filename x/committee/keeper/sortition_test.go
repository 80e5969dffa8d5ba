package keeper

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/cpchain/cpchain/pkg/election"
	"github.com/cpchain/cpchain/x/committee/types"
)

// message is an operator's valid draw in the running term.
func (f *fixture) message(o *operator) *types.MsgSubmitSortition {
	term := f.term()
	_, proof := o.vrf.Prove(term.Input)
	return &types.MsgSubmitSortition{Agent: o.agent.String(), Operator: o.name, Term: term.Number, Proof: proof}
}

// C-DRW-1, C-DRW-2
func TestForgedDrawsAreRefused(t *testing.T) {
	f := newFixture(t, smallParams(), 12, 1)
	f.toTerm(3)
	f.hold = true
	f.toHeight(f.term().Open)
	o, other := f.operators[0], f.operators[1]
	order := []byte{
		0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
		0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
	}
	for _, c := range []struct {
		name   string
		change func(*types.MsgSubmitSortition)
		want   error
	}{
		{"of another key", func(m *types.MsgSubmitSortition) { _, m.Proof = other.vrf.Prove(f.term().Input) }, types.ErrProof},
		{"for another term's input", func(m *types.MsgSubmitSortition) {
			_, m.Proof = o.vrf.Prove(election.TermInput(testChain, 4, election.Randomness{}))
		}, types.ErrProof},
		{"for another chain", func(m *types.MsgSubmitSortition) {
			r, err := f.k.randomness.Get(f.ctx, uint64(f.term().First-1))
			require.NoError(t, err)
			_, m.Proof = o.vrf.Prove(election.TermInput("test-2", 3, election.Randomness(r.Value)))
		}, types.ErrProof},
		{"of 79 bytes", func(m *types.MsgSubmitSortition) { m.Proof = m.Proof[:79] }, types.ErrProof},
		{"of 81 bytes", func(m *types.MsgSubmitSortition) { m.Proof = append(m.Proof, 0) }, types.ErrProof},
		{"of no bytes", func(m *types.MsgSubmitSortition) { m.Proof = nil }, types.ErrProof},
		{"with a Gamma of small order", func(m *types.MsgSubmitSortition) {
			copy(m.Proof, append([]byte{1}, make([]byte, 31)...))
		}, types.ErrProof},
		{"with a Gamma that is not canonical", func(m *types.MsgSubmitSortition) {
			copy(m.Proof, bytes.Repeat([]byte{0xff}, 32))
		}, types.ErrProof},
		{"with a scalar above the order", func(m *types.MsgSubmitSortition) {
			carry := 0
			for i := range 32 {
				sum := int(m.Proof[48+i]) + int(order[i]) + carry
				m.Proof[48+i], carry = byte(sum), sum>>8
			}
		}, types.ErrProof},
		{"named for the term before", func(m *types.MsgSubmitSortition) { m.Term = 2 }, types.ErrTerm},
		{"named for the term after", func(m *types.MsgSubmitSortition) { m.Term = 4 }, types.ErrTerm},
		{"by another candidate's agent", func(m *types.MsgSubmitSortition) { m.Agent = other.agent.String() }, types.ErrAgent},
		{"by the operator itself", func(m *types.MsgSubmitSortition) { m.Agent = o.name }, types.ErrAgent},
		{"of nobody", func(m *types.MsgSubmitSortition) { m.Operator = f.operators[11].name }, types.ErrNotFound},
		{"of no address", func(m *types.MsgSubmitSortition) { m.Operator = "x" }, types.ErrNotFound},
	} {
		t.Run(c.name, func(t *testing.T) {
			msg := f.message(o)
			c.change(msg)
			require.ErrorIs(t, f.k.StoreSortition(f.ctx, msg), c.want)
		})
	}
	require.NoError(t, f.k.StoreSortition(f.ctx, f.message(o)), "the draw itself counts")
	require.ErrorIs(t, f.k.StoreSortition(f.ctx, f.message(o)), types.ErrDrawn, "and counts once")
	require.ErrorIs(t, f.k.CheckTurn(f.ctx, f.message(o)), types.ErrDrawn)
}

// C-DRW-3
func TestDrawsAreTakenInTheWindowOnly(t *testing.T) {
	f := newFixture(t, smallParams(), 12, 0)
	f.toTerm(3)
	f.hold = true
	term := f.term()
	taken := func() error { return f.k.CheckTurn(f.ctx, f.message(f.operators[0])) }
	for _, c := range []struct {
		height int64
		want   error
	}{{term.Open - 1, types.ErrWindow}, {term.Open, nil}, {term.Close, nil}, {term.Close + 1, types.ErrWindow}} {
		f.toHeight(c.height)
		if c.want == nil {
			require.NoError(t, taken(), "height %d", c.height)
		} else {
			require.ErrorIs(t, taken(), c.want, "height %d", c.height)
		}
	}
}

// C-DRW-4
func TestACandidateOutsideTheSnapshotDoesNotDraw(t *testing.T) {
	f := newFixture(t, smallParams(), 12, 1)
	late := f.operators[11]
	f.toTerm(3)
	_, err := f.k.Register(f.ctx, late.account, late.registration())
	require.NoError(t, err)
	f.hold = true
	f.toHeight(f.term().Open)
	require.ErrorIs(t, f.draw(late), types.ErrIneligible)
	f.hold = false
	f.toTerm(4)
	f.hold = true
	f.toHeight(f.term().Open)
	require.ErrorIs(t, f.draw(late), types.ErrIneligible)
	f.hold = false
	f.toTerm(5)
	f.hold = true
	f.toHeight(f.term().Open)
	require.NoError(t, f.draw(late))
}

// C-DRW-5
func TestADrawThatTheAnteChainDidNotStoreIsRefused(t *testing.T) {
	f := newFixture(t, smallParams(), 12, 0)
	f.toTerm(3)
	f.hold = true
	f.toHeight(f.term().Open)
	server, msg := NewMsgServer(f.k), f.message(f.operators[0])
	_, err := server.SubmitSortition(f.ctx, msg)
	require.ErrorIs(t, err, types.ErrWrapped, "inside authz, say")
	require.NoError(t, f.k.StoreSortition(f.ctx, msg))
	res, err := server.SubmitSortition(f.ctx, msg)
	require.NoError(t, err)
	output, _ := f.operators[0].vrf.Prove(f.term().Input)
	require.Equal(t, election.Draw(output[:], 1_025).Level(), res.Level)
	_, err = server.SubmitSortition(f.ctx.WithBlockHeight(f.ctx.BlockHeight()+1), msg)
	require.ErrorIs(t, err, types.ErrWrapped, "a copy in a later block")
}

// C-RND-1, C-RND-2
func TestRandomnessIsMixedOrSkippedAndNeverFails(t *testing.T) {
	f := newFixture(t, smallParams(), 12, 0)
	f.toTerm(2)
	member, outsider := f.member(), f.outsider()
	for _, c := range []struct {
		name     string
		proposer sdk.ConsAddress
		proof    func(input []byte) []byte
		mixed    bool
		counted  bool
	}{
		{"a member's proof", member.cons(), func(in []byte) []byte { _, p := member.vrf.Prove(in); return p }, true, true},
		{"no proof", member.cons(), func([]byte) []byte { return nil }, false, true},
		{"another key's proof", member.cons(), func(in []byte) []byte { _, p := outsider.vrf.Prove(in); return p }, false, true},
		{"another height's proof", member.cons(), func([]byte) []byte { _, p := member.vrf.Prove([]byte("x")); return p }, false, true},
		{"a short proof", member.cons(), func(in []byte) []byte { _, p := member.vrf.Prove(in); return p[:79] }, false, true},
		{"a candidate that does not sit", outsider.cons(), func(in []byte) []byte { _, p := outsider.vrf.Prove(in); return p }, false, false},
		{"nobody's address", sdk.ConsAddress("nobody-nobody-nobody"), func([]byte) []byte { return nil }, false, false},
		{"no address", nil, func([]byte) []byte { return []byte("x") }, false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			ctx, _ := f.ctx.WithBlockHeight(f.ctx.BlockHeight() + 1).CacheContext()
			previous, err := f.k.newestRandomness(ctx)
			require.NoError(t, err)
			input, err := f.k.BlockInput(ctx, ctx.BlockHeight())
			require.NoError(t, err)
			skippedBefore, proposedBefore := f.proposals(ctx, member)
			require.NoError(t, f.k.Mix(ctx, c.proposer, c.proof(input)))

			want := previous.Skip()
			if c.mixed {
				output, _ := member.vrf.Prove(input)
				want = previous.Mix(output[:])
			}
			seed, err := f.k.Seed(ctx)
			require.NoError(t, err)
			require.Equal(t, want[:], seed)
			skipped, proposed := f.proposals(ctx, member)
			if c.counted {
				proposedBefore++
				if !c.mixed {
					skippedBefore++
				}
			}
			require.Equal(t, [2]uint64{skippedBefore, proposedBefore}, [2]uint64{skipped, proposed})
		})
	}
}

func (f *fixture) proposals(ctx sdk.Context, o *operator) (skipped, proposed uint64) {
	services, err := f.k.services.Get(ctx)
	require.NoError(f.t, err)
	for _, s := range services.Services {
		if s.Operator == o.name {
			return s.Skipped, s.Proposals
		}
	}
	return 0, 0
}

// C-RND-3
func TestAMemberThatHasJustLeftStillProposes(t *testing.T) {
	f := newFixture(t, smallParams(), 12, 0)
	f.toTerm(3)
	o := f.member()
	f.jail(o)
	f.block()
	require.False(t, f.sits(o))
	left := f.ctx.BlockHeight()
	for f.ctx.BlockHeight() < left+vrfFreezeBlocks {
		key, known, err := f.k.ProposerKey(f.ctx, o.cons())
		require.NoError(t, err)
		require.True(t, known, "height %d", f.ctx.BlockHeight())
		require.Equal(t, o.vrf.Public(), key)
		f.block()
	}
	_, known, err := f.k.ProposerKey(f.ctx, o.cons())
	require.NoError(t, err)
	require.False(t, known)
}

// C-RND-4
func TestOldRandomnessIsForgotten(t *testing.T) {
	p := smallParams()
	p.RandomnessBlocks = 20
	f := newFixture(t, p, 5, 0)
	f.blocks(50)
	for height, want := range map[uint64]bool{50: true, 31: true, 30: true, 29: false, 0: false} {
		has, err := f.k.randomness.Has(f.ctx, height)
		require.NoError(t, err)
		require.Equal(t, want, has, "height %d", height)
	}
}

// C-SRV-1
func TestReputationHearsWhatMembersDid(t *testing.T) {
	f := newFixture(t, smallParams(), 12, 0)
	f.toTerm(3)
	f.reputation.heard = nil
	skipper := f.member()
	f.skip[skipper.name] = true
	f.toTerm(4)
	for _, o := range f.operators {
		if o == skipper {
			require.Contains(t, f.reputation.heard, o.name+" signed 20 of 20 blocks, proposed 4, 4 of them without randomness")
		}
	}
	require.Len(t, f.reputation.heard, 5, "each member once")
	require.EqualValues(t, 4, f.reputation.term)
	require.Contains(t, f.reputation.bonds, skipper.name+" has 1000000000 ucpc bonded with its own validator")
}

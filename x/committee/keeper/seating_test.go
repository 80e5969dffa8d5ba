package keeper

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	cmttypes "github.com/cometbft/cometbft/types"
	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"

	slashingtypes "github.com/cosmos/cosmos-sdk/x/slashing/types"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"

	"github.com/cpchain/cpchain/pkg/election"
	"github.com/cpchain/cpchain/x/committee/types"
)

// quietAfter so many blocks of a term without changes, members are not looked up again.
const quietAfter = 3

// C-SEA-1: what it costs to know of all of them.
func TestMembersAreLookedUpWhereSomethingMayHaveChangedAndNotOtherwise(t *testing.T) {
	f := newFixture(t, smallParams(), 12, 0)
	f.toTerm(3)
	f.blocks(quietAfter)
	lookups := func() int {
		before := f.bonds.lookups
		f.block()
		return f.bonds.lookups - before
	}
	members := len(f.seated())
	require.Zero(t, lookups(), "a quiet block")
	f.change(f.operators[11], func(v *stakingtypes.Validator) { v.Tokens = v.Tokens.AddRaw(1) })
	require.Equal(t, members, lookups(), "a validator changed, whoever it is")
	require.Equal(t, members, lookups(), "and once more, should the end of that block have changed some")
	require.Zero(t, lookups())
	f.toHeight(f.term().Close)
	require.Equal(t, members, lookups(), "draws were missed")
}

// C-SEA-1
func TestAnUnfitMemberLosesItsSeatInTheSameBlockAndTheReserveFillsIt(t *testing.T) {
	for _, c := range []struct {
		name   string
		harm   func(*fixture, *operator)
		reason types.Reason
		heard  string
	}{
		{"jailed", (*fixture).jail, types.REASON_NOT_BONDED, "lost its seat: its validator was jailed or unbonded"},
		{"unbonding", func(f *fixture, o *operator) {
			f.change(o, func(v *stakingtypes.Validator) { v.Status = stakingtypes.Unbonding })
		}, types.REASON_NOT_BONDED, "lost its seat: its validator was jailed or unbonded"},
		{"gone from x/staking", func(f *fixture, o *operator) { delete(f.bonds.rows, string(o.account)) }, types.REASON_NOT_BONDED, "lost its seat: its validator was jailed or unbonded"},
		{"made anew with another key", func(f *fixture, o *operator) {
			other := newOperator(999)
			other.account, other.name = o.account, o.name
			f.bond(other, selfBond)
		}, types.REASON_NOT_BONDED, "lost its seat: its validator was jailed or unbonded"},
		{"tombstoned", func(f *fixture, o *operator) {
			f.jail(o) // x/evidence does both
			f.signers.infos[string(o.cons())] = slashingtypes.ValidatorSigningInfo{Tombstoned: true}
		}, types.REASON_TOMBSTONED, "signed two blocks of one height"},
		{"below the reputation threshold", func(f *fixture, o *operator) { f.reputation.scores[string(o.account)] = 499 }, types.REASON_REPUTATION, ""},
		{"with too little of its own bonded", func(f *fixture, o *operator) {
			f.change(o, func(v *stakingtypes.Validator) {
				v.Tokens, v.DelegatorShares = math.NewInt(999), math.LegacyNewDec(999)
			})
		}, types.REASON_SELF_BOND, "lost its seat: its own bond fell below the least"},
		{"unregistered", func(f *fixture, o *operator) { require.NoError(f.t, f.k.Unregister(f.ctx, o.account)) }, types.REASON_LEFT, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newFixture(t, smallParams(), 12, 0)
			f.toTerm(3)
			f.blocks(quietAfter) // nobody is looked up without a cause
			o := f.member()
			reserve := f.reserveNow()
			c.harm(f, o)
			reserve = slices.DeleteFunc(reserve, func(name string) bool { return name == o.name })
			f.block()
			require.False(t, f.sits(o))
			require.Contains(t, f.seated(), reserve[0], "the first of the reserve enters in the same block")
			if c.heard != "" {
				require.Contains(t, f.reputation.heard, o.name+" "+c.heard)
			}

			boundary, err := f.k.boundaries.Get(f.ctx, uint64(f.ctx.BlockHeight()))
			require.NoError(t, err)
			require.Equal(t, []types.Change{{Operator: o.name, Reason: c.reason}}, boundary.Left)
			require.Equal(t, []types.Change{{Operator: reserve[0], Reason: types.REASON_FILLED}}, boundary.Came)
		})
	}
}

func (f *fixture) reserveNow() []string {
	res, err := NewQueryServer(f.k).Reserve(f.ctx, &types.QueryReserveRequest{})
	require.NoError(f.t, err)
	return res.Operators
}

// C-SEA-2
func TestAMemberThatDoesNotSignIsReplacedAndReturnsByParole(t *testing.T) {
	f := newFixture(t, smallParams(), 12, 0)
	f.toTerm(3)
	o := f.member()
	f.away[o.name] = true
	left := f.ctx.BlockHeight()
	for f.sits(o) {
		f.block()
		require.Less(t, f.ctx.BlockHeight(), left+20)
	}
	require.EqualValues(t, 9, f.ctx.BlockHeight()-left, "eight blocks may be missed in a row")
	term := f.term().Number
	candidate, err := f.k.Candidate(f.ctx, o.account)
	require.NoError(t, err)
	require.Equal(t, &types.Removal{Term: term, Height: f.ctx.BlockHeight(), Reason: types.REASON_ABSENT, ParoleUntil: term + 3}, candidate.Removal)

	f.away[o.name] = false
	for number := f.term().Number; number <= term+2; number++ {
		require.False(t, f.sits(o), "on parole in term %d", number)
		f.toTerm(number + 1)
	}
	for range 40 {
		f.toTerm(f.term().Number + 1)
		if f.sits(o) {
			return
		}
	}
	t.Fatal("it never came back")
}

// C-SEA-3
func TestAMemberThatMissesTwoDrawsLeaves(t *testing.T) {
	f := newFixture(t, smallParams(), 12, 0)
	f.toTerm(3)
	o := f.member()
	f.silent[o.name] = true
	f.toHeight(f.term().Close)
	f.block()
	require.True(t, f.sits(o), "one draw may be missed")
	f.toTerm(4)
	require.True(t, f.sits(o), "its seat was not up for election")
	f.toHeight(f.term().Close)
	f.block()
	require.False(t, f.sits(o))
	require.Contains(t, f.reputation.heard, o.name+" lost its seat: it missed two draws in a row")
}

// C-SEA-4
func TestNewcomersStayWithinTheBudgetOfATermAndRemovalsDoNot(t *testing.T) {
	p := smallParams()
	p.Seats, p.TermBlocks, p.DrawCloseBlocks, p.MinSeats = 10, 40, 20, 4
	f := newFixture(t, p, 30, 0)
	f.toTerm(3)
	f.block()
	for _, name := range f.seated()[:6] {
		for _, o := range f.operators {
			if o.name == name {
				f.jail(o)
			}
		}
	}
	f.block()
	require.Len(t, f.seated(), 4+election.Additions(10), "six left at once, three may enter")
	f.toTerm(4)
	require.Len(t, f.seated(), 7, "the budget is spent until the term ends")
	f.toTerm(5)
	require.Len(t, f.seated(), 10)
}

// C-SEA-5
func TestTheSetIsNeverEmptyAndMinSeatsGoBeforeTheBudget(t *testing.T) {
	f := newFixture(t, smallParams(), 12, 0)
	f.toTerm(3)
	for _, o := range f.operators[:8] {
		f.jail(o)
	}
	f.block()
	require.Len(t, f.seated(), 4, "four are left to sit")
	for _, o := range f.operators[8:] {
		f.jail(o)
	}
	f.block()
	require.NotEmpty(t, f.seated(), "without a member there is no next block")
	f.blocks(30)
	require.NotEmpty(t, f.seated())
	for _, o := range f.operators {
		f.unjail(o)
	}
	f.blocks(2 * 20)
	require.GreaterOrEqual(t, len(f.seated()), 4)
	for _, o := range f.operators {
		if f.sits(o) {
			require.True(t, f.bonds.rows[string(o.account)].IsBonded())
		}
	}
}

// C-SEA-6
func TestNobodySitsWithoutSigningInfo(t *testing.T) {
	f := newFixture(t, smallParams(), 12, 0)
	f.toTerm(3)
	strange := f.outsider()
	delete(f.signers.infos, string(strange.cons()))
	f.reputation.scores[string(strange.account)] = 10_000
	for range 30 {
		f.toTerm(f.term().Number + 1)
		require.False(t, f.sits(strange))
	}
}

// C-SEA-7
func TestEverySeatHasTheSamePowerToAThousandthWhateverTheStake(t *testing.T) {
	f := newFixture(t, smallParams(), 12, 0)
	f.change(f.operators[0], func(v *stakingtypes.Validator) { v.Tokens = math.NewInt(1 << 50) })
	f.toTerm(8)
	powers := map[int64]bool{}
	for _, v := range f.set.Validators {
		require.InDelta(t, 1.0005*election.EqualPower, v.VotingPower, 0.0005*election.EqualPower)
		powers[v.VotingPower] = true
	}
	require.Greater(t, len(powers), 1, "ties would be broken by addresses, which can be chosen")
}

// C-SEA-8
func TestTheNumberOfSeatsFollowsItsParam(t *testing.T) {
	f := newFixture(t, smallParams(), 20, 0)
	f.toTerm(3)
	p := smallParams()
	p.Seats, p.TermBlocks = 8, 40
	server := NewMsgServer(f.k)
	_, err := server.UpdateParams(f.ctx, &types.MsgUpdateParams{Authority: testAuthority, Params: p})
	require.NoError(t, err)
	f.toTerm(7)
	require.Len(t, f.seated(), 8)
	p.Seats = 5
	_, err = server.UpdateParams(f.ctx, &types.MsgUpdateParams{Authority: testAuthority, Params: p})
	require.NoError(t, err)
	f.toTerm(8)
	require.Len(t, f.seated(), 7, "by a cohort for each term")
	f.toTerm(11)
	require.Len(t, f.seated(), 5)
	_, err = server.UpdateParams(f.ctx, &types.MsgUpdateParams{Authority: "somebody", Params: p})
	require.ErrorIs(t, err, types.ErrAuthority)
}

// C-GEN-2
func TestAGenesisWithoutCandidatesSeatsTheBondedValidators(t *testing.T) {
	f := newFixture(t, smallParams(), 3, 3)
	require.Len(t, f.seated(), 3)
	f.blocks(100)
	require.Len(t, f.seated(), 3, "they stay without drawing")
	require.NotContains(t, fmt.Sprint(f.reputation.heard), "lost")
	f.jail(f.operators[1])
	f.block()
	require.Len(t, f.seated(), 2)
	f.unjail(f.operators[1])
	f.block()
	require.Len(t, f.seated(), 3, "under min_seats any bonded validator sits")
}

// C-SEA-9: whatever happens to validators, at every block the updates are what CometBFT takes, somebody sits, and the invariants hold.
func TestRandomLifeCycles(t *testing.T) {
	for seed := range uint64(2) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			p := smallParams()
			p.AbsentBlocks = 3
			f := newFixture(t, p, 18, 4)
			rng := rand.New(rand.NewPCG(seed, 7))
			for range 2_000 {
				f.disturb(rng)
				f.block()
				if rng.IntN(50) == 0 {
					require.NoError(t, f.k.CheckInvariants(f.ctx))
				}
			}
		})
	}
}

// disturb does something to somebody.
func (f *fixture) disturb(rng *rand.Rand) {
	o := f.operators[rng.IntN(len(f.operators))]
	_, exists := f.bonds.rows[string(o.account)]
	switch rng.IntN(24) {
	case 0:
		if exists {
			f.jail(o)
		}
	case 1, 2:
		if exists {
			f.unjail(o)
		}
	case 3:
		f.away[o.name] = !f.away[o.name]
	case 4:
		f.silent[o.name] = !f.silent[o.name]
	case 5:
		f.skip[o.name] = !f.skip[o.name]
	case 6:
		if exists {
			tokens := rng.Int64N(2 * selfBond)
			f.change(o, func(v *stakingtypes.Validator) {
				v.Tokens, v.DelegatorShares = math.NewInt(tokens), math.LegacyNewDec(max(1, tokens))
			})
		}
	case 7:
		if !f.sits(o) {
			delete(f.bonds.rows, string(o.account))
		}
	case 8, 9:
		if !exists {
			f.bond(o, selfBond)
		}
	case 10:
		f.reputation.scores[string(o.account)] = rng.Uint32N(10_001)
	case 11:
		_ = f.k.Unregister(f.ctx, o.account) // it may not be registered: the chain refuses it then
	case 12, 13:
		_, _ = f.k.Register(f.ctx, o.account, o.registration()) // it may be registered, jailed or gone
	case 14:
		if rng.IntN(10) == 0 { // a great part at once
			for _, each := range f.operators {
				if _, found := f.bonds.rows[string(each.account)]; found && rng.IntN(10) < 4 {
					f.jail(each)
				}
			}
		}
	case 15:
		if !f.sits(o) {
			fresh := newOperator(int(rng.Uint32N(1_000_000)) + 1_000)
			again := *o
			again.vrf = fresh.vrf
			msg := again.registration()
			if _, err := f.k.Update(f.ctx, o.account, &types.MsgUpdateCandidate{Operator: o.name, VrfKey: msg.VrfKey, VrfKeyProof: msg.VrfKeyProof}); err == nil {
				o.vrf = fresh.vrf
			}
		}
	}
}

func TestDiffIsWhatCometBFTTakes(t *testing.T) {
	seat := func(i int) types.Seat {
		o := newOperator(i)
		return types.Seat{Operator: o.name, ConsensusKey: o.consensus.PubKey().Bytes(), Power: election.EqualPower}
	}
	before := []types.Seat{seat(1), seat(2), {}, seat(3)}
	after := []types.Seat{seat(3), {}, seat(4), seat(5)}
	first, err := cmttypes.PB2TM.ValidatorUpdates(diff(nil, before))
	require.NoError(t, err)
	set := cmttypes.NewValidatorSet(first)
	changes, err := cmttypes.PB2TM.ValidatorUpdates(diff(before, after))
	require.NoError(t, err)
	require.Len(t, changes, 4)
	require.NoError(t, set.UpdateWithChangeSet(changes))
	require.Equal(t, 3, set.Size())
	require.Empty(t, diff(after, slices.Clone(after)))
}

// C-SEA-5: who is kept for want of others is slashed by what it has, not by what it had.
func TestAMemberKeptForWantOfOthersHasTheStakeAndKeyItHas(t *testing.T) {
	f := newFixture(t, smallParams(), 4, 0)
	f.blocks(3)
	for _, o := range f.operators {
		f.jail(o)
		f.change(o, func(v *stakingtypes.Validator) { v.Tokens = math.NewInt(selfBond / 2) })
	}
	f.block()
	require.Len(t, f.seated(), 4, "nobody else could sit")
	for _, o := range f.operators {
		tokens, known, err := f.k.TokensAt(f.ctx, o.cons(), f.ctx.BlockHeight())
		require.NoError(t, err)
		require.True(t, known)
		require.Equal(t, math.NewInt(selfBond/2), tokens)
	}
	require.NoError(t, f.k.CheckInvariants(f.ctx))

	clear(f.bonds.rows) // all bonds were paid out
	f.blocks(2 * int(smallParams().TermBlocks))
	require.Len(t, f.seated(), 4, "also those whose validator is gone")
	back, old := f.operators[2], f.operators[2].cons()
	back.consensus = newOperator(99).consensus
	f.bond(back, selfBond)
	f.blocks(2)
	require.Equal(t, []string{back.name}, f.seated())
	require.True(t, f.set.HasAddress(back.cons().Bytes()))
	require.False(t, f.set.HasAddress(old.Bytes()))
}

package keeper

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/collections"

	"github.com/cpchain/cpchain/pkg/election"
	"github.com/cpchain/cpchain/x/committee/types"
)

func joinTerm(term uint64, operator []byte) collections.Pair[uint64, []byte] {
	return collections.Join(term, operator)
}

// C-TRM-1
func TestTheFirstTermHasNoElection(t *testing.T) {
	f := newFixture(t, smallParams(), 12, 0)
	require.Empty(t, f.term().Input)
	before := f.seated()
	f.block()
	require.ErrorIs(t, f.draw(f.operators[0]), types.ErrWindow)
	f.toTerm(2)
	require.Equal(t, before, f.seated())
	require.Len(t, f.term().Input, 32)
}

// C-TRM-2
func TestEachTermElectsOneCohortByTheRanksOfItsDraws(t *testing.T) {
	f := newFixture(t, smallParams(), 15, 0)
	f.toTerm(2)
	for range 12 {
		term, before := f.term(), f.seated()
		f.toHeight(term.Last - 1)
		require.Equal(t, before, f.seated(), "nothing changes within a term")
		want := f.electAnew(term, before)
		f.block()
		require.Equal(t, want, f.seated(), "term %d", term.Number)
	}
}

// electAnew computes the next seats from what queries show, without the keeper's own election.
func (f *fixture) electAnew(term types.Term, seats []string) []string {
	var tickets []election.Ticket
	for _, o := range f.operators {
		snapshot, err := f.k.snapshots.Get(f.ctx, joinTerm(term.Number, o.account))
		require.NoError(f.t, err)
		output, _ := o.vrf.Prove(term.Input)
		tickets = append(tickets, election.Ticket{Operator: o.name, Output: output[:], Weight: snapshot.Weight})
	}
	from, to := cohortSeats(len(seats), int(term.Number)%election.Cohorts(len(seats)))
	others := slices.Concat(seats[:from], seats[to:])
	next := slices.Clone(seats)
	for _, name := range election.Operators(election.Rank(tickets)) {
		if to-from != 1 {
			f.t.Fatal("written for one seat a cohort")
		}
		if !slices.Contains(others, name) {
			next[from] = name
			return next
		}
	}
	return next
}

// C-TRM-3
func TestTheInputOfATermIsTheRandomnessOfTheBlockBeforeIt(t *testing.T) {
	f := newFixture(t, smallParams(), 8, 0)
	f.toTerm(3)
	r, err := f.k.randomness.Get(f.ctx, uint64(f.term().First-1))
	require.NoError(t, err)
	require.Equal(t, election.TermInput(testChain, 3, election.Randomness(r.Value)), f.term().Input)
}

// C-TRM-4
func TestKeysAndWeightsAreFixedATermAhead(t *testing.T) {
	f := newFixture(t, smallParams(), 12, 1)
	f.toTerm(4)
	outsider := f.outsider()
	late := f.operators[11]

	// a new weight counts from the second term on
	f.reputation.scores[string(outsider.account)] = 10_000
	// so do a new key and a new candidate: neither can be made to fit an input that is known
	from, err := f.k.Register(f.ctx, late.account, late.registration())
	require.NoError(t, err)
	require.EqualValues(t, 6, from)
	fresh := *outsider
	fresh.vrf = newOperator(1000).vrf
	again := fresh.registration()
	from, err = f.k.Update(f.ctx, fresh.account, &types.MsgUpdateCandidate{Operator: fresh.name, VrfKey: again.VrfKey, VrfKeyProof: again.VrfKeyProof})
	require.NoError(t, err)
	require.EqualValues(t, 6, from)

	weight := func(term uint64, o *operator) (types.Snapshot, error) {
		return f.k.snapshots.Get(f.ctx, joinTerm(term, o.account))
	}
	for _, term := range []uint64{4, 5} {
		s, err := weight(term, outsider)
		require.NoError(t, err, "term %d", term)
		old := outsider.vrf.Public()
		require.Equal(t, old[:], s.VrfKey, "term %d", term)
		require.EqualValues(t, 1_025, s.Weight, "term %d", term)
		_, err = weight(term, late)
		require.ErrorIs(t, err, collections.ErrNotFound)
	}
	f.hold = true
	f.toHeight(f.term().Open)
	_, proof := fresh.vrf.Prove(f.term().Input)
	msg := &types.MsgSubmitSortition{Agent: fresh.agent.String(), Operator: fresh.name, Term: 4, Proof: proof}
	require.ErrorIs(t, f.k.StoreSortition(f.ctx, msg), types.ErrProof, "the new key does not draw yet")
	require.NoError(t, f.draw(outsider), "the key of the snapshot does")
	f.hold = false

	f.toTerm(5)
	s, err := weight(6, outsider)
	require.NoError(t, err)
	require.Equal(t, again.VrfKey, s.VrfKey)
	require.EqualValues(t, 1_250, s.Weight)
	_, err = weight(6, late)
	require.NoError(t, err)
}

// outsider is a candidate that has no seat.
func (f *fixture) outsider() *operator {
	for _, o := range f.operators {
		if !f.sits(o) {
			return o
		}
	}
	f.t.Fatal("everybody sits")
	return nil
}

// member is a candidate that has a seat which is not up at the end of this term.
func (f *fixture) member() *operator {
	seats := f.committee().Seats
	at := (cohortOf(f.term().Number, len(seats)) + 2) % len(seats)
	for _, o := range f.operators {
		if o.name == seats[at].Operator {
			return o
		}
	}
	f.t.Fatal("nobody sits")
	return nil
}

// C-TRM-5
func TestWithoutAQuorumACohortIsKeptOnce(t *testing.T) {
	f := newFixture(t, smallParams(), 14, 0)
	onlyFourDraw := func() {
		clear(f.silent)
		drawing := 0
		for _, o := range f.operators {
			if f.sits(o) || drawing == 4 {
				f.silent[o.name] = true
			} else {
				drawing++
			}
		}
	}
	f.toTerm(4)
	before := f.seated()
	onlyFourDraw()
	f.toTerm(5)
	require.Equal(t, before, f.seated(), "four of fourteen that were active, for five seats")
	cohort := cohortOf(4, 5)
	require.EqualValues(t, 4, f.committee().Extended[cohort])
	require.Contains(t, f.reputation.heard, before[0]+" did not draw in term 4")

	clear(f.silent)
	f.toTerm(9)
	incumbent := f.seated()[cohort]
	onlyFourDraw()
	f.toTerm(10)
	require.NotEqual(t, incumbent, f.seated()[cohort], "those that keep silent can't freeze a seat twice")
	require.Zero(t, f.committee().Extended[cohort])
}

// C-TRM-6
func TestEveryCandidateWinsWithin200Terms(t *testing.T) {
	p := smallParams()
	p.WeightMax = 3 * p.WeightMin // so that reputation is seen in so few terms
	f := newFixture(t, p, 25, 0)
	for i, o := range f.operators {
		f.reputation.scores[string(o.account)] = uint32(i) * 400 // 0 to 9600, below the threshold 500 the first two
	}
	won := map[string]int{}
	last := map[string]bool{} // the first members sit without an election: that is no win
	for _, name := range f.seated() {
		last[name] = true
	}
	for f.term().Number <= 201 {
		term := f.term().Number
		f.toTerm(term + 1)
		now := map[string]bool{}
		for _, name := range f.seated() {
			now[name] = true
			if !last[name] {
				won[name]++
			}
		}
		last = now
	}
	for i, o := range f.operators {
		if i < 2 {
			continue // below the threshold
		}
		require.Positive(t, won[o.name], "operator %d with reputation %d", i, i*400)
	}
	require.Greater(t, won[f.operators[24].name]+won[f.operators[23].name]+won[f.operators[22].name],
		won[f.operators[2].name]+won[f.operators[3].name]+won[f.operators[4].name], "reputation counts")
}

// C-TRM-7
func TestOldTermsAreForgotten(t *testing.T) {
	f := newFixture(t, smallParams(), 12, 0)
	f.toTerm(6)
	terms := map[uint64]int{}
	require.NoError(t, f.k.snapshots.Walk(f.ctx, nil, func(key collections.Pair[uint64, []byte], _ types.Snapshot) (bool, error) {
		terms[key.K1()]++
		return false, nil
	}))
	require.Equal(t, map[uint64]int{5: 12, 6: 12, 7: 12}, terms)
}

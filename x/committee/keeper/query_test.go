package keeper

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/cosmos/cosmos-sdk/types/query"

	"github.com/cpchain/cpchain/pkg/election"
	"github.com/cpchain/cpchain/x/committee/types"
)

func TestQueriesShowAllThatAnElectionTakes(t *testing.T) {
	f := newFixture(t, smallParams(), 12, 1)
	f.toTerm(4)
	f.toHeight(f.term().Close)
	q := NewQueryServer(f.k)

	committee, err := q.Committee(f.ctx, &types.QueryCommitteeRequest{})
	require.NoError(t, err)
	require.Len(t, committee.Members, 5)
	for i, m := range committee.Members {
		require.Equal(t, f.seated()[i], m.Operator)
		require.Len(t, m.NodeId, 40)
		require.Equal(t, "192.0.2.1:26656", m.Address)
		require.NotZero(t, m.Level)
		o := f.byCons(consAddress(m.ConsensusKey))
		require.Equal(t, fmt.Sprintf("%X", []byte(o.cons())), m.ConsensusAddress)
	}
	draws, err := q.Draws(f.ctx, &types.QueryDrawsRequest{})
	require.NoError(t, err)
	require.Len(t, draws.Drawers, 11)
	var tickets []election.Ticket
	for _, d := range draws.Drawers {
		require.NotNil(t, d.Draw)
		tickets = append(tickets, election.Ticket{Operator: d.Operator, Output: d.Draw.Output, Weight: d.Snapshot.Weight})
	}
	levels, err := q.Levels(f.ctx, &types.QueryLevelsRequest{})
	require.NoError(t, err)
	require.EqualValues(t, 4, levels.Term)
	for i, r := range election.Rank(tickets) {
		require.Equal(t, r.Operator, levels.Ranks[i].Operator)
		require.Equal(t, r.Score.Level(), levels.Ranks[i].Level)
	}
	two, err := q.Levels(f.ctx, &types.QueryLevelsRequest{Term: 3, Pagination: &query.PageRequest{Limit: 2}})
	require.NoError(t, err)
	require.Len(t, two.Ranks, 2)
	reserve, err := q.Reserve(f.ctx, &types.QueryReserveRequest{})
	require.NoError(t, err)
	require.Len(t, reserve.Operators, 6, "eleven drew, five sit")

	turn, err := q.Turn(f.ctx, &types.QueryTurnRequest{Operator: f.operators[0].name})
	require.NoError(t, err)
	require.True(t, turn.Drawn)
	require.NotNil(t, turn.Snapshot)
	turn, err = q.Turn(f.ctx, &types.QueryTurnRequest{Operator: f.operators[11].name})
	require.NoError(t, err)
	require.Equal(t, "it is not registered as a candidate", turn.Reason)

	byAgent, err := q.CandidateByAgent(f.ctx, &types.QueryCandidateByAgentRequest{Agent: f.operators[3].agent.String()})
	require.NoError(t, err)
	require.Equal(t, f.operators[3].name, byAgent.Candidate.Operator)
	list, err := q.Candidates(f.ctx, &types.QueryCandidatesRequest{})
	require.NoError(t, err)
	require.Len(t, list.Candidates, 11)
	r, err := q.Randomness(f.ctx, &types.QueryRandomnessRequest{})
	require.NoError(t, err)
	require.Equal(t, f.ctx.BlockHeight(), r.Height)

	for _, absent := range []func() error{
		func() error {
			_, err := q.Candidate(f.ctx, &types.QueryCandidateRequest{Operator: f.operators[11].name})
			return err
		},
		func() error {
			_, err := q.CandidateByAgent(f.ctx, &types.QueryCandidateByAgentRequest{Agent: f.operators[11].agent.String()})
			return err
		},
		func() error {
			_, err := q.Randomness(f.ctx, &types.QueryRandomnessRequest{Height: 1 << 40})
			return err
		},
	} {
		require.Equal(t, codes.NotFound, status.Code(absent()))
	}
	_, err = q.Why(f.ctx, &types.QueryWhyRequest{Operator: "x"})
	require.Equal(t, codes.InvalidArgument, status.Code(err))
}

func TestWhyTellsTheStory(t *testing.T) {
	f := newFixture(t, smallParams(), 12, 1)
	f.toTerm(4)
	why := func(o *operator) string {
		res, err := NewQueryServer(f.k).Why(f.ctx, &types.QueryWhyRequest{Operator: o.name})
		require.NoError(t, err)
		require.Equal(t, f.sits(o), res.Member)
		return strings.Join(res.Sentences, "\n")
	}
	o, outsider := f.member(), f.outsider()
	require.Contains(t, why(o), "It has seat")
	require.Contains(t, why(o), "up for election at the end of every 5 terms")
	require.Contains(t, why(outsider), "It has no seat.\nIn term 4 it has not drawn, with weight 1025.\nIn term 3 it drew level")
	require.Contains(t, why(f.operators[11]), "not registered")
	f.reputation.scores[string(o.account)] = 100
	f.block()
	require.Contains(t, why(o), "because its reputation fell below the threshold")
	f.toTerm(5)
	require.Contains(t, why(o), "It does not draw in term 6: it lost its seat in term 4 and is on parole until term 7.")
}

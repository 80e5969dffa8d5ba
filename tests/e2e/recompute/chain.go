package main

import (
	"bytes"
	"context"
	"fmt"

	"github.com/cometbft/cometbft/crypto/ed25519"
	rpcclient "github.com/cometbft/cometbft/rpc/client"
	rpchttp "github.com/cometbft/cometbft/rpc/client/http"
	"github.com/cosmos/gogoproto/proto"

	"github.com/cosmos/cosmos-sdk/types/bech32"
	"github.com/cosmos/cosmos-sdk/types/query"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"

	committee "github.com/cpchain/cpchain/x/committee/types"
	reputation "github.com/cpchain/cpchain/x/reputation/types"
)

const (
	// page is the most that the chain gives at once.
	page = 200
	// randomnessTag starts the first entry of a block that has a proof.
	randomnessTag = "\xffcpchain/randomness/v1"
)

// chain is asked as of heights.
type chain struct {
	rpc    *rpchttp.HTTP
	id     string
	newest int64
	params committee.Params
}

// ask sends a gRPC query as of a height through CometBFT's RPC.
func (c *chain) ask(ctx context.Context, height int64, method string, in, out proto.Message) error {
	raw, err := proto.Marshal(in)
	if err != nil {
		return err
	}
	res, err := c.rpc.ABCIQueryWithOptions(ctx, method, raw, rpcclient.ABCIQueryOptions{Height: height})
	if err != nil {
		return fmt.Errorf("%s at %d: %w", method, height, err)
	}
	if res.Response.Code != 0 {
		return fmt.Errorf("%s at %d: %s", method, height, res.Response.Log)
	}
	return proto.Unmarshal(res.Response.Value, out)
}

const (
	committeeQuery  = "/cpchain.committee.v1.Query/"
	reputationQuery = "/cpchain.reputation.v1.Query/"
	stakingQuery    = "/cosmos.staking.v1beta1.Query/"
)

// terms recomputes every election that has ended.
func (c *chain) terms(ctx context.Context, res *result) error {
	var params committee.QueryParamsResponse
	if err := c.ask(ctx, c.newest, committeeQuery+"Params", &committee.QueryParamsRequest{}, &params); err != nil {
		return err
	}
	c.params = params.Params
	for first := int64(1); ; {
		var t committee.QueryTermResponse
		if err := c.ask(ctx, first, committeeQuery+"Term", &committee.QueryTermRequest{}, &t); err != nil {
			return err
		}
		if t.Term.Last > c.newest {
			return nil
		}
		if len(t.Term.Input) > 0 {
			if err := c.term(ctx, t.Term, res); err != nil {
				return err
			}
		}
		first = t.Term.Last + 1
	}
}

func (c *chain) term(ctx context.Context, t committee.Term, res *result) error {
	mixed, err := c.mixed(ctx, t.Last)
	if err != nil {
		return err
	}
	if mixed {
		res.Unclear++
		return nil
	}
	e, err := c.election(ctx, t)
	if err != nil {
		return err
	}
	if err := e.check(); err != nil {
		return err
	}
	res.Terms++
	res.Draws += len(e.ranking)
	return nil
}

// mixed says whether seats were emptied or filled in the very block that elected: the winners can't be told from the others then.
func (c *chain) mixed(ctx context.Context, height int64) (bool, error) {
	var res committee.QueryBoundariesResponse
	if err := c.ask(ctx, height, committeeQuery+"Boundaries", &committee.QueryBoundariesRequest{Pagination: &query.PageRequest{Limit: 1}}, &res); err != nil {
		return false, err
	}
	for _, b := range res.Boundaries {
		for _, change := range append(b.Came, b.Left...) {
			if b.Height == height && change.Reason != committee.REASON_ELECTED {
				return true, nil
			}
		}
	}
	return false, nil
}

// election reads all that a term's election goes by.
func (c *chain) election(ctx context.Context, t committee.Term) (*election, error) {
	e := &election{chainID: c.id, term: t.Number, input: t.Input}
	var r committee.QueryRandomnessResponse
	if err := c.ask(ctx, t.First, committeeQuery+"Randomness", &committee.QueryRandomnessRequest{Height: t.First - 1}, &r); err != nil {
		return nil, err
	}
	e.randomness = r.Randomness.Value

	var draws committee.QueryDrawsResponse
	if err := c.ask(ctx, t.Last, committeeQuery+"Draws", &committee.QueryDrawsRequest{Term: t.Number, Pagination: &query.PageRequest{Limit: page}}, &draws); err != nil {
		return nil, err
	}
	for _, d := range draws.Drawers {
		one := drawn{operator: d.Operator, key: d.Snapshot.VrfKey, weight: d.Snapshot.Weight}
		if d.Draw != nil {
			one.proof = d.Draw.Proof
		}
		e.draws = append(e.draws, one)
	}
	var levels committee.QueryLevelsResponse
	if err := c.ask(ctx, t.Last, committeeQuery+"Levels", &committee.QueryLevelsRequest{Term: t.Number, Pagination: &query.PageRequest{Limit: page}}, &levels); err != nil {
		return nil, err
	}
	for _, rank := range levels.Ranks {
		e.ranking, e.scores = append(e.ranking, rank.Operator), append(e.scores, rank.Score)
	}
	if len(e.ranking) < int(c.params.Seats) {
		return nil, fmt.Errorf("term %d: only %d drew for %d seats: its cohort may have been kept, which is not recomputed", t.Number, len(e.ranking), c.params.Seats)
	}
	return e, c.seats(ctx, t, e)
}

// seats reads who sat, who sits, and who was fit to.
func (c *chain) seats(ctx context.Context, t committee.Term, e *election) error {
	var err error
	if e.before, err = c.committee(ctx, t.Last-1); err != nil {
		return err
	}
	if e.after, err = c.committee(ctx, t.Last); err != nil {
		return err
	}
	var before committee.QueryTermResponse
	if err := c.ask(ctx, t.Last-1, committeeQuery+"Term", &committee.QueryTermRequest{}, &before); err != nil {
		return err
	}
	seats := int(c.params.Seats)
	e.budget = max(0, max(max(1, seats/5)+1, seats*3/10)-int(before.Term.Additions))
	e.fit, err = c.fit(ctx, t, e.ranking)
	return err
}

func (c *chain) committee(ctx context.Context, height int64) ([]seat, error) {
	var res committee.QueryCommitteeResponse
	if err := c.ask(ctx, height, committeeQuery+"Committee", &committee.QueryCommitteeRequest{}, &res); err != nil {
		return nil, err
	}
	size := int(c.params.Seats)
	of := max(1, size/5)
	seats := make([]seat, size)
	for i := range seats {
		seats[i].cohort = i / of
	}
	for _, m := range res.Members {
		if int(m.Cohort) != seats[m.Seat].cohort {
			return nil, fmt.Errorf("seat %d is of cohort %d, the chain says %d", m.Seat, seats[m.Seat].cohort, m.Cohort)
		}
		seats[m.Seat].operator = m.Operator
	}
	return seats, nil
}

// fit asks the modules that know: bonded and not jailed, registered and not on parole, enough reputation.
func (c *chain) fit(ctx context.Context, t committee.Term, operators []string) (map[string]bool, error) {
	fit := make(map[string]bool)
	for _, operator := range operators {
		prefix, account, err := bech32.DecodeAndConvert(operator)
		if err != nil {
			return nil, err
		}
		validator, err := bech32.ConvertAndEncode(prefix+"valoper", account)
		if err != nil {
			return nil, err
		}
		var v stakingtypes.QueryValidatorResponse
		if err := c.ask(ctx, t.Last, stakingQuery+"Validator", &stakingtypes.QueryValidatorRequest{ValidatorAddr: validator}, &v); err != nil {
			return nil, err
		}
		var s reputation.QueryScoreResponse
		// as of the block before: the end of the term's last block has settled scores for the next
		if err := c.ask(ctx, t.Last-1, reputationQuery+"Score", &reputation.QueryScoreRequest{Operator: operator}, &s); err != nil {
			return nil, err
		}
		registered, err := c.registered(ctx, t, operator)
		if err != nil {
			return nil, err
		}
		fit[operator] = registered && v.Validator.IsBonded() && !v.Validator.Jailed && s.Score >= c.params.ReputationMin
	}
	return fit, nil
}

// registered says whether an operator is a candidate that may sit in the next term.
func (c *chain) registered(ctx context.Context, t committee.Term, operator string) (bool, error) {
	candidates, err := c.candidates(ctx, t.Last)
	if err != nil {
		return false, err
	}
	for _, known := range candidates {
		if known.Operator == operator {
			return known.Removal == nil || t.Number+1 >= known.Removal.ParoleUntil, nil
		}
	}
	return false, nil
}

func (c *chain) candidates(ctx context.Context, height int64) ([]committee.Candidate, error) {
	var res committee.QueryCandidatesResponse
	err := c.ask(ctx, height, committeeQuery+"Candidates", &committee.QueryCandidatesRequest{Pagination: &query.PageRequest{Limit: page}}, &res)
	return res.Candidates, err
}

// blocks recomputes the chain of randomness from the proofs in the blocks themselves.
func (c *chain) blocks(ctx context.Context, res *result) error {
	keys, err := c.proposers(ctx)
	if err != nil {
		return err
	}
	first := max(2, c.newest-c.params.RandomnessBlocks+2)
	previous, err := c.randomness(ctx, first-1)
	if err != nil {
		return err
	}
	for height := first; height <= c.newest; height++ {
		block, err := c.rpc.Block(ctx, &height)
		if err != nil {
			return err
		}
		want := digest("skip", previous.Value)
		proved := len(block.Block.Txs) > 0 && bytes.HasPrefix(block.Block.Txs[0], []byte(randomnessTag))
		if proved {
			input := digest("block", []byte(c.id), number(uint64(height)), previous.Value)
			out, err := output(keys[string(block.Block.ProposerAddress)], input, block.Block.Txs[0][len(randomnessTag):])
			if err != nil {
				return fmt.Errorf("randomness of block %d by %s: %w", height, block.Block.ProposerAddress, err)
			}
			want = digest("mix", previous.Value, out)
		}
		now, err := c.randomness(ctx, height)
		if err != nil {
			return err
		}
		if !bytes.Equal(now.Value, want) || now.Skipped == proved {
			return fmt.Errorf("randomness of block %d is %x, the chain says %x", height, want, now.Value)
		}
		res.Blocks++
		if !proved {
			res.Skipped++
		}
		previous = now
	}
	return nil
}

func (c *chain) randomness(ctx context.Context, height int64) (committee.Randomness, error) {
	var r committee.QueryRandomnessResponse
	err := c.ask(ctx, c.newest, committeeQuery+"Randomness", &committee.QueryRandomnessRequest{Height: height}, &r)
	return r.Randomness, err
}

// proposers are the VRF keys of everybody who ever was a candidate at the end of a term, by consensus address.
func (c *chain) proposers(ctx context.Context) (map[string][]byte, error) {
	keys := make(map[string][]byte)
	for height := int64(1); height <= c.newest; height += max(1, c.params.TermBlocks/2) {
		candidates, err := c.candidates(ctx, height)
		if err != nil {
			return nil, err
		}
		for _, known := range candidates {
			keys[string(ed25519.PubKey(known.ConsensusKey).Address())] = known.VrfKey
		}
	}
	return keys, nil
}

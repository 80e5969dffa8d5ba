package main

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	rpcclient "github.com/cometbft/cometbft/rpc/client"
	rpchttp "github.com/cometbft/cometbft/rpc/client/http"
	cmttypes "github.com/cometbft/cometbft/types"
	"github.com/cosmos/gogoproto/proto"

	"github.com/cosmos/cosmos-sdk/types/query"

	"github.com/cpchain/cpchain/tests/e2e/chain"
	committee "github.com/cpchain/cpchain/x/committee/types"
	reputation "github.com/cpchain/cpchain/x/reputation/types"
)

const (
	// candidates for five seats: with fewer than fifteen, two sets share more than a light client trusts by.
	candidates = 15
	seats      = 5
	// pause between blocks, under which the machine still gives every process its turn.
	pause = 700 * time.Millisecond
	// snapshotBlocks between snapshots for state sync.
	snapshotBlocks = 20

	committeeQuery  = "/cpchain.committee.v1.Query/"
	reputationQuery = "/cpchain.reputation.v1.Query/"
	bankQuery       = "/cosmos.bank.v1beta1.Query/"
	slashingQuery   = "/cosmos.slashing.v1beta1.Query/"
)

// network starts the candidates' nodes. Each is told of three others; members find the rest by the committee on the chain.
func (s *story) network(ctx context.Context) error {
	var err error
	s.net, err = chain.New(ctx, s, chain.Config{
		Binary: filepath.Join(s.bin, "cpchaind"), Dir: s.dir, Validators: candidates, BlockTime: pause, Accounts: []string{"alice=1000000000000ucpc"},
	})
	if err != nil {
		return err
	}
	for i := range s.net.Nodes {
		if err := s.start(i); err != nil {
			return err
		}
	}
	if s.rpc, err = rpchttp.New(s.net.Nodes[0].RPC, "/websocket"); err != nil {
		return err
	}
	if err := s.net.Nodes[0].WaitHeight(ctx, 1); err != nil {
		return err
	}
	s.say("%d candidates' nodes run, for %d seats in terms of 20 blocks", candidates, seats)
	return nil
}

// start starts a candidate's node.
func (s *story) start(i int) error {
	var peers []string
	for _, step := range []int{1, 2, 5} {
		peers = append(peers, s.net.Nodes[(i+step)%candidates].Peer)
	}
	return s.net.Nodes[i].Start(s.flags(peers)...)
}

func (s *story) flags(peers []string) []string {
	return []string{
		"--p2p.persistent_peers", strings.Join(peers, ","), "--committee-peers", "4", "--pruning", "nothing",
		"--state-sync.snapshot-interval", fmt.Sprint(snapshotBlocks), "--state-sync.snapshot-keep-recent", "5", "--log_level", "*:error",
	}
}

// ask sends a gRPC query to node 0; height 0 means the newest.
func (s *story) ask(ctx context.Context, height int64, method string, in, out proto.Message) error {
	raw, err := proto.Marshal(in)
	if err != nil {
		return err
	}
	res, err := s.rpc.ABCIQueryWithOptions(ctx, method, raw, rpcclient.ABCIQueryOptions{Height: height})
	if err != nil {
		return fmt.Errorf("%s: %w", method, err)
	}
	if res.Response.Code != 0 {
		return fmt.Errorf("%s: %s", method, res.Response.Log)
	}
	return proto.Unmarshal(res.Response.Value, out)
}

func (s *story) height(ctx context.Context) (int64, error) { return s.net.Nodes[0].Height(ctx) }

// forBlocks waits for so many more blocks.
func (s *story) forBlocks(ctx context.Context, n int64) error {
	height, err := s.height(ctx)
	if err != nil {
		return err
	}
	return s.net.Nodes[0].WaitHeight(ctx, height+n)
}

// until looks at every block whether something has come about, for so many blocks at most.
func (s *story) until(ctx context.Context, what string, blocks int64, holds func(height int64) (bool, error)) error {
	height, err := s.height(ctx)
	if err != nil {
		return err
	}
	for last := height + blocks; height <= last; height++ {
		if err := s.net.Nodes[0].WaitHeight(ctx, height); err != nil {
			return err
		}
		if done, err := holds(height); err != nil || done {
			return err
		}
	}
	return fmt.Errorf("%s: not within %d blocks", what, blocks)
}

func (s *story) term(ctx context.Context) (committee.Term, error) {
	var res committee.QueryTermResponse
	err := s.ask(ctx, 0, committeeQuery+"Term", &committee.QueryTermRequest{}, &res)
	return res.Term, err
}

func (s *story) committee(ctx context.Context, height int64) (*committee.QueryCommitteeResponse, error) {
	var res committee.QueryCommitteeResponse
	return &res, s.ask(ctx, height, committeeQuery+"Committee", &committee.QueryCommitteeRequest{}, &res)
}

// seated nodes, by their numbers; node 0 among them or not.
func (s *story) seated(ctx context.Context) ([]int, error) {
	res, err := s.committee(ctx, 0)
	if err != nil {
		return nil, err
	}
	var nodes []int
	for _, m := range res.Members {
		if i := s.nodeOf(m.Operator); i >= 0 {
			nodes = append(nodes, i)
		}
	}
	return nodes, nil
}

func (s *story) nodeOf(operator string) int {
	return slices.IndexFunc(s.net.Nodes, func(n *chain.Node) bool { return n.Operator == operator })
}

// aMember that runs, other than node 0.
func (s *story) aMember(ctx context.Context) (int, error) {
	nodes, err := s.seated(ctx)
	if err != nil {
		return 0, err
	}
	for _, i := range nodes {
		if i > 0 && !s.gone[i] && s.net.Nodes[i].Running() {
			return i, nil
		}
	}
	return 0, fmt.Errorf("no member but node 0 among %v", nodes)
}

// earlyInTerm waits for a block near the beginning of a term, so that no election comes between what follows.
func (s *story) earlyInTerm(ctx context.Context) error {
	return s.until(ctx, "the beginning of a term", 25, func(height int64) (bool, error) {
		term, err := s.term(ctx)
		return height >= term.First+2 && height <= term.First+4, err
	})
}

// removal of an operator in mid-term, from a height on; nil before it comes.
func (s *story) removal(ctx context.Context, operator string, from int64, reason committee.Reason) (*committee.Boundary, error) {
	var res committee.QueryBoundariesResponse
	err := s.ask(ctx, 0, committeeQuery+"Boundaries", &committee.QueryBoundariesRequest{Pagination: &query.PageRequest{Limit: 10}}, &res)
	for _, b := range res.Boundaries {
		for _, change := range b.Left {
			if b.Height >= from && change.Operator == operator && change.Reason == reason {
				return &b, nil
			}
		}
	}
	return nil, err
}

func (s *story) why(ctx context.Context, operator string) (string, error) {
	var res committee.QueryWhyResponse
	err := s.ask(ctx, 0, committeeQuery+"Why", &committee.QueryWhyRequest{Operator: operator}, &res)
	return strings.Join(res.Sentences, " "), err
}

func (s *story) score(ctx context.Context, operator string) (uint32, error) {
	var res reputation.QueryScoreResponse
	err := s.ask(ctx, 0, reputationQuery+"Score", &reputation.QueryScoreRequest{Operator: operator}, &res)
	return res.Score, err
}

// explained says whether a change with such words lowered an operator's reputation.
func (s *story) explained(ctx context.Context, operator, words string) (bool, string, error) {
	var res reputation.QueryExplainResponse
	err := s.ask(ctx, 0, reputationQuery+"Explain", &reputation.QueryExplainRequest{Operator: operator}, &res)
	var texts []string
	for _, c := range res.Changes {
		if c.After < c.Before && strings.Contains(c.Text, words) {
			return true, c.Text, nil
		}
		texts = append(texts, c.Text)
	}
	return false, strings.Join(texts, "; "), err
}

// validators that vote on the block of a height, by hex address.
func validators(ctx context.Context, rpc *rpchttp.HTTP, height int64) (*cmttypes.ValidatorSet, error) {
	page, most := 1, 100
	res, err := rpc.Validators(ctx, &height, &page, &most)
	if err != nil {
		return nil, err
	}
	return cmttypes.ValidatorSetFromExistingValidators(res.Validators)
}

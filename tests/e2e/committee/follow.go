package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"

	"github.com/cometbft/cometbft/crypto/ed25519"
	rpchttp "github.com/cometbft/cometbft/rpc/client/http"

	"github.com/cosmos/cosmos-sdk/types/query"

	committee "github.com/cpchain/cpchain/x/committee/types"
)

// leastTerms that the story must have lived through.
const leastTerms = 12

// followed compares the validators of every block with the committee two blocks before it, and every change with its announcement.
func (s *story) followed(ctx context.Context) error {
	if err := s.until(ctx, "the last term", 20*leastTerms, func(int64) (bool, error) {
		term, err := s.term(ctx)
		return term.Number > leastTerms, err
	}); err != nil {
		return err
	}
	newest, err := s.height(ctx)
	if err != nil {
		return err
	}
	announced, err := s.boundaries(ctx)
	if err != nil {
		return err
	}
	changes := 0
	var before map[string]bool
	for height := int64(3); height <= newest; height++ {
		seated, err := s.committee(ctx, height-2)
		if err != nil {
			return err
		}
		now := make(map[string]bool)
		for _, m := range seated.Members {
			now[ed25519.PubKey(m.ConsensusKey).Address().String()] = true
		}
		set, err := validators(ctx, s.rpc, height)
		if err != nil {
			return err
		}
		for _, v := range set.Validators {
			if !now[v.Address.String()] {
				return s.check("validators_follow_the_committee", false, "%s votes at %d and did not sit at %d", v.Address, height, height-2)
			}
		}
		if set.Size() != len(now) {
			return s.check("validators_follow_the_committee", false, "%d vote at %d, %d sat at %d", set.Size(), height, len(now), height-2)
		}
		changed := before != nil && !equal(before, now)
		if changed != announced[height-2] && before != nil {
			return s.check("validators_follow_the_committee", false, "change at %d: %t, announced: %t", height-2, changed, announced[height-2])
		}
		if changed {
			changes++
		}
		before = now
	}
	s.checks["changes"], s.checks["blocks"] = changes, newest
	s.say("the validators of %d blocks are the committee's of two blocks before; %d announced changes", newest-2, changes)
	return s.check("validators_follow_the_committee", changes > leastTerms/2, "only %d changes", changes)
}

func equal(a, b map[string]bool) bool {
	for key := range a {
		if !b[key] {
			return false
		}
	}
	return len(a) == len(b)
}

// boundaries are the heights at which changes were announced.
func (s *story) boundaries(ctx context.Context) (map[int64]bool, error) {
	heights := make(map[int64]bool)
	page := &query.PageRequest{Limit: 100}
	for page != nil {
		var res committee.QueryBoundariesResponse
		if err := s.ask(ctx, 0, committeeQuery+"Boundaries", &committee.QueryBoundariesRequest{Pagination: page}, &res); err != nil {
			return nil, err
		}
		for _, b := range res.Boundaries {
			heights[b.Height] = true
		}
		page = nil
		if len(res.Pagination.GetNextKey()) > 0 {
			page = &query.PageRequest{Key: res.Pagination.NextKey, Limit: 100}
		}
	}
	return heights, nil
}

// sameHashes compares the application's hash of the newest common block over all nodes that run.
func (s *story) sameHashes(ctx context.Context) error {
	height, err := s.height(ctx)
	if err != nil {
		return err
	}
	nodes := append(s.net.Nodes[:0:0], s.net.Nodes...)
	if s.late != nil {
		nodes = append(nodes, s.late.Node)
	}
	var want []byte
	compared := 0
	for _, node := range nodes {
		if !node.Running() {
			continue
		}
		if err := node.WaitHeight(ctx, height); err != nil {
			return err
		}
		rpc, err := rpchttp.New(node.RPC, "/websocket")
		if err != nil {
			return err
		}
		block, err := rpc.Block(ctx, &height)
		if err != nil {
			return err
		}
		if want == nil {
			want = block.Block.AppHash
		}
		if !bytes.Equal(want, block.Block.AppHash) {
			return s.check("app_hashes_agree", false, "%s has %X at %d, others %X", node.Name, block.Block.AppHash, height, want)
		}
		compared++
	}
	s.checks["nodes_compared"] = compared
	s.say("%d nodes have app hash %.12X at %d", compared, want, height)
	return s.check("app_hashes_agree", compared >= candidates-2, "only %d nodes run", compared)
}

// recomputed runs the second program.
func (s *story) recomputed(ctx context.Context) error {
	var out bytes.Buffer
	cmd := exec.CommandContext(ctx, s.recompute, "-node", s.net.Nodes[0].RPC)
	cmd.Stdout, cmd.Stderr = &out, os.Stderr
	if err := cmd.Run(); err != nil {
		return s.check("winners_recomputed", false, "%v", err)
	}
	var res struct{ Terms, Draws, Blocks, Skipped, Unclear int }
	if err := json.Unmarshal(out.Bytes(), &res); err != nil {
		return fmt.Errorf("what recompute printed: %w", err)
	}
	s.checks["terms_recomputed"], s.checks["draws_recomputed"], s.checks["blocks_of_randomness_recomputed"] = res.Terms, res.Draws, res.Blocks
	s.checks["blocks_without_randomness"], s.checks["terms_unclear"] = res.Skipped, res.Unclear
	s.say("a second program elected the committees of %d terms anew from %d proofs, and the randomness of %d blocks: all the same", res.Terms, res.Draws, res.Blocks)
	return s.check("winners_recomputed", res.Terms >= leastTerms-2, "only %d terms", res.Terms)
}

package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	cmtcfg "github.com/cometbft/cometbft/config"
	"github.com/cometbft/cometbft/privval"
	rpchttp "github.com/cometbft/cometbft/rpc/client/http"
	cmttypes "github.com/cometbft/cometbft/types"

	"github.com/cpchain/cpchain/app"
	"github.com/cpchain/cpchain/tests/e2e/chain"
	committee "github.com/cpchain/cpchain/x/committee/types"
)

// lateNode joins by state sync, without any block from before its snapshot.
type lateNode struct {
	*chain.Node
	consensus string // address, hex
}

// syncLate starts a node that has nothing but the genesis and a block to trust, makes it a validator, and registers it.
func (s *story) syncLate(ctx context.Context) error {
	if err := s.join(ctx); err != nil {
		return err
	}
	rpc, err := rpchttp.New(s.late.RPC, "/websocket")
	if err != nil {
		return err
	}
	status, err := rpc.Status(ctx)
	if err != nil {
		return err
	}
	earliest := status.SyncInfo.EarliestBlockHeight
	s.checks["late_node_first_block"] = earliest
	if err := s.check("late_node_state_synced", earliest > 60, "its first block is %d: it replayed the chain", earliest); err != nil {
		return err
	}
	s.say("a node joined by state sync: its first block is %d", earliest)
	return s.makeCandidate(ctx)
}

// join makes the node's home and waits until it follows the chain.
func (s *story) join(ctx context.Context) error {
	height, err := s.height(ctx)
	if err != nil {
		return err
	}
	trusted := height - 2*snapshotBlocks
	block, err := s.rpc.Block(ctx, &trusted)
	if err != nil {
		return err
	}
	node, err := s.net.Join(ctx, s, "late")
	if err != nil {
		return err
	}
	cfg, err := node.CometConfig()
	if err != nil {
		return err
	}
	cfg.StateSync.Enable = true
	cfg.StateSync.RPCServers = []string{s.net.Nodes[0].RPC, s.net.Nodes[s.running(1)].RPC}
	cfg.StateSync.TrustHeight, cfg.StateSync.TrustHash = trusted, block.BlockID.Hash.String()
	cfg.StateSync.DiscoveryTime = 5 * time.Second
	cmtcfg.WriteConfigFile(filepath.Join(node.Home, "config", "config.toml"), cfg)
	s.late = &lateNode{Node: node, consensus: privval.LoadFilePVEmptyState(cfg.PrivValidatorKeyFile(), "").Key.Address.String()}
	peers := []string{s.net.Nodes[0].Peer, s.net.Nodes[s.running(1)].Peer, s.net.Nodes[s.running(2)].Peer}
	if err := node.Start(s.flags(peers)...); err != nil {
		return err
	}
	return node.WaitHeight(ctx, height+1)
}

// running is the nth node after node 0 that runs.
func (s *story) running(n int) int {
	for i := 1; i < candidates; i++ {
		if s.net.Nodes[i].Running() {
			if n--; n == 0 {
				return i
			}
		}
	}
	return 0
}

// makeCandidate funds the node's operator, bonds its validator and registers it.
func (s *story) makeCandidate(ctx context.Context) error {
	out, err := s.net.CLI(ctx, "keys", "add", "validator", "--keyring-backend", "test", "--keyring-dir", s.late.Home, "--output", "json")
	if err != nil {
		return err
	}
	var key struct{ Address string }
	if err := json.Unmarshal(out, &key); err != nil {
		return fmt.Errorf("what keys add printed: %w", err)
	}
	s.late.Operator = key.Address
	alice, err := s.net.Address(ctx, "alice")
	if err != nil {
		return err
	}
	if _, err := s.net.Tx(ctx, "alice", "bank", "send", alice, key.Address, "100000000000"+app.BaseDenom); err != nil {
		return err
	}
	file, err := s.validatorFile()
	if err != nil {
		return err
	}
	if _, err := s.net.TxAt(ctx, s.late.Home, "validator", "staking", "create-validator", file); err != nil {
		return err
	}
	_, address, _ := strings.Cut(s.late.Peer, "@")
	_, err = s.net.TxAt(ctx, s.late.Home, "validator", "committee", "register", "--address", address)
	if err == nil {
		s.say("its operator %s bonded a validator and registered it", s.late.Operator)
	}
	return err
}

func (s *story) validatorFile() (string, error) {
	key := privval.LoadFilePVEmptyState(filepath.Join(s.late.Home, "config", "priv_validator_key.json"), "").Key
	text, err := json.Marshal(map[string]any{
		"pubkey":  map[string]string{"@type": "/cosmos.crypto.ed25519.PubKey", "key": base64.StdEncoding.EncodeToString(key.PubKey.Bytes())},
		"amount":  "50000000000" + app.BaseDenom,
		"moniker": "late", "commission-rate": "0.1", "commission-max-rate": "0.2", "commission-max-change-rate": "0.01", "min-self-delegation": "1",
	})
	if err != nil {
		return "", err
	}
	file := filepath.Join(s.dir, "late-validator.json")
	return file, os.WriteFile(file, text, 0o600)
}

// seatLate waits until the node has drawn, has all others without a seat unregister, and kills members until it gets one.
func (s *story) seatLate(ctx context.Context) error {
	err := s.until(ctx, "a draw of the late node", 120, func(int64) (bool, error) {
		var c committee.QueryCandidateResponse
		err := s.ask(ctx, 0, committeeQuery+"Candidate", &committee.QueryCandidateRequest{Operator: s.late.Operator}, &c)
		return c.Candidate.LastDrawn > 0, err
	})
	if err != nil {
		return err
	}
	seated, err := s.seated(ctx)
	if err != nil {
		return err
	}
	for i := 1; i < candidates; i++ {
		if slices.Contains(seated, i) || s.gone[i] {
			continue
		}
		node := s.net.Nodes[i]
		if _, err := s.net.TxAt(ctx, node.Home, "validator", "committee", "unregister"); err != nil {
			return fmt.Errorf("%s: %w", node.Name, err)
		}
	}
	s.say("the late node has drawn; candidates without a seat have unregistered, so that the next seat is its own")
	if err := s.takeSeat(ctx); err != nil {
		return err
	}
	return s.signs(ctx)
}

// takeSeat kills a member unless the late node has been elected by itself.
func (s *story) takeSeat(ctx context.Context) error {
	sits := func(int64) (bool, error) {
		res, err := s.committee(ctx, 0)
		if err != nil {
			return false, err
		}
		for _, m := range res.Members {
			if m.Operator == s.late.Operator {
				return true, nil
			}
		}
		return false, nil
	}
	if done, err := sits(0); err != nil || done {
		return err
	}
	i, err := s.aMember(ctx)
	if err != nil {
		return err
	}
	s.net.Nodes[i].Kill()
	s.say("member node%d killed, to make room", i)
	return s.until(ctx, "the late node's seat", 60, sits)
}

// signs waits for a block that the late node signed.
func (s *story) signs(ctx context.Context) error {
	var at int64
	err := s.until(ctx, "a block signed by the late node", 30, func(height int64) (bool, error) {
		commit, err := s.rpc.Commit(ctx, &height)
		if err != nil {
			return false, err
		}
		for _, sig := range commit.Commit.Signatures {
			if sig.BlockIDFlag == cmttypes.BlockIDFlagCommit && sig.ValidatorAddress.String() == s.late.consensus {
				at = height
				return true, nil
			}
		}
		return false, nil
	})
	if err != nil {
		return errors.Join(s.check("late_node_became_a_member", false, "it signed nothing"), err)
	}
	why, err := s.why(ctx, s.late.Operator)
	if err != nil {
		return err
	}
	s.say("the late node signed block %d: %s", at, why)
	return s.check("late_node_became_a_member", strings.HasPrefix(why, "It has seat "), "%s", why)
}

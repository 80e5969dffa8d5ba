// Package candidate is the sortition agent of a validator's node: each term it draws from the node's VRF key, knows at once
// which level it reached, and sends the proof from a hot account until the chain has it (R4.2).
//
// The account needs no coins: the chain takes one proof for each candidate and term without a fee. Whoever steals its key can
// send nothing but the proofs, which are nobody's but the VRF key's.
package candidate

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/cpchain/cpchain/pkg/election"
	"github.com/cpchain/cpchain/pkg/vrf"
)

// Turn is what a candidate can do at a block.
type Turn struct {
	Height   int64
	Operator string
	Term     uint64
	Input    []byte // what to prove the VRF output at; nil before the term's input is known
	Weight   uint64 // as of the term's snapshot; 0 where the candidate is not in it
	Key      []byte // VRF key of the snapshot
	Open     bool   // the next block still takes proofs of this term
	Drawn    bool   // the chain has this candidate's proof
	Reason   string // why Weight is 0
}

// Chain is what the agent asks of its node.
type Chain interface {
	// Next waits for a block above a height.
	Next(ctx context.Context, above int64) (int64, error)
	// Turn is the candidate's as of the newest block.
	Turn(ctx context.Context) (Turn, error)
	// Submit sends a proof for a turn; nil says that the node's mempool has it.
	Submit(ctx context.Context, turn Turn, proof []byte) error
}

// Agent draws for one candidate.
type Agent struct {
	chain   Chain
	key     vrf.PrivateKey
	log     *slog.Logger
	metrics *Metrics

	told string // the reason for not drawing that was logged last
}

// New makes an agent for the key registered for the candidate that chain speaks for.
func New(chain Chain, key vrf.PrivateKey, log *slog.Logger, metrics *Metrics) *Agent {
	return &Agent{chain: chain, key: key, log: log, metrics: metrics}
}

// Run draws in every term until ctx ends, whose error it returns. A node that does not answer is asked again at its next block.
func (a *Agent) Run(ctx context.Context) error {
	var height int64
	for {
		next, err := a.chain.Next(ctx, height)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			return fmt.Errorf("sortition agent: waiting for a block: %w", err)
		}
		height = next
		if err := a.step(ctx); err != nil && !errors.Is(err, context.Canceled) {
			a.metrics.failures.Inc()
			a.log.Warn("sortition: tried again at the next block", "height", height, "err", err)
		}
	}
}

// step draws if it is time to, and sends the proof again until the chain has it.
func (a *Agent) step(ctx context.Context) error {
	turn, err := a.chain.Turn(ctx)
	if err != nil {
		return err
	}
	if why := a.idle(turn); why != "" {
		if why != a.told {
			a.log.Info("sortition: this node does not draw", "term", turn.Term, "why", why)
			a.told = why
		}
		return nil
	}
	a.told = ""
	if turn.Drawn || !turn.Open || turn.Input == nil {
		return nil
	}
	output, proof := a.key.Prove(turn.Input)
	level := election.Draw(output[:], turn.Weight).Level()
	if err := a.chain.Submit(ctx, turn, proof); err != nil {
		return fmt.Errorf("proof of term %d: %w", turn.Term, err)
	}
	a.metrics.draws.Inc()
	a.metrics.level.Set(float64(level))
	a.log.Info("sortition: drew", "term", turn.Term, "level", level, "weight", turn.Weight)
	return nil
}

// idle says why the node has no part in the term; empty where it has.
func (a *Agent) idle(turn Turn) string {
	if turn.Weight == 0 {
		return turn.Reason
	}
	if public := a.key.Public(); string(public[:]) != string(turn.Key) {
		return fmt.Sprintf("the registered VRF key is %x, this node's is %x: register this one, or restore that file", turn.Key, public)
	}
	return ""
}

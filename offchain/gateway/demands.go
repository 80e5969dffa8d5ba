package gateway

import (
	"context"
	"errors"
	"fmt"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/cpchain/cpchain/offchain/chain"
	"github.com/cpchain/cpchain/pkg/pre"
	datarights "github.com/cpchain/cpchain/x/datarights/types"
)

// maxAnswers is how many capsules are brought in one pass.
const maxAnswers = 32

// answerDemands brings on chain the capsules that readers demand of the stream and this gateway has. The chain opens a demand only once
// the node's time is over. What it lacks is for the owner to bring (`cpdata demands answer`).
func (l *lane) answerDemands(ctx context.Context) error {
	open, err := l.ports.Chain.Demands(ctx, &datarights.QueryDemandsRequest{Stream: l.id})
	if err != nil {
		return fmt.Errorf("demands: %w", err)
	}
	var errs []error
	for _, d := range open[:min(len(open), maxAnswers)] {
		capsule := l.capsules.byHash(d.CapsuleHash)
		if capsule == nil {
			l.log.Warn("a capsule is demanded that is not here: the owner must bring it", "demand", d.Id, "grant", d.Grant)
			continue
		}
		msg := &datarights.MsgAnswerCapsule{Sender: l.row.Writer.Account, Demand: d.Id, Capsule: capsule}
		if err := l.bring(ctx, msg); err != nil {
			errs = append(errs, fmt.Errorf("demand %d: %w", d.Id, err))
		}
	}
	return errors.Join(errs...)
}

// bring sends one answer, its fee paid by the owner. That somebody was faster is no trouble.
func (l *lane) bring(ctx context.Context, msg sdk.Msg) error {
	ctx, cancel := context.WithTimeout(ctx, l.cfg.Chain.txTimeout())
	defer cancel()
	_, err := l.ports.Chain.Submit(ctx, chain.TxOptions{FeeGranter: l.row.Owner}, msg)
	if errors.Is(err, datarights.ErrDemandEnded) {
		return nil
	}
	if err == nil {
		l.metrics.capsulesDemanded.WithLabelValues(l.label()).Inc()
	}
	return err
}

// byHash finds a capsule by its hash.
func (c *capsules) byHash(hash []byte) []byte {
	for i := range c.list {
		if h := pre.CapsuleHash(c.list[i].Capsule); string(h[:]) == string(hash) {
			return c.list[i].Capsule
		}
	}
	return nil
}

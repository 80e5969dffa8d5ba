package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/cpchain/cpchain/offchain/reader"
	"github.com/cpchain/cpchain/offchain/storage/client"
	"github.com/cpchain/cpchain/offchain/storage/wire"
	"github.com/cpchain/cpchain/pkg/pre"
	datarights "github.com/cpchain/cpchain/x/datarights/types"
)

// demandPoll is how often the chain is asked for the answers that were demanded.
const demandPoll = 2 * time.Second

// demander demands on chain what a grant's proxies did not give.
type demander struct {
	app     *app
	grant   datarights.Grant
	opening *reader.Opening
	client  *client.Client
	params  datarights.Params
	// known are the demands of the grant so far.
	known []datarights.Demand
}

// demandMissing goes on with an opening that lacks answers: first what is on chain already, then capsules, then fragments.
func (a *app) demandMissing(ctx context.Context, g datarights.Grant, o *reader.Opening, id client.Identity) error {
	net, err := a.network(ctx)
	if err != nil {
		return err
	}
	params, err := a.client.DatarightsParams(ctx)
	if err != nil {
		return err
	}
	d := &demander{app: a, grant: g, opening: o, client: net.With(id), params: params}
	if err := d.learn(ctx); err != nil || o.Enough() {
		return err
	}
	for _, ask := range []func(context.Context) ([]sdk.Msg, error){d.capsules, d.fragments} {
		msgs, err := ask(ctx)
		if err != nil {
			return err
		}
		if err := d.send(ctx, msgs); err != nil {
			return err
		}
		if err := d.await(ctx); err != nil || o.Enough() {
			return err
		}
	}
	return nil
}

// learn reads the grant's demands from the chain and adds what has been answered.
func (d *demander) learn(ctx context.Context) error {
	var err error
	if d.known, err = d.app.client.Demands(ctx, &datarights.QueryDemandsRequest{Grant: d.grant.Id}); err != nil {
		return err
	}
	for _, k := range d.known {
		if k.Answer == nil {
			continue
		}
		if err := d.opening.Add(ctx, *k.Answer); err != nil {
			d.app.note("the answer to demand %d does not help: %v", k.Id, err)
		}
	}
	return nil
}

// capsuleOf is a shut node's capsule: from a proxy's answer, the DHT, or an answered demand; nil where none of them has it.
func (d *demander) capsuleOf(ctx context.Context, s reader.Shut) []byte {
	if s.Capsule != nil {
		return s.Capsule
	}
	n := uint32(len(d.grant.Proxies))
	for _, k := range d.known {
		if k.Kind == datarights.DEMAND_KIND_CAPSULE && k.State == datarights.DEMAND_STATE_ANSWERED && k.Position/n == s.Number && len(k.Capsule) > 0 {
			return k.Capsule
		}
	}
	if d.app.dht == nil {
		return nil
	}
	hint, err := d.app.dht.KeyHint(ctx, d.app.client.ChainID(), d.grant.Stream, s.Node)
	if err != nil || pre.CheckCapsule(hint.Capsule) != nil {
		return nil
	}
	return hint.Capsule
}

// capsules makes the demands for capsules that are nowhere to be found, each by the leaf some proxy shows.
func (d *demander) capsules(ctx context.Context) ([]sdk.Msg, error) {
	var msgs []sdk.Msg
	for _, s := range d.opening.Shut() {
		if d.capsuleOf(ctx, s) != nil {
			continue
		}
		leaf, err := d.leafOf(ctx, s)
		if err != nil {
			return nil, err
		}
		if !d.demanded(datarights.DEMAND_KIND_CAPSULE, leaf.Position, 0) {
			msgs = append(msgs, &datarights.MsgDemandCapsule{Grant: d.grant.Id, Leaf: leaf.Leaf, Position: leaf.Position, Path: leaf.Path})
		}
	}
	return msgs, nil
}

// leafOf asks the proxies for one leaf of a node.
func (d *demander) leafOf(ctx context.Context, s reader.Shut) (wire.ProvedLeaf, error) {
	err := fmt.Errorf("no proxy shows its leaf of node %x, which a demand for its capsule needs", s.Node)
	for _, p := range d.grant.Proxies {
		if p.State != datarights.PROXY_STATE_ACCEPTED {
			continue
		}
		row, rowErr := d.app.client.Provider(ctx, p.Holder())
		if rowErr != nil {
			return wire.ProvedLeaf{}, rowErr
		}
		conn, dialErr := d.client.Dial(ctx, row)
		if dialErr != nil {
			err = errors.Join(err, dialErr)
			continue
		}
		leaves, askErr := conn.GetLeaves(ctx, d.grant.Id, [][]byte{s.Node})
		if askErr != nil {
			err = errors.Join(err, askErr)
			continue
		}
		leaf, parseErr := pre.ParseLeaf(leaves[0].Leaf)
		if parseErr == nil {
			parseErr = datarights.CheckLeaf(d.grant, leaf, leaves[0].Position, leaves[0].Path)
		}
		if parseErr == nil {
			return leaves[0], nil
		}
		err = errors.Join(err, parseErr)
	}
	return wire.ProvedLeaf{}, err
}

// fragments makes the demands for the answers of silent proxies about every shut node whose capsule is known.
func (d *demander) fragments(ctx context.Context) ([]sdk.Msg, error) {
	var msgs []sdk.Msg
	n := uint32(len(d.grant.Proxies))
	for _, s := range d.opening.Shut() {
		capsule := d.capsuleOf(ctx, s)
		if capsule == nil {
			d.app.note("the capsule of node %x is still missing: its owner withholds it", s.Node)
			continue
		}
		for _, provider := range s.Silent {
			column, _ := d.grant.HeldBy(provider)
			if !d.demanded(datarights.DEMAND_KIND_FRAGMENT, s.Number*n+uint32(column), provider) {
				msgs = append(msgs, &datarights.MsgDemandFragment{Grant: d.grant.Id, Node: s.Node, Provider: provider, Capsule: capsule})
			}
		}
	}
	return msgs, nil
}

func (d *demander) demanded(kind datarights.DemandKind, position uint32, provider uint64) bool {
	return slices.ContainsFunc(d.known, func(k datarights.Demand) bool {
		return k.Kind == kind && k.Position == position && k.Provider == provider
	})
}

// send shows what the demands cost, and sends as many as may be open at a time.
func (d *demander) send(ctx context.Context, msgs []sdk.Msg) error {
	open := 0
	for _, k := range d.known {
		if !k.Ended() {
			open++
		}
	}
	if room := max(0, int(d.params.MaxOpenDemands)-open); len(msgs) > room {
		d.app.note("%d demands of grant %d may be open at a time: the other %d wait for the next fetch", d.params.MaxOpenDemands, d.grant.Id, len(msgs)-room)
		msgs = msgs[:room]
	}
	if len(msgs) == 0 {
		return nil
	}
	s, err := d.app.signer(ctx)
	if err != nil {
		return err
	}
	for _, msg := range msgs {
		switch m := msg.(type) {
		case *datarights.MsgDemandFragment:
			m.Demander = s.Address()
		case *datarights.MsgDemandCapsule:
			m.Demander = s.Address()
		}
	}
	fees := sdk.NewCoin(d.params.DemandFee.Denom, d.params.DemandFee.Amount.MulRaw(int64(len(msgs))))
	d.app.note("%d demands on chain; each fee goes to who answers within %d blocks, and back where nobody does", len(msgs), d.params.DemandBlocks)
	_, err = d.app.submit(ctx, s, fees.String(), msgs...)
	return err
}

// await waits until there are enough answers, or nothing demanded is open any more.
func (d *demander) await(ctx context.Context) error {
	tick := time.NewTicker(demandPoll)
	defer tick.Stop()
	for {
		if err := d.learn(ctx); err != nil || d.opening.Enough() {
			return err
		}
		open := slices.ContainsFunc(d.known, func(k datarights.Demand) bool { return !k.Ended() && k.Deadline != 0 })
		if !open {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("demands of grant %d are still open; `cpdata fetch --demand` goes on with them later: %w", d.grant.Id, ctx.Err())
		case <-tick.C:
		}
	}
}

// demandText is a demand on one line.
func demandText(d datarights.Demand) string {
	what := fmt.Sprintf("capsule of leaf %d", d.Position)
	if d.Kind == datarights.DEMAND_KIND_FRAGMENT {
		what = fmt.Sprintf("fragment of leaf %d by provider %d", d.Position, d.Provider)
	}
	text := fmt.Sprintf("demand %d  grant %d  %s  %s", d.Id, d.Grant, what, strings.ToLower(strings.TrimPrefix(d.State.String(), "DEMAND_STATE_")))
	if !d.Ended() {
		text += fmt.Sprintf(" until height %d", d.Deadline)
	}
	if d.Slashed.IsPositive() {
		text += ", which cost it " + d.Slashed.String()
	}
	return text
}

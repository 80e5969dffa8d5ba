package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/cpchain/cpchain/offchain/chain"
	datarights "github.com/cpchain/cpchain/x/datarights/types"
)

// losses kills holders of the very bundle a reader needs: two, one of them a proxy of the grant, then three more.
func (d *demo) losses(ctx context.Context) error {
	c, err := chain.Dial(ctx, chain.Config{RPC: d.RPC()})
	if err != nil {
		return err
	}
	g, err := c.Grant(ctx, d.traffic.grant)
	if err != nil {
		return err
	}
	bundle, err := c.AnchorOf(ctx, d.traffic.id, g.FirstInterval)
	if err != nil {
		return err
	}
	var proxies, others []uint64
	for _, id := range bundle.Placement.Providers {
		if slices.ContainsFunc(g.Proxies, func(p datarights.GrantProxy) bool {
			return p.Provider == id && p.State == datarights.PROXY_STATE_ACCEPTED
		}) {
			proxies = append(proxies, id)
		} else {
			others = append(others, id)
		}
	}
	if len(proxies) < 2 || len(others) < 3 {
		return fmt.Errorf("8 holders and 5 proxies should give 5 and 3, not %d and %d", len(proxies), len(others))
	}
	dave, err := d.reader(ctx, d.dave, "-losses")
	if err != nil {
		return err
	}
	d.ByID(proxies[0]).Kill()
	d.ByID(others[0]).Kill()
	got, err := d.fetch(ctx, dave, &d.traffic)
	if err != nil {
		return fmt.Errorf("with two holders lost: %w", err)
	}
	if got.SHA256 != d.traffic.expected {
		return fmt.Errorf("with two holders lost, dave got sha256 %s", got.SHA256)
	}
	d.result.FetchAfterTwoNodesLost = true
	d.say("kill -9 of two holders of that bundle (providers %d and %d, the first a proxy of the grant): fetched again, the same bytes", proxies[0], others[0])

	for _, id := range []uint64{proxies[1], others[1], others[2]} {
		d.ByID(id).Kill()
	}
	_, err = d.fetch(ctx, dave, &d.traffic)
	twin := "with two lost it is fetched"
	if err := d.refused("with five of eight holders lost", "arithmetic: any 4 of 8 shards are needed", twin, exitMissing, "have 3 of 4", err); err != nil {
		return err
	}
	d.say("five of eight lost: cpdata says it has 3 of 4 shards")
	return nil
}

package storage

import (
	"context"
	"errors"
	"slices"

	sdk "github.com/cosmos/cosmos-sdk/types"

	datarights "github.com/cpchain/cpchain/x/datarights/types"
)

func (c *fakeChain) Demands(_ context.Context, req *datarights.QueryDemandsRequest) (list []datarights.Demand, err error) {
	err = c.get(func() error {
		for id := range uint64(len(c.demands)) + 1 {
			d, ok := c.demands[id]
			if ok && !d.Ended() && (d.Provider == req.Provider && req.Provider != 0 || d.Provider == 0 && c.grants[d.Grant].Stream == req.Stream) {
				list = append(list, d)
			}
		}
		return nil
	})
	return list, err
}

func (c *fakeChain) Successor(context.Context, uint64, uint64) (id uint64, err error) {
	err = c.get(func() error { id = c.successor; return nil })
	return id, err
}

func (c *fakeChain) DatarightsParams(context.Context) (datarights.Params, error) {
	return datarights.DefaultParams(), nil
}

// applyDemand does what the chain does with demands and hand-overs; the caller holds the lock.
func (c *fakeChain) applyDemand(id uint64, m sdk.Msg) error {
	switch m := m.(type) {
	case *datarights.MsgAnswerDemand:
		return c.endDemand(m.Demand, id, func(d *datarights.Demand) { d.State, d.Answer = datarights.DEMAND_STATE_ANSWERED, &m.Answer })
	case *datarights.MsgRefuteDemand:
		return c.endDemand(m.Demand, id, func(d *datarights.Demand) { d.State = datarights.DEMAND_STATE_REFUTED })
	case *datarights.MsgAnswerCapsule:
		return c.endDemand(m.Demand, 0, func(d *datarights.Demand) { d.State, d.Capsule = datarights.DEMAND_STATE_ANSWERED, m.Capsule })
	case *datarights.MsgHandOver:
		return c.editProxy(m.Grant, func(p *datarights.GrantProxy) bool { return p.Holder() == id }, func(p *datarights.GrantProxy) {
			p.OfferedTo, p.OfferedHeight = m.To, c.tip.Height
		})
	case *datarights.MsgTakeOver:
		return c.editProxy(m.Grant, func(p *datarights.GrantProxy) bool { return p.OfferedTo == id }, func(p *datarights.GrantProxy) {
			p.OfferedTo, p.HandedTo = 0, append(p.HandedTo, datarights.Holder{Provider: id, PeerKeyVersion: 1})
		})
	case *datarights.MsgDeclineHandOver:
		return c.editProxy(m.Grant, func(p *datarights.GrantProxy) bool { return p.OfferedTo == id }, func(p *datarights.GrantProxy) { p.OfferedTo = 0 })
	default:
		return errors.New("unexpected message")
	}
}

func (c *fakeChain) endDemand(id, provider uint64, end func(*datarights.Demand)) error {
	d, ok := c.demands[id]
	if !ok || d.Ended() || d.Provider != provider {
		return errRefused
	}
	end(&d)
	c.demands[id] = d
	return nil
}

func (c *fakeChain) editProxy(grant uint64, is func(*datarights.GrantProxy) bool, edit func(*datarights.GrantProxy)) error {
	g := c.grants[grant]
	g.Proxies = slices.Clone(g.Proxies)
	for i := range g.Proxies {
		if is(&g.Proxies[i]) {
			edit(&g.Proxies[i])
			c.grants[grant] = g
			return nil
		}
	}
	return errRefused
}

// demand puts an open demand on the chain.
func (w *world) demand(d datarights.Demand) {
	d.State, d.Deadline = datarights.DEMAND_STATE_OPEN, max(d.Deadline, 1)
	w.chain.edit(func() { w.chain.demands[d.Id] = d })
}

func (w *world) demandRow(id uint64) (d datarights.Demand) {
	w.chain.edit(func() { d = w.chain.demands[id] })
	return d
}

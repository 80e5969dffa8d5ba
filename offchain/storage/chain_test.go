package storage

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/cpchain/cpchain/offchain/chain"
	datarights "github.com/cpchain/cpchain/x/datarights/types"
	provider "github.com/cpchain/cpchain/x/provider/types"
	deals "github.com/cpchain/cpchain/x/storage/types"
)

// fakeChain keeps rows like the chain does, and applies the two messages a node sends.
type fakeChain struct {
	mu        sync.Mutex
	tip       chain.Tip
	frozen    bool // the tip stays at its time
	down      bool
	streams   map[uint64]datarights.Stream
	heads     map[uint64]datarights.Head
	anchors   map[[2]uint64]datarights.QueryAnchorResponse
	readers   map[uint64]map[uint32]datarights.ReaderKeys
	grants    map[uint64]datarights.Grant
	demands   map[uint64]datarights.Demand
	providers map[uint64]provider.Provider

	// successor is whose turn it is.
	successor  uint64
	deals      map[[2]uint64]deals.Deal
	owed       map[uint64]deals.QueryNodeResponse
	challenges map[uint64][]deals.Challenge
	endangered []deals.Endangered

	// refuses makes MsgAcceptGrant with this grant fail, as a revocation in the same block would.
	refuses uint64
	txs     []sdk.Msg
	sent    chan sdk.Msg // each message once it has been applied
}

func newFakeChain() *fakeChain {
	return &fakeChain{
		tip:       chain.Tip{Height: 100},
		streams:   make(map[uint64]datarights.Stream),
		heads:     make(map[uint64]datarights.Head),
		anchors:   make(map[[2]uint64]datarights.QueryAnchorResponse),
		readers:   make(map[uint64]map[uint32]datarights.ReaderKeys),
		grants:    make(map[uint64]datarights.Grant),
		demands:   make(map[uint64]datarights.Demand),
		providers: make(map[uint64]provider.Provider),
		deals:     make(map[[2]uint64]deals.Deal), owed: make(map[uint64]deals.QueryNodeResponse), challenges: make(map[uint64][]deals.Challenge),
		sent: make(chan sdk.Msg, 64),
	}
}

// edit changes rows under the lock.
func (c *fakeChain) edit(change func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	change()
}

func (c *fakeChain) get(read func() error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.down {
		return chain.ErrUnavailable
	}
	return read()
}

func row[K comparable, V any](table map[K]V, key K, into *V) error {
	v, ok := table[key]
	if !ok {
		return fmt.Errorf("%w: %v", chain.ErrNotFound, key)
	}
	*into = v
	return nil
}

func (c *fakeChain) Tip(context.Context) (tip chain.Tip, err error) {
	err = c.get(func() error {
		tip = c.tip
		if !c.frozen {
			tip.Time = time.Now()
		}
		return nil
	})
	return tip, err
}

func (c *fakeChain) Stream(_ context.Context, id uint64) (s datarights.Stream, h datarights.Head, err error) {
	err = c.get(func() error { h = c.heads[id]; return row(c.streams, id, &s) })
	return s, h, err
}

func (c *fakeChain) Anchor(_ context.Context, stream, seq uint64) (a datarights.QueryAnchorResponse, err error) {
	err = c.get(func() error { return row(c.anchors, [2]uint64{stream, seq}, &a) })
	return a, err
}

func (c *fakeChain) AnchorOf(_ context.Context, stream uint64, interval uint32) (found datarights.QueryAnchorResponse, err error) {
	err = c.get(func() error {
		for key, a := range c.anchors {
			r := a.Row.Anchor
			if key[0] == stream && interval >= r.FirstInterval && interval < r.FirstInterval+r.Intervals {
				found = a
				return nil
			}
		}
		return chain.ErrNotFound
	})
	return found, err
}

func (c *fakeChain) Reader(_ context.Context, id uint64, version uint32) (r datarights.QueryReaderResponse, err error) {
	err = c.get(func() error {
		versions := c.readers[id]
		if version == 0 {
			version = uint32(len(versions))
		}
		r = datarights.QueryReaderResponse{Reader: datarights.Reader{Id: id, Version: uint32(len(versions))}, Version: version}
		return row(versions, version, &r.Keys)
	})
	return r, err
}

func (c *fakeChain) Grant(_ context.Context, id uint64) (g datarights.Grant, err error) {
	err = c.get(func() error {
		if err := row(c.grants, id, &g); err != nil {
			return err
		}
		g.Proxies = slices.Clone(g.Proxies)
		return nil
	})
	return g, err
}

func (c *fakeChain) Provider(_ context.Context, id uint64) (p provider.Provider, err error) {
	err = c.get(func() error { return row(c.providers, id, &p) })
	return p, err
}

// fakeOperator signs for one provider.
type fakeOperator struct {
	chain *fakeChain
	id    uint64
}

func (o fakeOperator) Address() string { return fmt.Sprintf("operator-%d", o.id) }

func (o fakeOperator) Submit(_ context.Context, _ chain.TxOptions, msgs ...sdk.Msg) (*chain.TxResult, error) {
	for _, m := range msgs {
		if err := o.chain.get(func() error { return o.chain.apply(o.id, m) }); err != nil {
			return nil, err
		}
		o.chain.sent <- m
	}
	return &chain.TxResult{}, nil
}

var errRefused = &chain.TxError{Codespace: "datarights", Code: 99, Log: "refused"}

// apply is all or nothing, as a transaction is; the caller holds the lock.
func (c *fakeChain) apply(id uint64, m sdk.Msg) error {
	switch m := m.(type) {
	case *datarights.MsgAcceptGrant:
		if slices.Contains(m.Grants, c.refuses) {
			return errRefused
		}
		for _, g := range m.Grants {
			if err := c.setProxy(g, id, datarights.PROXY_STATE_ACCEPTED); err != nil {
				return err
			}
		}
	case *datarights.MsgRefuseGrant:
		if err := c.setProxy(m.Grant, id, datarights.PROXY_STATE_REFUSED); err != nil {
			return err
		}
	case *deals.MsgProve, *deals.MsgAnswerChallenge:
		c.owed[id] = deals.QueryNodeResponse{}
	case *deals.MsgFill:
		for _, ref := range m.Slots {
			c.deals[[2]uint64{ref.Stream, ref.Seq}].Slots[ref.Slot].Provider = id
		}
		c.endangered = nil
	default:
		if err := c.applyDemand(id, m); err != nil {
			return err
		}
	}
	c.txs = append(c.txs, m)
	return nil
}

func (c *fakeChain) setProxy(grant, id uint64, state datarights.ProxyState) error {
	g, ok := c.grants[grant]
	if !ok {
		return errRefused
	}
	accepted := uint32(0)
	g.Proxies = slices.Clone(g.Proxies)
	for i := range g.Proxies {
		if g.Proxies[i].Provider == id {
			if g.Proxies[i].State != datarights.PROXY_STATE_ASKED {
				return errRefused
			}
			g.Proxies[i].State, g.Proxies[i].PeerKeyVersion = state, 1
		}
		if g.Proxies[i].State == datarights.PROXY_STATE_ACCEPTED {
			accepted++
		}
	}
	if accepted >= g.Threshold && g.Status == datarights.GRANT_STATUS_PENDING {
		g.Status = datarights.GRANT_STATUS_LIVE
	}
	c.grants[grant] = g
	return nil
}

func noFee() sdk.Coin { return sdk.NewCoin("ucpc", math.ZeroInt()) }

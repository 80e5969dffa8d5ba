package gateway

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"sync"
	"time"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/cpchain/cpchain/offchain/chain"
	"github.com/cpchain/cpchain/offchain/storage/wire"
	"github.com/cpchain/cpchain/pkg/pre"
	datarights "github.com/cpchain/cpchain/x/datarights/types"
	provider "github.com/cpchain/cpchain/x/provider/types"
	storage "github.com/cpchain/cpchain/x/storage/types"
)

const testChain = "cpchain-test"

// fakeChain keeps one stream by the chain's own rules.
type fakeChain struct {
	mu        sync.Mutex
	stream    datarights.Stream
	head      datarights.Head
	anchors   []datarights.Anchor
	providers []provider.Provider
	boundary  int64
	grants    []datarights.Grant
	demands   []datarights.Demand
	granters  []string
	down      bool
	// refuse, if set, is asked before a transaction; lose makes the answer of the next one that succeeds get lost.
	refuse func(sdk.Msg) error
	lose   bool
	now    func() time.Time
}

func (c *fakeChain) ChainID() string { return testChain }

func (c *fakeChain) Boundaries(context.Context) ([]provider.Boundary, error) {
	return []provider.Boundary{{Height: c.boundary, Seed: make([]byte, 32)}}, nil
}

func (c *fakeChain) StorageAccount(context.Context, uint64) (storage.Account, error) {
	return storage.Account{}, nil
}

func (c *fakeChain) Holders(context.Context, int64) ([]provider.Provider, error) {
	return c.providers, nil
}

func (c *fakeChain) Provider(_ context.Context, id uint64) (provider.Provider, error) {
	for _, p := range c.providers {
		if p.Id == id {
			return p, nil
		}
	}
	return provider.Provider{}, chain.ErrNotFound
}

func (c *fakeChain) Stream(_ context.Context, id uint64) (datarights.Stream, datarights.Head, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.down {
		return datarights.Stream{}, datarights.Head{}, chain.ErrUnavailable
	}
	if id != c.stream.Id {
		return datarights.Stream{}, datarights.Head{}, chain.ErrNotFound
	}
	return c.stream, c.head, nil
}

func (c *fakeChain) Anchor(_ context.Context, _, seq uint64) (datarights.QueryAnchorResponse, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if seq >= uint64(len(c.anchors)) {
		return datarights.QueryAnchorResponse{}, chain.ErrNotFound
	}
	return row(c.anchors[seq]), nil
}

func row(a datarights.Anchor) datarights.QueryAnchorResponse {
	stored := a
	stored.Placement, stored.Signature = nil, nil
	return datarights.QueryAnchorResponse{
		Row: datarights.AnchorRow{Anchor: stored}, Placement: datarights.Placement{Providers: a.Placement},
	}
}

func (c *fakeChain) AnchorOf(_ context.Context, _ uint64, interval uint32) (datarights.QueryAnchorResponse, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, a := range c.anchors {
		if interval < a.FirstInterval+a.Intervals {
			return row(a), nil
		}
	}
	return datarights.QueryAnchorResponse{}, chain.ErrNotFound
}

func (c *fakeChain) Grants(context.Context, *datarights.QueryGrantsRequest) ([]datarights.Grant, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.down {
		return nil, chain.ErrUnavailable
	}
	return append([]datarights.Grant{}, c.grants...), nil
}

func (c *fakeChain) Demands(context.Context, *datarights.QueryDemandsRequest) ([]datarights.Demand, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.down {
		return nil, chain.ErrUnavailable
	}
	return append([]datarights.Demand{}, c.demands...), nil
}

// bringCapsule ends a demand.
func (c *fakeChain) bringCapsule(m *datarights.MsgAnswerCapsule) error {
	for i, d := range c.demands {
		if hash := pre.CapsuleHash(m.Capsule); d.Id == m.Demand && bytes.Equal(hash[:], d.CapsuleHash) {
			c.demands = append(c.demands[:i:i], c.demands[i+1:]...)
			return nil
		}
	}
	return datarights.ErrDemandEnded
}

func (c *fakeChain) Submit(_ context.Context, opts chain.TxOptions, msgs ...sdk.Msg) (*chain.TxResult, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.down {
		return nil, chain.ErrUnavailable
	}
	c.granters = append(c.granters, opts.FeeGranter)
	for _, msg := range msgs {
		if c.refuse != nil {
			if err := c.refuse(msg); err != nil {
				return nil, refusal(err)
			}
		}
		var err error
		switch m := msg.(type) {
		case *datarights.MsgAnchor:
			err = c.anchor(m)
		case *datarights.MsgBumpWriter:
			err = c.bump(m)
		case *datarights.MsgAnswerCapsule:
			err = c.bringCapsule(m)
		default:
			err = fmt.Errorf("unexpected %T", msg)
		}
		if err != nil {
			return nil, refusal(err)
		}
	}
	if c.lose {
		c.lose = false
		return nil, chain.ErrNotFound
	}
	return &chain.TxResult{}, nil
}

// refusal of the chain as the adapter gives it.
func refusal(err error) error {
	var coded interface {
		Codespace() string
		ABCICode() uint32
	}
	if !errors.As(err, &coded) {
		return err
	}
	return &chain.TxError{Codespace: coded.Codespace(), Code: coded.ABCICode(), Log: err.Error()}
}

func (c *fakeChain) anchor(m *datarights.MsgAnchor) error {
	a := m.Anchor
	last := a.FirstInterval + a.Intervals - 1
	_, end := c.stream.Grid().Bounds(last)
	switch {
	case m.Writer != c.stream.Writer.Account:
		return datarights.ErrForeignWriter
	case a.WriterEpoch != c.stream.Writer.Epoch:
		return datarights.ErrStaleWriter
	case a.Seq != c.head.NextSeq:
		return datarights.ErrSeq
	case !bytes.Equal(a.Prev, c.head.LastHash):
		return datarights.ErrFork
	case a.FirstInterval != c.head.NextInterval+a.Skipped:
		return datarights.ErrIntervalGap
	case c.stream.KeyEpochAt(a.FirstInterval) != a.KeyEpoch || c.stream.KeyEpochAt(last) != a.KeyEpoch:
		return datarights.ErrKeyEpoch
	case !c.stream.Historical && end > c.now().UnixMilli():
		return datarights.ErrFuture
	case a.Boundary != c.boundary:
		return provider.ErrBoundary
	case (a.Skipped == 0) != (a.SkipReason == ""):
		return datarights.ErrSkip
	case !ed25519.Verify(c.stream.Writer.Key, datarights.AnchorSignBytes(testChain, a), a.Signature):
		return datarights.ErrWriterSignature
	}
	c.anchors = append(c.anchors, a)
	c.head = datarights.Head{
		NextSeq: a.Seq + 1, LastHash: datarights.AnchorHash(testChain, a), NextInterval: a.FirstInterval + a.Intervals,
		Records: c.head.Records + a.Records,
	}
	return nil
}

func (c *fakeChain) bump(m *datarights.MsgBumpWriter) error {
	if m.Writer != c.stream.Writer.Account {
		return datarights.ErrForeignWriter
	}
	if m.WriterEpoch != c.stream.Writer.Epoch {
		return datarights.ErrStaleWriter
	}
	c.stream.Writer.Epoch++
	return nil
}

// fakeNodes are all storage nodes and the DHT.
type fakeNodes struct {
	lock      sync.Mutex // the uploader is concurrent
	shards    map[string][]byte
	manifests map[string][]byte
	capsules  map[string][]byte // by grant, provider and node
	hints     []wire.Hint
	keyHints  []wire.KeyHint
	down      map[uint64]bool
}

func newFakeNodes() *fakeNodes {
	return &fakeNodes{shards: map[string][]byte{}, manifests: map[string][]byte{}, capsules: map[string][]byte{}, down: map[uint64]bool{}}
}

var errDown = errors.New("provider is down")

func (n *fakeNodes) PutShard(_ context.Context, to provider.Provider, t wire.Ticket, shard []byte) (wire.Receipt, error) {
	if n.down[to.Id] {
		return wire.Receipt{}, errDown
	}
	n.shards[string(t.Cid)] = bytes.Clone(shard)
	return wire.Receipt{ChainId: t.ChainId, Provider: to.Id, Stream: t.Stream, Seq: t.Seq, Index: t.Index, Cid: t.Cid}, nil
}

func (n *fakeNodes) PutManifest(_ context.Context, to provider.Provider, _, _ uint64, manifest []byte, _ []wire.Receipt) error {
	if n.down[to.Id] {
		return errDown
	}
	n.manifests[string(wire.CID(manifest))] = bytes.Clone(manifest)
	return nil
}

func (n *fakeNodes) Manifest(_ context.Context, from provider.Provider, _, _ uint64, cid []byte) ([]byte, error) {
	if m, ok := n.manifests[string(cid)]; ok && !n.down[from.Id] {
		return m, nil
	}
	return nil, errDown
}

func (n *fakeNodes) PutCapsule(_ context.Context, to provider.Provider, _, grant uint64, node, capsule []byte) error {
	if n.down[to.Id] {
		return errDown
	}
	n.capsules[fmt.Sprintf("%d/%d/%x", grant, to.Id, node)] = capsule
	return nil
}

func (n *fakeNodes) PutHint(_ context.Context, h wire.Hint) error {
	n.hints = append(n.hints, h)
	return nil
}

func (n *fakeNodes) PutKeyHint(_ context.Context, k wire.KeyHint) error {
	n.keyHints = append(n.keyHints, k)
	return nil
}

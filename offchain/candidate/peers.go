package candidate

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"slices"
	"strings"
)

// peerBlocks is how often a member looks whether it still knows enough others: well within a round of proposers.
const peerBlocks = 10

// Member of the committee as a peer.
type Member struct {
	NodeID  string // hex, as CometBFT prints it
	Address string // host:port; empty where the candidate does not say
}

// Network is what Peers asks of its node.
type Network interface {
	// Next waits for a block above a height.
	Next(ctx context.Context, above int64) (int64, error)
	// Committee as of the last block.
	Committee(ctx context.Context) ([]Member, error)
	// Connected tells the own node id, and those of the peers that the node is connected to.
	Connected(ctx context.Context) (self string, peers []string, err error)
	// Dial adds a member to the node's address book and connects to it, whatever the limits on the number of peers.
	Dial(ctx context.Context, m Member) error
}

// Peers takes the committee as the node's address book: a member keeps connections to at least so many others, by their node ids
// (R4.4). A node without a seat dials nobody, so that members have room for each other.
type Peers struct {
	node    Network
	want    int
	log     *slog.Logger
	metrics *Metrics
}

// NewPeers keeps a node connected to at least want members, or all, while it has a seat.
func NewPeers(node Network, want int, log *slog.Logger, metrics *Metrics) *Peers {
	return &Peers{node: node, want: want, log: log, metrics: metrics}
}

// Run follows the committee until ctx ends, whose error it returns.
func (p *Peers) Run(ctx context.Context) error {
	var height, due int64
	for {
		next, err := p.node.Next(ctx, height)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			return fmt.Errorf("committee peers: waiting for a block: %w", err)
		}
		height = next
		if height < due {
			continue
		}
		due = height + peerBlocks
		if err := p.step(ctx, height); err != nil && ctx.Err() == nil {
			p.log.Warn("committee peers: tried again later", "height", height, "err", err)
		}
	}
}

func (p *Peers) step(ctx context.Context, height int64) error {
	members, err := p.node.Committee(ctx)
	if err != nil {
		return fmt.Errorf("committee: %w", err)
	}
	self, connected, err := p.node.Connected(ctx)
	if err != nil {
		return fmt.Errorf("peers: %w", err)
	}
	seated, have, missing := sift(members, self, connected, height)
	p.metrics.peers.Set(float64(have))
	p.metrics.seated.Set(0)
	if !seated {
		return nil
	}
	p.metrics.seated.Set(1)
	for _, m := range missing {
		if have >= p.want {
			return nil
		}
		if m.Address == "" {
			continue
		}
		p.log.Info("committee peers: dialing", "node_id", m.NodeID, "address", m.Address)
		if err := p.node.Dial(ctx, m); err != nil {
			p.log.Warn("committee peers: not reached", "node_id", m.NodeID, "address", m.Address, "err", err)
			continue
		}
		have++
	}
	return nil
}

// sift tells whether the node itself sits, how many other members it is connected to, and the rest, in an order that differs from
// node to node, so that not all dial the same few, and from height to height, so that none that are down are all it ever dials.
func sift(members []Member, self string, connected []string, height int64) (seated bool, have int, missing []Member) {
	for _, m := range members {
		switch {
		case m.NodeID == "":
		case strings.EqualFold(m.NodeID, self):
			seated = true
		case slices.ContainsFunc(connected, func(id string) bool { return strings.EqualFold(id, m.NodeID) }):
			have++
		default:
			missing = append(missing, m)
		}
	}
	rank := func(m Member) []byte {
		h := sha256.Sum256(fmt.Appendf(nil, "%d %s %s", height, self, m.NodeID))
		return h[:]
	}
	slices.SortFunc(missing, func(a, b Member) int { return bytes.Compare(rank(a), rank(b)) })
	return seated, have, missing
}

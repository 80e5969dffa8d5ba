package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strconv"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"
	cmthttp "github.com/cometbft/cometbft/rpc/client/http"
)

const (
	// onChainBytes is how much traffic the goal is about, onChainGoal how many bytes of it there must be for each on chain.
	onChainBytes = 64 << 20
	onChainGoal  = 1000.0

	anchorMsg = "/cpchain.datarights.v1.MsgAnchor"
	grantMsg  = "/cpchain.datarights.v1.MsgGrant"
	acceptMsg = "/cpchain.datarights.v1.MsgAcceptGrant"
)

// span is what happened on chain in the blocks (from, to], while so many bytes of data were published.
type span struct {
	name     string
	in       int
	from, to int64
	// all transactions, whoever sent them, and those of each kind of message.
	all   txCost
	kinds map[string]txCost
}

// txCost adds up transactions.
type txCost struct {
	count, bytes int
	gas          int64
}

func (c txCost) plus(tx []byte, gas int64) txCost {
	return txCost{count: c.count + 1, bytes: c.bytes + len(tx), gas: c.gas + gas}
}

// onChain counts from outside what publishing and granting leave on chain: every transaction in the blocks, and what the
// stores of the stopped chain hold more than before.
func (b *bench) onChain(ctx context.Context) error {
	n, err := b.start(ctx)
	if err != nil {
		return err
	}
	published, err := b.publishCounted(ctx, n)
	if err != nil {
		return err
	}
	granted, err := n.grantCounted(ctx)
	if err != nil {
		return err
	}
	if err := n.Chain.Stop(ctx); err != nil {
		return err
	}
	b.net = nil
	stores, err := openStores(filepath.Join(n.Chain.Nodes[0].Home, "data"))
	if err != nil {
		return err
	}
	defer stores.close()
	for i, s := range append(published, granted) {
		grown, err := stores.grown(s.from, s.to)
		if err != nil {
			return err
		}
		if i == len(published) {
			b.tellGrant(s, grown)
			continue
		}
		b.tellPublished(s, grown)
	}
	return nil
}

// publishCounted publishes the shipped sets as they are, and much traffic; the last span is the one with the goal.
func (b *bench) publishCounted(ctx context.Context, n *network) ([]span, error) {
	hours, err := b.readWeather()
	if err != nil {
		return nil, err
	}
	seconds, err := b.readTraffic()
	if err != nil {
		return nil, err
	}
	much, err := replay(seconds, onChainBytes)
	if err != nil {
		return nil, err
	}
	var spans []span
	for _, c := range []struct {
		name string
		stream
	}{{"weather-as-shipped", weather(hours)}, {"traffic-as-shipped", traffic(seconds)}, {"traffic-64MiB", traffic(much)}} {
		s, err := n.counted(ctx, c.name, len(c.text), func() error {
			name, file, err := n.create(ctx, c.stream)
			if err != nil {
				return err
			}
			return n.publish(ctx, name, file)
		})
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.name, err)
		}
		spans = append(spans, s)
	}
	return spans, nil
}

// grantCounted grants a quarter of an hour of the stream published last.
func (n *network) grantCounted(ctx context.Context) (span, error) {
	reader, err := n.NewUser(ctx, "reader", "1000000000ucpc")
	if err != nil {
		return span{}, err
	}
	var device struct {
		Reader uint64 `json:"reader"`
	}
	if err := reader.JSON(ctx, &device, "reader", "init", "--name", "device"); err != nil {
		return span{}, err
	}
	origin := time.UnixMilli(traffic(nil).grid.Origin).UTC()
	return n.counted(ctx, "grant", 0, func() error {
		return n.owner.JSON(ctx, nil, "grant", n.last, "--reader", strconv.FormatUint(device.Reader, 10), "--for", "1h",
			"--from", origin.Add(15*time.Minute).Format(time.RFC3339), "--to", origin.Add(30*time.Minute).Format(time.RFC3339))
	})
}

// counted does something and reads the blocks made meanwhile.
func (n *network) counted(ctx context.Context, name string, in int, do func() error) (span, error) {
	s := span{name: name, in: in, kinds: map[string]txCost{}}
	rpc, err := cmthttp.New(n.RPC(), "/websocket")
	if err != nil {
		return s, err
	}
	if s.from, err = n.Chain.Nodes[0].Height(ctx); err != nil {
		return s, err
	}
	if err := do(); err != nil {
		return s, err
	}
	if s.to, err = n.Chain.Nodes[0].Height(ctx); err != nil {
		return s, err
	}
	for h := s.from + 1; h <= s.to; h++ {
		block, err := rpc.Block(ctx, &h)
		if err != nil {
			return s, err
		}
		results, err := rpc.BlockResults(ctx, &h)
		if err != nil {
			return s, err
		}
		for i, tx := range block.Block.Txs {
			result := results.TxsResults[i]
			s.all = s.all.plus(tx, result.GasUsed)
			for _, kind := range kindsOf(result) {
				s.kinds[kind] = s.kinds[kind].plus(tx, result.GasUsed)
			}
		}
	}
	return s, nil
}

// kindsOf lists the type of each message of a transaction, by the events of its result.
func kindsOf(result *abci.ExecTxResult) []string {
	var kinds []string
	for _, e := range result.Events {
		if e.Type != "message" {
			continue
		}
		for _, a := range e.Attributes {
			if a.Key == "action" {
				kinds = append(kinds, a.Value)
			}
		}
	}
	return kinds
}

// tellPublished adds the rows of a span in which data was published.
func (b *bench) tellPublished(s span, grown map[string]int64) {
	ours := grown["datarights"] + grown["provider"]
	total := int64(0)
	for _, bytes := range grown {
		total += bytes
	}
	r := figure("chain/"+s.name, float64(s.in)/float64(int64(s.all.bytes)+ours), "bytes in per byte on chain")
	if s.in >= onChainBytes {
		r = r.atLeast(onChainGoal)
		anchors := s.kinds[anchorMsg]
		b.report.add(r,
			figure("chain/"+s.name+"/all-modules", float64(s.in)/float64(int64(s.all.bytes)+total), "bytes in per byte on chain"),
			figure("chain/anchor/tx", float64(anchors.bytes)/float64(anchors.count), "bytes"),
			figure("chain/anchor/state", float64(ours)/float64(anchors.count), "bytes"),
			figure("chain/anchor/gas", float64(anchors.gas)/float64(anchors.count), "gas"))
	} else {
		b.report.add(r)
	}
	b.report.note("%s: %d bytes in; on chain %d of %d transactions (%d of them %d anchors) and %d of state: datarights %d, provider %d; all modules' stores %d, what goes with blocks included: %s",
		s.name, s.in, s.all.bytes, s.all.count, s.kinds[anchorMsg].bytes, s.kinds[anchorMsg].count, ours, grown["datarights"], grown["provider"],
		total, others(grown))
}

// tellGrant adds the rows of a grant and its acceptances.
func (b *bench) tellGrant(s span, grown map[string]int64) {
	g, a := s.kinds[grantMsg], s.kinds[acceptMsg]
	b.report.add(
		figure("chain/grant/tx", float64(g.bytes), "bytes"),
		figure("chain/grant/gas", float64(g.gas), "gas"),
		figure("chain/grant/accept-txs", float64(a.bytes), "bytes, of all proxies"),
		figure("chain/grant/accept-gas", float64(a.gas), "gas, of all proxies"),
		figure("chain/grant/state", float64(grown["datarights"]+grown["provider"]), "bytes"))
}

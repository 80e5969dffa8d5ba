package main

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"runtime"

	"github.com/spf13/cobra"

	"github.com/cpchain/cpchain/offchain/publish"
	"github.com/cpchain/cpchain/offchain/reader"
	"github.com/cpchain/cpchain/offchain/storage/client"
	"github.com/cpchain/cpchain/pkg/timechain"
	"github.com/cpchain/cpchain/pkg/timechain/csvio"
	datarights "github.com/cpchain/cpchain/x/datarights/types"
)

func publishCmd(a *app) *cobra.Command {
	var ref, deviceFile string
	cmd := &cobra.Command{
		Use:   "publish FILE --stream STREAM",
		Short: "seal a CSV file and publish it, without a gateway",
		Long: `Seal a CSV file by the stream's schema, one bundle per upload period, spread each over storage nodes and anchor it.
You must be the stream's writer (a stream made without --gateway). What is anchored already is skipped, so a run that was
cut off is finished by running it again.

` + streamRefHelp,
		Example: "  cpdata publish weather-2010.csv --stream weather",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.publish(cmd.Context(), args[0], ref, deviceFile)
		},
	}
	cmd.Flags().StringVar(&ref, "stream", "", "the stream")
	cmd.Flags().StringVar(&deviceFile, "device-key", "", "PKCS#8 key in PEM form of the device the stream names")
	_ = cmd.MarkFlagRequired("stream") // the flag exists
	return cmd
}

// publication is one run of `publish`.
type publication struct {
	app    *app
	stream datarights.Stream
	head   datarights.Head
	schema timechain.Schema
	key    ed25519.PrivateKey
	keys   reader.KeySource
	up     *publish.Publisher
	chain  timechain.Chain
	// sign is the device's, nil without one.
	sign func(digest [32]byte) ([]byte, error)
	// pending records by interval, all of one upload period.
	pending map[uint32][]timechain.Record

	records, skipped, bundles, bytes uint64
}

func (a *app) publish(ctx context.Context, file, ref, deviceFile string) error {
	in, err := os.Open(file)
	if err != nil {
		return err
	}
	defer in.Close()
	p, err := a.publication(ctx, ref, deviceFile)
	if err != nil {
		return err
	}
	for record, err := range csvio.ReadCSV(p.schema, p.stream.OriginMs, in) {
		if err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		if err := p.add(ctx, record); err != nil {
			return err
		}
	}
	if err := p.flush(ctx); err != nil {
		return err
	}
	return a.print(map[string]any{"records": p.records, "skipped": p.skipped, "bundles": p.bundles, "sealed_bytes": p.bytes},
		fmt.Sprintf("%d records in %d bundles; %d were anchored before", p.records, p.bundles, p.skipped))
}

func (a *app) publication(ctx context.Context, ref, deviceFile string) (*publication, error) {
	s, err := a.signer(ctx)
	if err != nil {
		return nil, err
	}
	stream, head, err := a.stream(ctx, ref)
	if err != nil {
		return nil, err
	}
	key, err := a.writerKey(stream.Name)
	if err != nil {
		return nil, err
	}
	if stream.Writer.Account != s.Address() || !key.Public().(ed25519.PublicKey).Equal(ed25519.PublicKey(stream.Writer.Key)) {
		return nil, fmt.Errorf("the writer of stream %d is %s, not you: give its gateway the data, or run `cpdata stream set-writer %s`", stream.Id, stream.Writer.Account, ref)
	}
	sign, err := deviceSigner(stream, deviceFile)
	if err != nil {
		return nil, err
	}
	root, err := a.root()
	if err != nil {
		return nil, err
	}
	net, err := a.network(ctx)
	if err != nil {
		return nil, err
	}
	p := &publication{
		app: a, stream: stream, head: head, key: key, sign: sign, pending: map[uint32][]timechain.Record{},
		keys: reader.OwnerKeys{Root: root, Chain: a.client.ChainID(), Stream: stream},
		up:   publish.New(a.client, publish.Over(net, key), publish.Writer{Key: key}, publish.Options{}),
	}
	if p.schema, err = stream.Schema.Timechain(); err != nil {
		return nil, err
	}
	return p, p.resume(ctx, net)
}

// resume finds where the header chain stands after the last bundle.
func (p *publication) resume(ctx context.Context, net *client.Client) error {
	if p.head.NextSeq == 0 {
		return nil
	}
	last, err := p.app.client.Anchor(ctx, p.stream.Id, p.head.NextSeq-1)
	if err != nil {
		return err
	}
	nodes := reader.NewNodes(net.With(client.WriterIdentity(p.stream.Id, p.key)), nil)
	f := &reader.Fetcher{Chain: p.app.client, Network: nodes}
	m, err := f.Manifest(ctx, p.stream, last, 0)
	if err != nil {
		return err
	}
	p.chain = m.After(len(m.Lines) - 1)
	return nil
}

// add takes one record; the records must come in the order of their upload periods.
func (p *publication) add(ctx context.Context, r timechain.Record) error {
	grid := p.stream.Grid()
	interval, err := grid.IntervalOf(r.T)
	if err != nil {
		return fmt.Errorf("record %d: %w", r.Seq, err)
	}
	if interval < p.head.NextInterval {
		p.skipped++
		return nil
	}
	for other := range p.pending {
		switch at, now := grid.BundleOf(other), grid.BundleOf(interval); {
		case at == now:
		case at > now:
			return fmt.Errorf("record %d lies in an upload period before the one of the records before it: sort the file by time", r.Seq)
		default:
			if err := p.flush(ctx); err != nil {
				return err
			}
		}
		break
	}
	p.pending[interval] = append(p.pending[interval], r)
	return nil
}

// flush seals, uploads and anchors what is pending: all intervals from the first to the last with records, in whole upload
// periods' order; what lies between the last anchor and the first record is a declared outage.
func (p *publication) flush(ctx context.Context) error {
	if len(p.pending) == 0 {
		return nil
	}
	first, last := bounds(p.pending)
	skipped, reason := first-p.head.NextInterval, ""
	if skipped > 0 {
		reason = "no records in the file"
	}
	in := timechain.SealInput{
		Stream: datarights.StreamID(p.app.client.ChainID(), p.stream.Id), Seq: p.head.NextSeq,
		KeyEpoch: p.stream.KeyEpochAt(first), WriterEpoch: p.stream.Writer.Epoch, Grid: p.stream.Grid(), Schema: p.schema,
		K: int(p.stream.DataShards), N: int(p.stream.TotalShards), Workers: runtime.NumCPU(), Chain: p.chain, Sign: p.sign,
	}
	if p.stream.KeyEpochAt(last) != in.KeyEpoch {
		return errors.New("the upload period crosses a new key epoch: publish the two parts as files of their own")
	}
	count := uint64(0)
	for i := first; ; i++ {
		in.Intervals = append(in.Intervals, timechain.IntervalRecords{Interval: i, Records: p.pending[i]})
		count += uint64(len(p.pending[i]))
		if i == last {
			break
		}
	}
	b, err := timechain.SealBundle(rand.Reader, in, p.keys.Key)
	if err != nil {
		return err
	}
	if err := p.anchor(ctx, b, skipped, reason); err != nil {
		return err
	}
	p.chain, p.pending = b.Chain, map[uint32][]timechain.Record{}
	p.records, p.bundles, p.bytes = p.records+count, p.bundles+1, p.bytes+uint64(b.Manifest.PayloadSize)
	return nil
}

func bounds(pending map[uint32][]timechain.Record) (first, last uint32) {
	first = ^uint32(0)
	for i := range pending {
		first, last = min(first, i), max(last, i)
	}
	return first, last
}

// anchor uploads and anchors one bundle and reads the new head.
func (p *publication) anchor(ctx context.Context, b *timechain.Bundle, skipped uint32, reason string) error {
	msg, _, err := p.up.Upload(ctx, p.stream, p.head, b, skipped, reason)
	if err != nil {
		return err
	}
	s, err := p.app.signer(ctx)
	if err != nil {
		return err
	}
	if _, err := p.app.submit(ctx, s, "", msg); err != nil {
		return err
	}
	p.app.note("bundle %d: intervals %d to %d, %d bytes in %d shards, anchored", b.Manifest.Seq, msg.Anchor.FirstInterval,
		msg.Anchor.FirstInterval+msg.Anchor.Intervals-1, b.Manifest.PayloadSize, b.Manifest.N)
	_, p.head, err = p.app.client.Stream(ctx, p.stream.Id)
	return err
}

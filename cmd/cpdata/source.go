package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/cpchain/cpchain/offchain/owner"
	"github.com/cpchain/cpchain/offchain/reader"
	"github.com/cpchain/cpchain/offchain/storage/client"
	datarights "github.com/cpchain/cpchain/x/datarights/types"
)

// source is a stream opened for reading: what to read with and which part.
type source struct {
	stream   datarights.Stream
	grant    uint64
	from, to uint32
	fetcher  *reader.Fetcher
	keys     reader.KeySource
}

// open prepares reading by a grant or as the owner.
func (a *app) open(ctx context.Context, args []string, f fetchFlags) (*source, error) {
	if f.asOwner == (f.grant != 0) {
		return nil, errors.New("give either --grant ID or --as-owner")
	}
	if f.offline && f.cache == "" {
		return nil, errors.New("--offline opens from a cache: give --cache DIR")
	}
	if f.asOwner {
		return a.openAsOwner(ctx, args, f)
	}
	return a.openGrant(ctx, args, f)
}

func (a *app) openGrant(ctx context.Context, args []string, f fetchFlags) (*source, error) {
	c, err := a.chain(ctx)
	if err != nil {
		return nil, err
	}
	g, err := c.Grant(ctx, f.grant)
	if err != nil {
		return nil, fmt.Errorf("grant %d: %w", f.grant, err)
	}
	stream, head, err := c.Stream(ctx, g.Stream)
	if err != nil {
		return nil, err
	}
	if err := a.sameStream(ctx, args, stream.Id); err != nil {
		return nil, err
	}
	last, err := a.availableTo(g, stream, head, f.to != "")
	if err != nil {
		return nil, err
	}
	from, to, err := f.intervals(stream, g.FirstInterval, last)
	if err != nil {
		return nil, err
	}
	name, err := a.readerFor(ctx, g, f.reader)
	if err != nil {
		return nil, err
	}
	keys, err := a.loadReader(name)
	if err != nil {
		return nil, err
	}
	if keys.Reader != g.Reader || keys.Version != g.ReaderVersion {
		a.note("grant %d is for reader %d (version %d); %q on this device is reader %d (version %d)", g.Id, g.Reader, g.ReaderVersion, name, keys.Reader, keys.Version)
	}
	id := client.ReaderIdentity(keys.Reader, keys.Version, keys.authKey())
	fetcher, err := a.fetcher(ctx, f, id, id)
	if err != nil {
		return nil, err
	}
	opening, err := fetcher.Ask(ctx, g, from, to)
	if err != nil {
		return nil, errors.Join(err, saveEvidence(f.evidence, &fetcher.Report))
	}
	if f.demand && !opening.Enough() {
		a.tellFailures(&fetcher.Report)
		if err := a.demandMissing(ctx, g, opening, id); err != nil {
			return nil, err
		}
	}
	opened, err := opening.Open(keys.PRE)
	if err != nil {
		return nil, errors.Join(err, saveEvidence(f.evidence, &fetcher.Report))
	}
	return &source{stream: stream, grant: g.Id, from: from, to: to, fetcher: fetcher, keys: opened}, nil
}

// readerFor is the name of the reader to use: the one given, or that under which the grant's reader is registered.
func (a *app) readerFor(ctx context.Context, g datarights.Grant, given string) (string, error) {
	if given != "" {
		return given, nil
	}
	res, err := a.client.Reader(ctx, g.Reader, 0)
	if err != nil {
		return "", err
	}
	if _, err := os.Stat(a.readerPath(res.Reader.Name)); err != nil {
		return "", fmt.Errorf("grant %d is for reader %d, %q of %s, whose keys are not in %s: use the device that has them, or name another with --reader",
			g.Id, g.Reader, res.Reader.Name, res.Reader.Owner, a.home)
	}
	return res.Reader.Name, nil
}

// availableTo is the last interval of a grant that can be there: whoever names no end gets what is anchored so far, and
// nothing of what was sealed after a rekey.
func (a *app) availableTo(g datarights.Grant, s datarights.Stream, h datarights.Head, named bool) (uint32, error) {
	end := uint64(g.LastInterval) + 1
	if named {
		return g.LastInterval, nil
	}
	if rekeyed := s.KeyEpochEnd(g.KeyEpoch); rekeyed < end {
		end = rekeyed
		a.note("the stream was rekeyed: grant %d ends at %s", g.Id, a.intervalStart(s, end))
	}
	if anchored := uint64(h.NextInterval); anchored < end {
		end = anchored
		a.note("from %s on nothing is anchored yet", a.intervalStart(s, end))
	}
	if end <= uint64(g.FirstInterval) {
		return 0, fmt.Errorf("nothing of grant %d is anchored yet: it begins at %s", g.Id, a.intervalStart(s, uint64(g.FirstInterval)))
	}
	return uint32(end - 1), nil
}

// intervalStart is when an interval begins, in the user's zone.
func (a *app) intervalStart(s datarights.Stream, interval uint64) string {
	return time.UnixMilli(s.OriginMs + int64(interval*s.IntervalMs)).In(a.zone).Format(time.RFC3339)
}

func (a *app) openAsOwner(ctx context.Context, args []string, f fetchFlags) (*source, error) {
	if len(args) == 0 {
		return nil, errors.New("name the stream to read as its owner")
	}
	stream, head, err := a.stream(ctx, args[0])
	if err != nil {
		return nil, err
	}
	if head.NextInterval == 0 {
		return nil, fmt.Errorf("stream %d has no anchored data yet", stream.Id)
	}
	from, to, err := f.intervals(stream, 0, head.NextInterval-1)
	if err != nil {
		return nil, err
	}
	root, err := a.root()
	if err != nil {
		return nil, err
	}
	s, err := a.signer(ctx)
	if err != nil {
		return nil, err
	}
	fetcher, err := a.fetcher(ctx, f, client.OwnerIdentity(s.SignBytes), nil)
	if err != nil {
		return nil, err
	}
	keys := reader.OwnerKeys{Root: root, Chain: a.client.ChainID(), Stream: stream}
	return &source{stream: stream, from: from, to: to, fetcher: fetcher, keys: keys}, nil
}

func (a *app) fetcher(ctx context.Context, f fetchFlags, id client.Identity, signs *client.Reader) (*reader.Fetcher, error) {
	var network reader.Network
	if !f.offline {
		net, err := a.network(ctx)
		if err != nil {
			return nil, err
		}
		network = reader.NewNodes(net.With(id), signs)
	}
	if f.cache != "" {
		cache, err := reader.NewCache(f.cache, network)
		if err != nil {
			return nil, err
		}
		network = cache
	}
	return &reader.Fetcher{Chain: a.client, Network: network, Workers: fetchWorkers}, nil
}

// streamOf is the stream that the grant, or the argument, names.
func (a *app) streamOf(ctx context.Context, args []string, f fetchFlags) (datarights.Stream, error) {
	if f.grant == 0 {
		if len(args) == 0 {
			return datarights.Stream{}, errors.New("give either --grant ID or a stream with --as-owner")
		}
		s, _, err := a.stream(ctx, args[0])
		return s, err
	}
	c, err := a.chain(ctx)
	if err != nil {
		return datarights.Stream{}, err
	}
	g, err := c.Grant(ctx, f.grant)
	if err != nil {
		return datarights.Stream{}, fmt.Errorf("grant %d: %w", f.grant, err)
	}
	s, _, err := c.Stream(ctx, g.Stream)
	return s, err
}

// sameStream refuses a stream named on the command line that is not the grant's.
func (a *app) sameStream(ctx context.Context, args []string, granted uint64) error {
	if len(args) == 0 {
		return nil
	}
	named, _, err := a.stream(ctx, args[0])
	if err != nil {
		return err
	}
	if named.Id != granted {
		return fmt.Errorf("the grant is on stream %d, not on %s", granted, args[0])
	}
	return nil
}

// intervals of the range asked for, inclusive; first and last bound it.
func (f fetchFlags) intervals(s datarights.Stream, first, last uint32) (uint32, uint32, error) {
	from, end := uint64(first), uint64(last)+1
	if f.from != "" {
		t, err := parseTime("from", f.from)
		if err != nil {
			return 0, 0, err
		}
		if from, err = owner.AlignedInterval(s, t); err != nil {
			return 0, 0, fmt.Errorf("--from: %w", err)
		}
	}
	if f.to != "" {
		t, err := parseTime("to", f.to)
		if err != nil {
			return 0, 0, err
		}
		if end, err = owner.AlignedInterval(s, t); err != nil {
			return 0, 0, fmt.Errorf("--to: %w", err)
		}
	}
	if from >= end {
		return 0, 0, errors.New("the range is empty")
	}
	return uint32(from), uint32(end - 1), nil
}

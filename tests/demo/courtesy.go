package main

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"path/filepath"
	"time"

	"github.com/fxamacker/cbor/v2"

	"github.com/cpchain/cpchain/offchain/chain"
	"github.com/cpchain/cpchain/offchain/owner"
	"github.com/cpchain/cpchain/pkg/keytree"
	"github.com/cpchain/cpchain/pkg/pre"
	"github.com/cpchain/cpchain/tests/e2e/stack"
	datarights "github.com/cpchain/cpchain/x/datarights/types"
)

// span is a range of intervals, both ends included.
type span struct{ first, last uint32 }

// dayRanges are the days around a granted range, and one inside it.
type dayRanges struct{ before, inside, after span }

func (d *demo) days(s datarights.Stream, from, to string) (dayRanges, error) {
	day := func(at string, shift time.Duration) (span, error) {
		t, err := time.Parse(time.RFC3339, at)
		if err != nil {
			return span{}, err
		}
		first, err := owner.AlignedInterval(s, t.Add(shift))
		if err != nil {
			return span{}, err
		}
		end, err := owner.AlignedInterval(s, t.Add(shift+24*time.Hour))
		return span{uint32(first), uint32(end - 1)}, err
	}
	var r dayRanges
	for _, d := range []struct {
		into  *span
		at    string
		shift time.Duration
	}{{&r.before, from, -24 * time.Hour}, {&r.inside, from, 0}, {&r.after, to, 0}} {
		var err error
		if *d.into, err = day(d.at, d.shift); err != nil {
			return r, err
		}
	}
	return r, nil
}

// readerKeys are a reader's secrets as cpdata keeps them in readers/<name>.age.
type readerKeys struct {
	Reader  uint64        `cbor:"1,keyasint"`
	Version uint32        `cbor:"2,keyasint"`
	PRE     pre.SecretKey `cbor:"3,keyasint"`
	Auth    []byte        `cbor:"4,keyasint"`
}

func (k readerKeys) authKey() ed25519.PrivateKey { return ed25519.NewKeyFromSeed(k.Auth) }

func loadReader(u *stack.User) (k readerKeys, err error) {
	bz, err := u.Secret(filepath.Join("readers", "device.age"))
	if err != nil {
		return k, err
	}
	return k, cbor.Unmarshal(bz, &k)
}

// beyondCourtesy shows that it is not only manners that keep the others out: with every fragment and every shard handed
// over, and nobody asked any more, what was not granted still does not open.
func (d *demo) beyondCourtesy(ctx context.Context) error {
	c, err := chain.Dial(ctx, chain.Config{RPC: d.RPC()})
	if err != nil {
		return err
	}
	carol, err := loadReader(d.carol)
	if err != nil {
		return err
	}
	stream, _, err := c.Stream(ctx, d.weather.id)
	if err != nil {
		return err
	}
	days, err := d.days(stream, weatherFrom, weatherTo)
	if err != nil {
		return err
	}
	h, err := d.handOver(ctx, c, carol, d.weather.grant, days)
	if err != nil {
		return err
	}
	seeds, err := d.otherReader(h, carol)
	if err != nil {
		return err
	}
	return d.otherDays(h, carol, seeds, days)
}

// otherReader gives dave all that carol has but her key; carol's key with the same things is the twin.
func (d *demo) otherReader(h *hand, carol readerKeys) ([]keytree.NodeSeed, error) {
	dave, err := loadReader(d.dave)
	if err != nil {
		return nil, err
	}
	_, opened, tried, err := h.open(dave.PRE)
	if err != nil {
		return nil, err
	}
	seeds, hers, _, err := h.open(carol.PRE)
	if err != nil {
		return nil, err
	}
	proxies := h.grant.Accepted()
	if opened != 0 || hers != tried || len(seeds) != len(h.nodes) {
		return nil, fmt.Errorf("with everything handed over, of %d tries dave opens %d, not 0, and carol %d, not all", tried, opened, hers)
	}
	d.denied("dave is handed every fragment of carol's grant by all proxies, and opens them with his own key",
		fmt.Sprintf("cryptography: 0 of %d tries open", tried), fmt.Sprintf("with carol's key the same code opens %d of %d", hers, tried))
	d.say("handed to dave: the fragments of all %d proxies for carol's %d keys; every choice of %d of them under his own key: 0 of %d open, under carol's %d of %d",
		proxies, len(h.nodes), h.grant.Threshold, tried, hers, tried)
	return seeds, nil
}

// otherDays tries all that carol can open on the days around her grant, whose ciphertext she holds; a day inside is the twin.
func (d *demo) otherDays(h *hand, carol readerKeys, seeds []keytree.NodeSeed, days dayRanges) error {
	inside, err := h.try(carol, seeds, days.inside)
	if err != nil {
		return err
	}
	if inside.opened != inside.intervals || inside.opened != 24 || inside.records == 0 {
		return fmt.Errorf("carol's keys open %d of %d hours of a day that was granted", inside.opened, inside.intervals)
	}
	twin := fmt.Sprintf("on the first granted day the same code opens %d of %d hours, %d records", inside.opened, inside.intervals, inside.records)
	for _, day := range []struct {
		name string
		at   span
	}{{"the day before", days.before}, {"the day after", days.after}} {
		got, err := h.try(carol, seeds, day.at)
		if err != nil {
			return err
		}
		if got.opened != 0 || got.relabelled != 0 || got.intervals != 24 {
			return fmt.Errorf("on %s carol's keys open %d of %d hours, relabelled fragments %d", day.name, got.opened, got.intervals, got.relabelled)
		}
		d.denied(fmt.Sprintf("carol holds every shard of %s and tries the %d keys her fragments lead to, and her fragments as if they were of that day", day.name, got.keys),
			fmt.Sprintf("cryptography: 0 of %d hours open, 0 of %d proofs verify", got.intervals, got.relabels), twin)
		d.say("carol, with every shard in hand, on %s: %d keys tried on each of %d hours, 0 open; her fragments passed off as that day's: 0 of %d verify; a granted day: %d of %d hours",
			day.name, got.keys, got.intervals, got.relabels, inside.opened, inside.intervals)
	}
	return nil
}

// tries is what came of one day's attempts.
type tries struct {
	keys, opened, intervals, records, relabelled, relabels int
}

func (h *hand) try(carol readerKeys, seeds []keytree.NodeSeed, day span) (t tries, err error) {
	keys, err := h.candidates(seeds, day.first, day.last)
	if err != nil {
		return t, err
	}
	t.keys = len(keys)
	if t.opened, t.intervals, t.records, err = h.decrypt(keys, day.first, day.last); err != nil {
		return t, err
	}
	t.relabelled, t.relabels, err = h.relabel(carol.PRE, day.first, day.last)
	return t, err
}

// denied notes a refusal beside its twin.
func (d *demo) denied(attempt, by, twin string) {
	d.result.Denied = append(d.result.Denied, denial{Attempt: attempt, By: by, Twin: twin})
}

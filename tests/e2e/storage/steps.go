package main

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/cpchain/cpchain/tests/e2e/stack"
	provider "github.com/cpchain/cpchain/x/provider/types"
	storage "github.com/cpchain/cpchain/x/storage/types"
)

// until asks again and again, until something holds.
func (s *story) until(ctx context.Context, what string, limit time.Duration, holds func() (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		ok, err := holds()
		if err != nil && ctx.Err() == nil {
			return fmt.Errorf("%s: %w", what, err)
		}
		if ok {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s: not within %s", what, limit)
		case <-tick.C:
		}
	}
}

func (s *story) node(ctx context.Context, id uint64) (storage.Node, error) {
	res, err := s.client.StorageNode(ctx, id)
	return res.Node, err
}

// proven waits until every holder has been paid for two periods.
func (s *story) proven(ctx context.Context) error {
	var earned, strikes uint64
	err := s.until(ctx, "every node proves twice", 3*time.Minute, func() (bool, error) {
		earned, strikes = 0, 0
		for _, p := range s.Providers {
			n, err := s.node(ctx, p.ID)
			if err != nil {
				return false, err
			}
			if n.Shards() > 0 && n.Proven < 2 {
				return false, nil
			}
			earned += n.Earned
			strikes += uint64(n.Strikes)
		}
		return true, nil
	})
	if err != nil {
		return err
	}
	s.checks["earned_ucpc"] = earned
	s.say("all nodes have proven what they hold for two periods, and earned %d ucpc", earned)
	return s.check("nobody_is_struck_who_holds_its_shards", strikes == 0 && earned > 0, "%d strikes, %d ucpc", strikes, earned)
}

// fetch reads everything as somebody and compares it with what was published.
func (s *story) fetch(ctx context.Context, name string, u *stack.User, args ...string) error {
	out := filepath.Join(s.dir, name+".csv")
	var got struct {
		SHA256 string `json:"sha256"`
	}
	start := time.Now()
	if err := u.JSON(ctx, &got, append([]string{"fetch", "--out", out}, args...)...); err != nil {
		return err
	}
	s.checks[name+"_mb_per_s"] = float64(s.megabytes) / time.Since(start).Seconds()
	return s.check(name, got.SHA256 == s.sum, "the fetched file has sha256 %s, the published one %s", got.SHA256, s.sum)
}

func (s *story) fetchBoth(ctx context.Context, when string) error {
	if err := s.fetch(ctx, "owner_reads_all_"+when, s.alice, "noise", "--as-owner"); err != nil {
		return err
	}
	return s.fetch(ctx, "reader_reads_all_"+when, s.carol, "--grant", strconv.FormatUint(s.grant, 10), "--reader", "device")
}

// proxies of the grant.
func (s *story) proxies(ctx context.Context) ([]uint64, error) {
	g, err := s.client.Grant(ctx, s.grant)
	ids := make([]uint64, len(g.Proxies))
	for i, p := range g.Proxies {
		ids[i] = p.Provider
	}
	return ids, err
}

// sixKilled kills six holders of one bundle, no proxies, and reads everything; then they come back.
func (s *story) sixKilled(ctx context.Context) error {
	proxies, err := s.proxies(ctx)
	if err != nil {
		return err
	}
	deal, err := s.client.Deal(ctx, s.stream, 0)
	if err != nil {
		return err
	}
	var killed []*stack.Provider
	for _, id := range deal.Providers() {
		if len(killed) < 6 && !slices.Contains(proxies, id) {
			killed = append(killed, s.ByID(id))
			s.ByID(id).Kill()
		}
	}
	s.say("kill -9 of %d holders of the first bundle", len(killed))
	if err := s.fetchBoth(ctx, "with_six_of_sixteen_killed"); err != nil {
		return err
	}
	s.say("owner and reader have every byte all the same")
	for _, p := range killed {
		if err := p.Start(ctx); err != nil {
			return err
		}
	}
	return nil
}

// twoLeave lets two operators leave for good: others take over what they held, and then their bonds unbond.
func (s *story) twoLeave(ctx context.Context) error {
	proxies, err := s.proxies(ctx)
	if err != nil {
		return err
	}
	leaving := []*stack.Provider{s.ByID(proxies[0])} // one with a parcel to hand over
	for _, p := range s.Providers {
		if !slices.Contains(proxies, p.ID) && len(leaving) < 2 {
			leaving = append(leaving, p)
		}
	}
	for _, p := range leaving {
		if _, err := s.Run(ctx, nil, "cpstoraged", "leave", "--home", p.Home, "--yes"); err != nil {
			return err
		}
	}
	start := time.Now()
	for _, p := range leaving {
		err := s.until(ctx, fmt.Sprintf("provider %d has nothing left", p.ID), 5*time.Minute, func() (bool, error) {
			_, err := s.Run(ctx, nil, "cpstoraged", "leave", "--home", p.Home, "--yes")
			if err != nil {
				return false, nil // the refusal says what it still waits for
			}
			row, err := s.client.Provider(ctx, p.ID)
			return err == nil && row.Status == provider.STATUS_LEFT, err
		})
		if err != nil {
			return err
		}
		p.Stop()
	}
	s.checks["leave_s"] = time.Since(start).Seconds()
	s.say("providers %d and %d have left: others hold all they held, the parcel of the first was handed over", leaving[0].ID, leaving[1].ID)
	return s.nothingEndangered(ctx, "nothing_is_endangered_after_two_left")
}

func (s *story) nothingEndangered(ctx context.Context, name string) error {
	var list []storage.Endangered
	err := s.until(ctx, name, 5*time.Minute, func() (bool, error) {
		var err error
		list, err = s.client.Endangered(ctx)
		return len(list) == 0, err
	})
	if err != nil {
		return err
	}
	return s.check(name, len(list) == 0, "%d bundles", len(list))
}

// halfLost takes every second block off a node's disk: it is caught at the next picks, struck, slashed, expelled, and replaced.
func (s *story) halfLost(ctx context.Context) error {
	proxies, err := s.proxies(ctx)
	if err != nil {
		return err
	}
	var victim *stack.Provider
	for _, p := range s.Providers {
		if n, err := s.node(ctx, p.ID); err == nil && p.Running() && n.Shards() > 4 && !slices.Contains(proxies, p.ID) {
			victim = p
			break
		}
	}
	if victim == nil {
		return fmt.Errorf("no node to rob")
	}
	bond, err := s.client.Provider(ctx, victim.ID)
	if err != nil {
		return err
	}
	victim.Kill()
	lost, err := halve(filepath.Join(victim.Home, "data", "blocks"))
	if err != nil {
		return err
	}
	if err := victim.Start(ctx); err != nil {
		return err
	}
	start := time.Now()
	s.say("provider %d lost %d files, every second it had", victim.ID, lost)
	err = s.until(ctx, "it is expelled", 5*time.Minute, func() (bool, error) {
		n, err := s.node(ctx, victim.ID)
		return n.ExpelledHeight > 0, err
	})
	if err != nil {
		return err
	}
	s.checks["expelled_after_s"] = time.Since(start).Seconds()
	row, err := s.client.Provider(ctx, victim.ID)
	if err != nil {
		return err
	}
	s.checks["bond_slashed_ucpc"] = bond.Bond.Amount.Sub(row.Bond.Amount).Int64()
	s.say("it was struck three times, slashed %s and expelled after %.0f s", bond.Bond.Sub(row.Bond), time.Since(start).Seconds())
	if err := s.nothingEndangered(ctx, "nothing_is_endangered_after_the_expulsion"); err != nil {
		return err
	}
	n, err := s.node(ctx, victim.ID)
	if err != nil {
		return err
	}
	s.say("others have rebuilt all it held")
	return s.check("expelled_node_holds_nothing", n.Shards() == 0, "%d shards", n.Shards())
}

// halve removes every second file under a folder.
func halve(dir string) (int, error) {
	var files []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			files = append(files, path)
		}
		return err
	})
	if err != nil {
		return 0, err
	}
	for i := 0; i < len(files); i += 2 {
		if err := os.Remove(files[i]); err != nil {
			return 0, err
		}
	}
	return (len(files) + 1) / 2, nil
}

func (s *story) readAgain(ctx context.Context) error {
	if err := s.fetchBoth(ctx, "after_all"); err != nil {
		return err
	}
	s.say("owner and reader read every byte again")
	return nil
}

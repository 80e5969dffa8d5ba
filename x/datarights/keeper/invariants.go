package keeper

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"

	"github.com/cpchain/cpchain/x/datarights/types"
	provider "github.com/cpchain/cpchain/x/provider/types"
)

// CheckInvariants checks what must hold after every block; the README lists it in words.
func (k Keeper) CheckInvariants(ctx context.Context) error {
	for _, check := range []func(context.Context) error{
		k.checkStreams, k.checkStreamIndexes, k.checkReaders, k.checkGrants, k.checkGrantIndexes, k.checkDemands, k.checkDisclaims, k.checkLoads, k.checkEscrow, k.checkSequences,
	} {
		if err := check(ctx); err != nil {
			return err
		}
	}
	return nil
}

// checkStreams: every stream has a head, its anchors are numbered and linked without a gap and add up to that head, each has
// its placement, and every tag has its entry.
func (k Keeper) checkStreams(ctx context.Context) error {
	heads := 0
	err := k.streams.Walk(ctx, nil, func(id uint64, s types.Stream) (bool, error) {
		heads++
		for _, tag := range s.Tags {
			if ok, err := k.tags.Has(ctx, collections.Join(tag, id)); err != nil || !ok {
				return true, fmt.Errorf("stream %d is not listed under its tag %q: %w", id, tag, err)
			}
		}
		return false, k.checkAnchors(ctx, s)
	})
	if err != nil {
		return err
	}
	return k.heads.Walk(ctx, nil, func(id uint64, _ types.Head) (bool, error) {
		if heads--; heads < 0 {
			return true, fmt.Errorf("head %d has no stream", id)
		}
		return false, nil
	})
}

func (k Keeper) checkAnchors(ctx context.Context, s types.Stream) error {
	head, err := k.heads.Get(ctx, s.Id)
	if err != nil {
		return fmt.Errorf("stream %d has no head: %w", s.Id, err)
	}
	var sum types.Head
	of := collections.NewPrefixedPairRange[uint64, uint64](s.Id)
	err = k.anchors.Walk(ctx, of, func(key collections.Pair[uint64, uint64], row types.AnchorRow) (bool, error) {
		a := row.Anchor
		linked := a.Stream == s.Id && a.Seq == key.K2() && a.Seq == sum.NextSeq && (len(a.Prev) == 0) == (a.Seq == 0)
		if !linked || uint64(a.FirstInterval) != uint64(sum.NextInterval)+uint64(a.Skipped) {
			return true, fmt.Errorf("stream %d: anchor %d at interval %d does not go on where %d and %d come next", s.Id, key.K2(), a.FirstInterval, sum.NextSeq, sum.NextInterval)
		}
		sum, err = sum.Next(a, head.LastHash)
		return false, err
	})
	if err != nil {
		return err
	}
	if !sum.SameTotals(head) {
		return fmt.Errorf("stream %d: the anchors add up to %+v, the head is %+v", s.Id, sum, head)
	}
	return nil
}

// checkStreamIndexes: every entry of a list names a stream that belongs there.
func (k Keeper) checkStreamIndexes(ctx context.Context) error {
	return k.tags.Walk(ctx, nil, func(key collections.Pair[string, uint64]) (bool, error) {
		s, err := k.streams.Get(ctx, key.K2())
		if err != nil || !slices.Contains(s.Tags, key.K1()) {
			return true, fmt.Errorf("tag %q names stream %d, which does not have it: %w", key.K1(), key.K2(), err)
		}
		return false, nil
	})
}

// checkReaders: every version up to the current one has keys, all but the newest retired.
func (k Keeper) checkReaders(ctx context.Context) error {
	keys := 0
	err := k.readers.Walk(ctx, nil, func(id uint64, r types.Reader) (bool, error) {
		for v := uint32(1); v <= r.Version; v++ {
			row, err := k.ReaderKeys(ctx, id, v)
			if err != nil || row.Retired != (v < r.Version) {
				return true, fmt.Errorf("reader %d version %d of %d: retired %t: %w", id, v, r.Version, row.Retired, err)
			}
		}
		keys += int(r.Version)
		return false, nil
	})
	if err != nil {
		return err
	}
	return k.readerKeys.Walk(ctx, nil, func(key collections.Pair[uint64, uint32], _ types.ReaderKeys) (bool, error) {
		if keys--; keys < 0 {
			return true, fmt.Errorf("reader keys %v belong to no version", key)
		}
		return false, nil
	})
}

// checkGrants: a grant has its leaves, is queued exactly if it waits for its settlement, was live only with enough answers,
// and stands in the lists of the proxies that did not refuse.
func (k Keeper) checkGrants(ctx context.Context) error {
	return k.grants.Walk(ctx, nil, func(id uint64, g types.Grant) (bool, error) {
		cover, err := types.GrantCover(g, int(g.Leaves))
		if err != nil || len(cover)*len(g.Proxies) != int(g.Leaves) {
			return true, fmt.Errorf("grant %d has %d leaves for %d nodes and %d proxies: %w", id, g.Leaves, len(cover), len(g.Proxies), err)
		}
		answered := g.Accepted() + g.Count(types.PROXY_STATE_FAULTY)
		if g.Status == types.GRANT_STATUS_LIVE && answered < int(g.Threshold) || g.Status == types.GRANT_STATUS_PENDING && answered >= int(g.Threshold) {
			return true, fmt.Errorf("grant %d is %s with %d of %d acceptances", id, g.Status, answered, g.Threshold)
		}
		queued, err := k.settlements.Has(ctx, collections.Join(g.SettleAt, id))
		if err != nil || queued != g.Queued() {
			return true, fmt.Errorf("grant %d, settled %t, due %d: queued %t: %w", id, g.Settled, g.SettleAt, queued, err)
		}
		for _, p := range g.Proxies {
			want := !g.Settled && p.Listed()
			if listed, err := k.grantProxies.Has(ctx, collections.Join(p.Holder(), id)); err != nil || listed != want {
				return true, fmt.Errorf("grant %d, proxy %d %s: listed %t: %w", id, p.Provider, p.State, listed, err)
			}
		}
		return false, nil
	})
}

// checkGrantIndexes: every entry of list, queue and disputes names a grant that belongs there.
func (k Keeper) checkGrantIndexes(ctx context.Context) error {
	err := k.grantProxies.Walk(ctx, nil, func(key collections.Pair[uint64, uint64]) (bool, error) {
		g, err := k.grants.Get(ctx, key.K2())
		if _, ok := g.HeldBy(key.K1()); err != nil || !ok {
			return true, fmt.Errorf("provider %d is listed for grant %d: %w", key.K1(), key.K2(), err)
		}
		return false, nil
	})
	if err != nil {
		return err
	}
	err = k.settlements.Walk(ctx, nil, func(key collections.Pair[int64, uint64]) (bool, error) {
		if g, err := k.grants.Get(ctx, key.K2()); err != nil || g.SettleAt != key.K1() {
			return true, fmt.Errorf("grant %d is queued for %d, its row says %d: %w", key.K2(), key.K1(), g.SettleAt, err)
		}
		return false, nil
	})
	if err != nil {
		return err
	}
	return k.disputes.Walk(ctx, nil, func(key collections.Triple[uint64, uint64, []byte]) (bool, error) {
		g, err := k.grants.Get(ctx, key.K1())
		i, ok := g.AnsweredBy(key.K2())
		if err != nil || !ok || g.Proxies[i].Holder() == key.K2() && g.Proxies[i].State != types.PROXY_STATE_FAULTY {
			return true, fmt.Errorf("dispute of grant %d names provider %d: %w", key.K1(), key.K2(), err)
		}
		return false, nil
	})
}

// checkLoads: what the registry has on each provider's books is what accepted grants name it for.
func (k Keeper) checkLoads(ctx context.Context) error {
	loads := map[uint64]provider.Load{}
	err := k.grants.Walk(ctx, nil, func(_ uint64, g types.Grant) (bool, error) {
		for _, p := range g.Proxies {
			load := loads[p.Holder()]
			if !g.Settled && (p.State == types.PROXY_STATE_ACCEPTED || p.State == types.PROXY_STATE_FAULTY) {
				load.Grants++
			}
			loads[p.Holder()] = load
		}
		return false, nil
	})
	if err != nil {
		return err
	}
	for _, id := range slices.Sorted(maps.Keys(loads)) {
		want := loads[id]
		if load, err := k.provider.Load(ctx, id); err != nil || load.Grants != want.Grants {
			return fmt.Errorf("provider %d: on its books %+v, in rows %+v: %w", id, load, want, err)
		}
	}
	return nil
}

// checkEscrow: the module holds exactly the acceptance fees of proxies who have not answered, and of hand-overs nobody has taken, the
// fees of open demands, and the pots.
func (k Keeper) checkEscrow(ctx context.Context) error {
	unpaid := sdk.NewInt64Coin(types.FeeDenom, 0)
	err := k.grants.Walk(ctx, nil, func(_ uint64, g types.Grant) (bool, error) {
		if !g.Settled {
			unpaid = unpaid.Add(g.Fees(g.Count(types.PROXY_STATE_ASKED) + g.Offers()))
		}
		return false, nil
	})
	if err != nil {
		return err
	}
	demands, err := k.heldForDemands(ctx)
	if err != nil {
		return err
	}
	unpaid = unpaid.AddAmount(demands)
	held := k.bank.GetAllBalances(ctx, authtypes.NewModuleAddress(types.ModuleName))
	if !held.Equal(sdk.NewCoins(unpaid)) {
		return fmt.Errorf("unpaid fees and what demands brought in sum to %s, the module holds %s", unpaid, held)
	}
	return nil
}

// checkSequences: no row has an id that is still to come.
func (k Keeper) checkSequences(ctx context.Context) error {
	g, err := k.ExportGenesis(ctx)
	if err != nil {
		return err
	}
	return g.Validate()
}

package keeper

import (
	"context"

	"cosmossdk.io/collections"

	"github.com/cpchain/cpchain/x/datarights/types"
)

// InitGenesis writes a validated genesis.
func (k Keeper) InitGenesis(ctx context.Context, g *types.GenesisState) error {
	if err := g.Validate(); err != nil {
		return err
	}
	if err := k.params.Set(ctx, g.Params); err != nil {
		return err
	}
	for _, seq := range []struct {
		collections.Sequence
		next uint64
	}{{k.streamSeq, g.NextStream}, {k.readerSeq, g.NextReader}, {k.grantSeq, g.NextGrant}} {
		if err := seq.Set(ctx, seq.next); err != nil {
			return err
		}
	}
	if err := k.initStreams(ctx, g); err != nil {
		return err
	}
	if err := k.initRights(ctx, g); err != nil {
		return err
	}
	for _, d := range g.Disclaims {
		if err := k.setDisclaim(ctx, d); err != nil {
			return err
		}
	}
	return k.initDemands(ctx, g)
}

func (k Keeper) initStreams(ctx context.Context, g *types.GenesisState) error {
	for _, r := range g.Streams {
		if err := k.checkCanonical(r.Stream.Owner, r.Stream.Writer.Account); err != nil {
			return err
		}
		if err := k.setStream(ctx, r.Stream, nil); err != nil {
			return err
		}
		if err := k.heads.Set(ctx, r.Stream.Id, r.Head); err != nil {
			return err
		}
	}
	for _, a := range g.Anchors {
		if err := k.anchors.Set(ctx, collections.Join(a.Anchor.Stream, a.Anchor.Seq), a); err != nil {
			return err
		}
	}
	return nil
}

func (k Keeper) initRights(ctx context.Context, g *types.GenesisState) error {
	for _, r := range g.Readers {
		if err := k.checkCanonical(r.Reader.Owner); err != nil {
			return err
		}
		if err := k.readers.Set(ctx, r.Reader.Id, r.Reader); err != nil {
			return err
		}
		for i, keys := range r.Keys {
			if err := k.readerKeys.Set(ctx, collections.Join(r.Reader.Id, uint32(i+1)), keys); err != nil {
				return err
			}
		}
	}
	for _, grant := range g.Grants {
		if err := k.setGrant(ctx, grant); err != nil {
			return err
		}
	}
	for _, d := range g.Disputes {
		if err := k.disputes.Set(ctx, collections.Join3(d.Grant, d.Provider, d.Node)); err != nil {
			return err
		}
	}
	return nil
}

// checkCanonical checks that addresses are written the one way rows have them.
func (k Keeper) checkCanonical(addresses ...string) error {
	for _, text := range addresses {
		account, err := k.account(text)
		if err != nil {
			return err
		}
		canonical, err := k.canonical(account)
		if err != nil {
			return err
		}
		if canonical != text {
			return types.ErrGenesis.Wrapf("address %s must be written %s", text, canonical)
		}
	}
	return nil
}

// ExportGenesis reads all state.
func (k Keeper) ExportGenesis(ctx context.Context) (*types.GenesisState, error) {
	g := &types.GenesisState{}
	var err error
	if g.Params, err = k.params.Get(ctx); err != nil {
		return nil, err
	}
	if g.NextStream, err = k.streamSeq.Peek(ctx); err != nil {
		return nil, err
	}
	if g.NextReader, err = k.readerSeq.Peek(ctx); err != nil {
		return nil, err
	}
	if g.NextGrant, err = k.grantSeq.Peek(ctx); err != nil {
		return nil, err
	}
	err = k.streams.Walk(ctx, nil, func(id uint64, s types.Stream) (bool, error) {
		head, err := k.heads.Get(ctx, id)
		g.Streams = append(g.Streams, types.StreamRecord{Stream: s, Head: head})
		return false, err
	})
	if err != nil {
		return nil, err
	}
	err = k.anchors.Walk(ctx, nil, func(_ collections.Pair[uint64, uint64], row types.AnchorRow) (bool, error) {
		g.Anchors = append(g.Anchors, row)
		return false, nil
	})
	if err != nil {
		return nil, err
	}
	err = k.disclaims.Walk(ctx, nil, func(_ slotKey, d types.Disclaim) (bool, error) {
		g.Disclaims = append(g.Disclaims, d)
		return false, nil
	})
	if err != nil {
		return nil, err
	}
	if err := k.exportRights(ctx, g); err != nil {
		return nil, err
	}
	return g, k.exportDemands(ctx, g)
}

func (k Keeper) exportRights(ctx context.Context, g *types.GenesisState) error {
	err := k.readers.Walk(ctx, nil, func(id uint64, r types.Reader) (bool, error) {
		record := types.ReaderRecord{Reader: r}
		for v := uint32(1); v <= r.Version; v++ {
			keys, err := k.readerKeys.Get(ctx, collections.Join(id, v))
			if err != nil {
				return true, err
			}
			record.Keys = append(record.Keys, keys)
		}
		g.Readers = append(g.Readers, record)
		return false, nil
	})
	if err != nil {
		return err
	}
	err = k.grants.Walk(ctx, nil, func(_ uint64, grant types.Grant) (bool, error) {
		g.Grants = append(g.Grants, grant)
		return false, nil
	})
	if err != nil {
		return err
	}
	return k.disputes.Walk(ctx, nil, func(key collections.Triple[uint64, uint64, []byte]) (bool, error) {
		g.Disputes = append(g.Disputes, types.DisputeRecord{Grant: key.K1(), Provider: key.K2(), Node: key.K3()})
		return false, nil
	})
}

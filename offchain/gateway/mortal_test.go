package gateway

import (
	"context"
	"errors"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/cpchain/cpchain/offchain/chain"
	"github.com/cpchain/cpchain/offchain/storage/wire"
	datarights "github.com/cpchain/cpchain/x/datarights/types"
	provider "github.com/cpchain/cpchain/x/provider/types"
)

// errDead is what a dead process gets from the world.
var errDead = errors.New("this process is dead")

// mortal is one life of a gateway. Every effect on disk, chain and network counts; at the chosen one the process dies,
// before the effect or after it, and nothing it tries afterwards happens.
type mortal struct {
	ops, at int // at 0: lives for ever
	after   bool
	dead    bool
}

func (m *mortal) do(effect func() error) error {
	if m.dead {
		return errDead
	}
	if m.ops++; m.ops != m.at {
		return effect()
	}
	m.dead = true
	if m.after {
		_ = effect()
	}
	return errDead
}

// mortalVault writes through a mortal.
type mortalVault struct {
	vault
	m *mortal
	w *world
}

func (v mortalVault) Put(name string, data []byte) error {
	return v.m.do(func() error {
		if name == bundleFile {
			v.w.sealed(data)
		}
		return v.vault.Put(name, data)
	})
}

func (v mortalVault) Delete(name string) error {
	return v.m.do(func() error { return v.vault.Delete(name) })
}

// mortalChain and mortalNodes act through a mortal; reading needs no counting.
type mortalChain struct {
	*fakeChain
	m *mortal
}

func (c mortalChain) Submit(ctx context.Context, opts chain.TxOptions, msgs ...sdk.Msg) (r *chain.TxResult, err error) {
	return r, c.m.do(func() error {
		r, err = c.fakeChain.Submit(ctx, opts, msgs...)
		return err
	})
}

func (c mortalChain) Stream(ctx context.Context, id uint64) (datarights.Stream, datarights.Head, error) {
	if c.m.dead {
		return datarights.Stream{}, datarights.Head{}, errDead
	}
	return c.fakeChain.Stream(ctx, id)
}

type mortalNodes struct {
	*fakeNodes
	m *mortal
}

func (n mortalNodes) PutShard(ctx context.Context, to provider.Provider, t wire.Ticket, shard []byte) (r wire.Receipt, err error) {
	n.lock.Lock()
	defer n.lock.Unlock()
	return r, n.m.do(func() error {
		r, err = n.fakeNodes.PutShard(ctx, to, t, shard)
		return err
	})
}

func (n mortalNodes) PutManifest(ctx context.Context, to provider.Provider, stream, seq uint64, manifest []byte, receipts []wire.Receipt) error {
	n.lock.Lock()
	defer n.lock.Unlock()
	return n.m.do(func() error { return n.fakeNodes.PutManifest(ctx, to, stream, seq, manifest, receipts) })
}

func (n mortalNodes) PutCapsule(ctx context.Context, to provider.Provider, stream, grant uint64, node, capsule []byte) error {
	return n.m.do(func() error { return n.fakeNodes.PutCapsule(ctx, to, stream, grant, node, capsule) })
}

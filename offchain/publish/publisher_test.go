package publish

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"

	"github.com/cpchain/cpchain/offchain/storage/wire"
	"github.com/cpchain/cpchain/pkg/keytree"
	"github.com/cpchain/cpchain/pkg/timechain"
	datarights "github.com/cpchain/cpchain/x/datarights/types"
	provider "github.com/cpchain/cpchain/x/provider/types"
	storage "github.com/cpchain/cpchain/x/storage/types"
)

const chainID = "cpchain-test"

// world is a chain and its storage nodes.
type world struct {
	mu         sync.Mutex
	boundaries []provider.Boundary
	providers  []provider.Provider
	shards     map[uint64]wire.Ticket
	manifests  map[uint64]int
	down       map[uint64]bool // takes nothing
	hangs      map[uint64]bool // takes nothing and says nothing
	price      uint64
	forgets    map[uint64]bool // takes shards, no manifests
}

func (w *world) ChainID() string { return chainID }

func (w *world) Boundaries(context.Context) ([]provider.Boundary, error) { return w.boundaries, nil }

func (w *world) StorageAccount(context.Context, uint64) (storage.Account, error) {
	return storage.Account{PriceUcpc: w.price}, nil
}

func (w *world) Holders(context.Context, int64) ([]provider.Provider, error) {
	return slices.DeleteFunc(slices.Clone(w.providers), func(p provider.Provider) bool { return p.HolderWeight() == 0 }), nil
}

var errDown = errors.New("is down")

func (w *world) PutShard(ctx context.Context, to provider.Provider, t wire.Ticket, shard []byte) (wire.Receipt, error) {
	if w.hangs[to.Id] {
		<-ctx.Done()
		return wire.Receipt{}, ctx.Err()
	}
	if w.down[to.Id] {
		return wire.Receipt{}, fmt.Errorf("provider %d: %w", to.Id, errDown)
	}
	if err := wire.CheckCID(t.Cid, shard); err != nil {
		return wire.Receipt{}, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.shards[to.Id] = t
	return wire.Receipt{ChainId: chainID, Provider: to.Id, Seq: t.Seq, Index: t.Index, Cid: t.Cid}, nil
}

func (w *world) PutManifest(_ context.Context, to provider.Provider, _, _ uint64, _ []byte, receipts []wire.Receipt) error {
	if w.forgets[to.Id] {
		return errDown
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.manifests[to.Id] = len(receipts)
	return nil
}

func newWorld(n int) *world {
	w := &world{
		boundaries: []provider.Boundary{{Height: 200, Seed: []byte("newest")}, {Height: 100, Seed: []byte("older")}},
		shards:     map[uint64]wire.Ticket{}, manifests: map[uint64]int{}, down: map[uint64]bool{}, hangs: map[uint64]bool{}, forgets: map[uint64]bool{},
	}
	for i := range uint64(n) {
		w.providers = append(w.providers, provider.Provider{
			Id: i + 1, Operator: fmt.Sprintf("op%d", i), Storage: true, Status: provider.STATUS_ACTIVE, CapacityBytes: 1 << 30,
		})
	}
	return w
}

// bundle is a real one, 2 of 4.
func bundle(t *testing.T) (ed25519.PrivateKey, datarights.Stream, datarights.Head, *timechain.Bundle) {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	s := datarights.Stream{
		Id: 7, OriginMs: 1_700_000_000_000, BlockMs: 1000, IntervalMs: 60_000, UploadMs: 300_000, DataShards: 2, TotalShards: 4,
		Writer: datarights.Writer{Account: "cpc1writer", Key: key.Public().(ed25519.PublicKey), Epoch: 3},
	}
	schema := timechain.Schema{
		Fields: []timechain.Field{{Name: "x", Type: timechain.TypeInt}}, Time: timechain.TimeBase{Field: "t", Format: timechain.TimeRFC3339},
	}
	t0 := s.OriginMs*1e6 + 65e9
	b, err := timechain.SealBundle(rand.Reader, timechain.SealInput{
		Stream: datarights.StreamID(chainID, 7), Seq: 4, WriterEpoch: 3, Grid: s.Grid(), Schema: schema, K: 2, N: 4, Workers: 1,
		Intervals: []timechain.IntervalRecords{
			{Interval: 1, Records: []timechain.Record{{T: t0, Values: []timechain.Value{timechain.Int(5)}}}}, {Interval: 2},
		},
	}, func(uint32) (keytree.IntervalKey, error) { return keytree.IntervalKey{1}, nil })
	require.NoError(t, err)
	return key, s, datarights.Head{NextSeq: 4, LastHash: make([]byte, 32), NextInterval: 1}, b
}

func TestAnUploadFillsEverySlotAndSignsWhatTheChainChecks(t *testing.T) {
	w := newWorld(6)
	key, s, head, b := bundle(t)
	p := New(w, w, Writer{Key: key}, Options{})
	msg, receipts, err := p.Upload(t.Context(), s, head, b, 0, "")
	require.NoError(t, err)
	a := msg.Anchor
	require.NoError(t, msg.Validate(datarights.DefaultParams()))
	require.Equal(t, s.Writer.Account, msg.Writer)
	require.True(t, ed25519.Verify(s.Writer.Key, datarights.AnchorSignBytes(chainID, a), a.Signature))
	require.Equal(t, int64(200), a.Boundary)
	require.Equal(t, uint64(1), a.Records)
	require.Equal(t, s.OriginMs+65_000, a.FirstMs)
	require.Equal(t, a.FirstMs, a.LastMs)
	require.Equal(t, wire.ReceiptRoot(receipts), a.ReceiptRoot)
	require.Len(t, a.Placement, 4)
	eligible := provider.EligibleHolders(w.boundaries[0], datarights.StreamID(chainID, 7), 4, 4, w.providers)
	for slot, id := range a.Placement {
		require.Equal(t, eligible[slot].Id, id, "in the order of the draw")
		ticket := w.shards[id]
		require.Equal(t, uint32(slot), ticket.Index)
		require.Equal(t, id, ticket.Provider)
		require.True(t, ed25519.Verify(s.Writer.Key, wire.TicketSignBytes(ticket), ticket.Signature))
		require.Equal(t, 4, w.manifests[id])
	}
	again, _, err := p.Upload(t.Context(), s, head, b, 0, "")
	require.NoError(t, err)
	require.Equal(t, a.Placement, again.Anchor.Placement, "an upload taken up again goes to the same holders")
}

func TestTheOlderBoundaryIsTakenWhereTheNewestLetsTooFewHold(t *testing.T) {
	w := newWorld(40)
	key, s, head, b := bundle(t)
	var weights []uint64
	for _, p := range w.providers {
		weights = append(weights, p.CapacityBytes)
	}
	for i := range w.boundaries {
		w.boundaries[i].Weigh(weights)
	}
	for n := 0; len(provider.EligibleHolders(w.boundaries[0], datarights.StreamID(chainID, 7), 4, 4, w.providers)) >= 4; n++ {
		w.boundaries[0].Seed = []byte(fmt.Sprint("unlucky ", n)) // one in 25 or so
	}
	msg, _, err := New(w, w, Writer{Key: key}, Options{}).Upload(t.Context(), s, head, b, 0, "")
	require.NoError(t, err)
	require.Equal(t, int64(100), msg.Anchor.Boundary)
	for _, id := range msg.Anchor.Placement {
		p := w.providers[id-1]
		require.True(t, w.boundaries[1].Eligible(datarights.StreamID(chainID, 7), 4, 4, p.Operator, p.CapacityBytes))
	}
	w.boundaries = w.boundaries[:1]
	_, _, err = New(w, w, Writer{Key: key}, Options{}).Upload(t.Context(), s, head, b, 0, "")
	require.ErrorIs(t, err, ErrTooFewProviders)
	require.ErrorContains(t, err, "try again after the next boundary")
}

func TestAnotherOperatorTakesTheShardOfOneThatFailsOrHangs(t *testing.T) {
	w := newWorld(6)
	key, s, head, b := bundle(t)
	eligible := provider.EligibleHolders(w.boundaries[0], datarights.StreamID(chainID, 7), 4, 4, w.providers)
	w.down[eligible[0].Id], w.hangs[eligible[2].Id] = true, true
	p := New(w, w, Writer{Key: key}, Options{ShardTimeout: 50 * time.Millisecond})
	msg, _, err := p.Upload(t.Context(), s, head, b, 0, "")
	require.NoError(t, err)
	seen := map[uint64]bool{}
	for _, id := range msg.Anchor.Placement {
		require.False(t, seen[id] || w.down[id] || w.hangs[id])
		seen[id] = true
	}
	w.down[eligible[1].Id] = true
	_, _, err = p.Upload(t.Context(), s, head, b, 0, "")
	require.ErrorIs(t, err, ErrTooFewProviders)
	require.ErrorContains(t, err, fmt.Sprintf("provider %d: is down", eligible[1].Id), "each failure is named")
}

func TestAnUploadIsRefusedBeforeAnythingMoves(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*world, *datarights.Stream, *datarights.Head, *timechain.Bundle)
		want   error
	}{
		"another stream":       {func(_ *world, s *datarights.Stream, _ *datarights.Head, _ *timechain.Bundle) { s.Id = 8 }, ErrBundle},
		"another code":         {func(_ *world, s *datarights.Stream, _ *datarights.Head, _ *timechain.Bundle) { s.TotalShards = 5 }, ErrBundle},
		"a stale writer epoch": {func(_ *world, s *datarights.Stream, _ *datarights.Head, _ *timechain.Bundle) { s.Writer.Epoch = 4 }, ErrBundle},
		"a bundle too early":   {func(_ *world, _ *datarights.Stream, h *datarights.Head, _ *timechain.Bundle) { h.NextSeq = 3 }, ErrHead},
		"an undeclared gap":    {func(_ *world, _ *datarights.Stream, h *datarights.Head, _ *timechain.Bundle) { h.NextInterval = 0 }, ErrHead},
		"no draw boundary":     {func(w *world, _ *datarights.Stream, _ *datarights.Head, _ *timechain.Bundle) { w.boundaries = nil }, ErrNoBoundary},
		"too few providers": {func(w *world, _ *datarights.Stream, _ *datarights.Head, _ *timechain.Bundle) {
			w.providers = w.providers[:3]
		}, ErrTooFewProviders},
		"paused providers only": {func(w *world, _ *datarights.Stream, _ *datarights.Head, _ *timechain.Bundle) {
			for i := range w.providers {
				w.providers[i].Status = provider.STATUS_PAUSED
			}
		}, ErrTooFewProviders},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(6)
			key, s, head, b := bundle(t)
			c.change(w, &s, &head, b)
			_, _, err := New(w, w, Writer{Key: key}, Options{}).Upload(t.Context(), s, head, b, 0, "")
			require.ErrorIs(t, err, c.want)
			require.Empty(t, w.shards)
		})
	}
}

func TestSoManyHoldersKeepTheManifestThatAnyReadersWillMeetOne(t *testing.T) {
	w := newWorld(4)
	key, s, head, b := bundle(t)
	w.forgets[1] = true
	p := New(w, w, Writer{Key: key}, Options{})
	_, _, err := p.Upload(t.Context(), s, head, b, 0, "")
	require.NoError(t, err, "3 of 4 are enough for a code 2 of 4")
	w.forgets[2] = true
	_, _, err = p.Upload(t.Context(), s, head, b, 0, "")
	require.ErrorIs(t, err, ErrTooFewProviders)
	require.ErrorContains(t, err, "manifest")
}

func TestOperatorsThatAskMoreThanTheStreamPaysGetNoShard(t *testing.T) {
	w := newWorld(6)
	key, s, head, b := bundle(t)
	for i := range w.providers[:2] {
		w.providers[i].StoragePriceUcpc = math.NewInt(5)
	}
	p := New(w, w, Writer{Key: key}, Options{})
	msg, _, err := p.Upload(t.Context(), s, head, b, 0, "")
	require.NoError(t, err)
	require.NotContains(t, msg.Anchor.Placement, w.providers[0].Id)
	require.NotContains(t, msg.Anchor.Placement, w.providers[1].Id)
	w.providers[2].StoragePriceUcpc = math.NewInt(5)
	_, _, err = p.Upload(t.Context(), s, head, b, 0, "")
	require.ErrorIs(t, err, ErrTooFewProviders)
	require.ErrorContains(t, err, "3 of them for the 0 ucpc")
	w.price = 5
	_, _, err = p.Upload(t.Context(), s, head, b, 0, "")
	require.NoError(t, err)
}

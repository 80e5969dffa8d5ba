package keeper

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cpchain/cpchain/x/datarights/types"
)

// What a light client asks for by a key it built itself is what the keeper wrote.
func TestPointKeysAreWhereTheKeeperWrites(t *testing.T) {
	w := newWorld(newFixture(t))
	at := func(key []byte, into interface{ Unmarshal([]byte) error }) {
		bz := w.ctx.KVStore(w.store).Get(key)
		require.NotEmpty(t, bz, "key %x", key)
		require.NoError(t, into.Unmarshal(bz))
	}
	var (
		params types.Params
		stream types.Stream
		head   types.Head
		row    types.AnchorRow
		reader types.Reader
		keys   types.ReaderKeys
		grant  types.Grant
	)
	at(types.ParamsPoint(), &params)
	at(types.StreamPoint(w.stream), &stream)
	at(types.HeadPoint(w.stream), &head)
	at(types.AnchorPoint(w.stream, 3), &row)
	at(types.ReaderPoint(w.reader), &reader)
	at(types.ReaderKeysPoint(w.reader, 1), &keys)
	at(types.GrantPoint(w.dealt.id), &grant)
	require.Equal(t, types.DefaultParams(), params)
	require.Equal(t, "buoy-1", stream.Name)
	require.EqualValues(t, 4, head.NextSeq)
	require.EqualValues(t, 3, row.Anchor.Seq)
	require.Equal(t, "laptop", reader.Name)
	require.Equal(t, bytesOf(w.keys.pre.Public()), keys.PreKey)
	require.Equal(t, w.row(w.dealt.id), grant)
	require.Nil(t, w.ctx.KVStore(w.store).Get(types.GrantPoint(99)), "absence is provable at the same place")
}

// R1.3: what one bundle of 4 MiB leaves on chain for ever, transaction and state together, is a thousandth of it at most.
func TestABundleOfFourMebibytesLeavesAThousandthOnChain(t *testing.T) {
	// a signed transaction of one anchor, its message apart: body, auth info with key and fee granter, signature
	const envelope = 350
	// what x/storage keeps of a bundle in 16 shards: TestADealOfSixteenShardsIsSmall there
	const dealBytes = 1_000
	f := newFixture(t)
	for id := uint64(1 << 20); id < 1<<20+16; id++ {
		f.addProvider(id)
	}
	m := f.newStream("buoy-1")
	m.DataShards, m.TotalShards = 10, 16
	id := f.create(m)
	next := func() *types.MsgAnchor {
		a := f.nextAnchor(id)
		a.Anchor.PayloadBytes, a.Anchor.ShardBytes = 4<<20, 419_456
		a.Anchor.Placement = nil
		for p := uint64(1 << 20); p < 1<<20+16; p++ {
			a.Anchor.Placement = append(a.Anchor.Placement, p)
		}
		f.sign(a)
		return a
	}
	size := func() (n int) {
		for key, value := range f.dump() {
			n += (len(key) + len(value)) / 2 // both in hex
		}
		return n
	}
	_, err := f.msg.Anchor(f.ctx, next())
	require.NoError(t, err)
	before, keys := size(), len(f.dump())
	a := next()
	_, err = f.msg.Anchor(f.ctx, a)
	require.NoError(t, err)
	state, message := size()-before, a.Size()
	row := a.Anchor.Row(f.ctx.BlockHeight())
	t.Logf("message %d B, envelope %d B, state %d B (row %d B): 1/%d of 4 MiB", message, envelope, state, row.Size(), (4<<20)/(message+envelope+state))
	require.LessOrEqual(t, row.Size(), 400)
	require.LessOrEqual(t, message+envelope+state, 4<<20/1000-dealBytes)
	require.Equal(t, keys+1, len(f.dump()), "an anchor adds its row and no index entry")
}

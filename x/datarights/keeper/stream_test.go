package keeper

import (
	"crypto/ed25519"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/cpchain/cpchain/x/datarights/types"
)

func TestCreateStreamStoresTheRowAndBurnsTheFee(t *testing.T) {
	f := newFixture(t)
	before := f.balance(f.alice)
	m := f.newStream("buoy-1")
	id := f.create(m)
	require.EqualValues(t, 1, id)
	require.Equal(t, before-1_000_000, f.balance(f.alice))

	res, err := f.query.StreamByName(f.ctx, &types.QueryStreamByNameRequest{Owner: m.Owner, Name: "buoy-1"})
	require.NoError(t, err)
	s := res.Stream
	require.EqualValues(t, 1, s.Writer.Epoch)
	require.Equal(t, []types.KeyEpoch{{}}, s.KeyEpochs)
	require.Equal(t, m.Schema, s.Schema)
	require.EqualValues(t, 110, s.CreatedHeight)
	require.Equal(t, types.Head{}, res.Head)
	require.Equal(t, s, events[*types.EventStreamCreated](f)[0].Stream)
	require.EqualValues(t, 2, f.stream("buoy-2"))
}

func TestCreateStreamRefuses(t *testing.T) {
	for _, c := range []struct {
		name   string
		want   error
		change func(f *fixture, m *types.MsgCreateStream)
	}{
		{"D-STR-1: a name with capitals", types.ErrName, func(_ *fixture, m *types.MsgCreateStream) { m.Name = "Buoy" }},
		{"D-STR-1: a name too long", types.ErrName, func(_ *fixture, m *types.MsgCreateStream) { m.Name = strings.Repeat("a", 65) }},
		{"D-STR-1: a name that reads as an id", types.ErrName, func(_ *fixture, m *types.MsgCreateStream) { m.Name = "17" }},
		{"D-STR-1: no name", types.ErrName, func(_ *fixture, m *types.MsgCreateStream) { m.Name = "" }},
		{"D-STR-2: a name the owner has used", types.ErrNameTaken, func(f *fixture, m *types.MsgCreateStream) { f.stream("buoy-1") }},
		{"D-STR-3: a kind with spaces", types.ErrText, func(_ *fixture, m *types.MsgCreateStream) { m.Kind = "sea weather" }},
		{"D-STR-3: no kind", types.ErrText, func(_ *fixture, m *types.MsgCreateStream) { m.Kind = "" }},
		{"D-STR-3: too many tags", types.ErrText, func(_ *fixture, m *types.MsgCreateStream) { m.Tags = strings.Fields(strings.Repeat("a ", 17)) }},
		{"D-STR-3: a tag twice", types.ErrText, func(_ *fixture, m *types.MsgCreateStream) { m.Tags = []string{"sea", "sea"} }},
		{"D-STR-3: a tag with a zero byte", types.ErrText, func(_ *fixture, m *types.MsgCreateStream) { m.Tags = []string{"s\x00a"} }},
		{"D-STR-3: a description too long", types.ErrText, func(_ *fixture, m *types.MsgCreateStream) { m.Description = strings.Repeat("a", 1025) }},
		{"D-STR-3: a description that clears the screen", types.ErrText, func(_ *fixture, m *types.MsgCreateStream) { m.Description = "\x1b[2J" }},
		{"D-STR-3: a description that is no UTF-8", types.ErrText, func(_ *fixture, m *types.MsgCreateStream) { m.Description = "\xff" }},
		{"D-STR-4: no field", types.ErrSchema, func(_ *fixture, m *types.MsgCreateStream) { m.Schema.Fields = nil }},
		{"D-STR-4: too many fields", types.ErrSchema, func(_ *fixture, m *types.MsgCreateStream) { m.Schema.Fields = make([]types.Field, 65) }},
		{"D-STR-4: a schema too large", types.ErrSchema, func(_ *fixture, m *types.MsgCreateStream) { m.Schema.Fields[0].Unit = strings.Repeat("a", 4096) }},
		{"D-STR-4: a type that reads as text when cut off", types.ErrSchema, func(_ *fixture, m *types.MsgCreateStream) { m.Schema.Fields[1].Type = 260 }},
		{"D-STR-4: decimals that read as 1 when cut off", types.ErrSchema, func(_ *fixture, m *types.MsgCreateStream) { m.Schema.Fields[0].Decimals = 257 }},
		{"D-STR-4: a bound that is no number", types.ErrSchema, func(_ *fixture, m *types.MsgCreateStream) { m.Schema.Fields[0].Min = "low" }},
		{"D-STR-4: a bound with too many places", types.ErrSchema, func(_ *fixture, m *types.MsgCreateStream) { m.Schema.Fields[0].Max = "1100.05" }},
		{"D-STR-4: bounds crossed", types.ErrSchema, func(_ *fixture, m *types.MsgCreateStream) { m.Schema.Fields[0].Min = "1200.0" }},
		{"D-STR-4: an unknown time format", types.ErrSchema, func(_ *fixture, m *types.MsgCreateStream) { m.Schema.TimeFormat = "epoch" }},
		{"D-STR-5: no interval period", types.ErrPeriods, func(_ *fixture, m *types.MsgCreateStream) { m.IntervalMs = 0 }},
		{"D-STR-5: an interval under a second", types.ErrPeriods, func(_ *fixture, m *types.MsgCreateStream) { m.BlockMs, m.IntervalMs = 500, 500 }},
		{"D-STR-5: blocks that do not divide the interval", types.ErrPeriods, func(_ *fixture, m *types.MsgCreateStream) { m.BlockMs = 7_000 }},
		{"D-STR-5: intervals that do not divide the upload", types.ErrPeriods, func(_ *fixture, m *types.MsgCreateStream) { m.UploadMs = 90_000 }},
		{"D-STR-5: more intervals per upload than an anchor takes", types.ErrPeriods, func(_ *fixture, m *types.MsgCreateStream) { m.UploadMs = 60_000 * 10_001 }},
		{"D-STR-5: an origin before 1970", types.ErrPeriods, func(_ *fixture, m *types.MsgCreateStream) { m.OriginMs = -1 }},
		{"D-STR-6: no parity", types.ErrCode, func(_ *fixture, m *types.MsgCreateStream) { m.DataShards = 8 }},
		{"D-STR-6: no data shard", types.ErrCode, func(_ *fixture, m *types.MsgCreateStream) { m.DataShards = 0 }},
		{"D-STR-6: too many shards", types.ErrCode, func(_ *fixture, m *types.MsgCreateStream) { m.DataShards, m.TotalShards = 30, 33 }},
		{"D-STR-6: a number of shards that wraps", types.ErrCode, func(_ *fixture, m *types.MsgCreateStream) { m.DataShards = 1<<32 - 1 }},
		{"D-STR-7: a device key of a strange length", types.ErrDeviceKey, func(_ *fixture, m *types.MsgCreateStream) { m.DeviceKey = make([]byte, 31) }},
		{"D-STR-8: no writer key", types.ErrWriter, func(_ *fixture, m *types.MsgCreateStream) { m.Writer.Key = nil }},
		{"D-STR-8: a seal key of a strange length", types.ErrWriter, func(_ *fixture, m *types.MsgCreateStream) { m.Writer.SealKey = []byte{1} }},
		{"D-STR-8: a writer that is no account", types.ErrWriter, func(_ *fixture, m *types.MsgCreateStream) { m.Writer.Account = "gateway" }},
		{"D-STR-8: a key anybody can sign for", types.ErrWriter, func(_ *fixture, m *types.MsgCreateStream) {
			m.Writer.Key, m.WriterProof = forAnybody()
		}},
		{"D-STR-8: no proof", types.ErrWriter, func(_ *fixture, m *types.MsgCreateStream) { m.WriterProof = nil }},
		{"D-STR-8: a proof for another name", types.ErrWriter, func(_ *fixture, m *types.MsgCreateStream) { m.Name = "buoy-2" }},
		{"D-STR-8: a proof for another owner", types.ErrWriter, func(f *fixture, m *types.MsgCreateStream) { m.Owner = f.text(f.bob) }},
		{"D-STR-8: a proof for another account", types.ErrWriter, func(f *fixture, m *types.MsgCreateStream) { m.Writer.Account = f.text(f.bob) }},
		{"D-STR-8: a proof for another chain", types.ErrWriter, func(_ *fixture, m *types.MsgCreateStream) {
			m.WriterProof = ed25519.Sign(writerKey, types.WriterProofBytes("cpchain-2", m.Owner, m.Name, m.Writer))
		}},
		{"D-STR-9: an owner who can't pay", types.ErrFee, func(f *fixture, m *types.MsgCreateStream) {
			f.bank.balances[string(f.alice)] = sdk.NewCoins(sdk.NewInt64Coin(types.FeeDenom, 999_999))
		}},
		{"D-STR-9: an owner that is no address", types.ErrAddress, func(_ *fixture, m *types.MsgCreateStream) { m.Owner = "alice" }},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newFixture(t)
			m := f.newStream("buoy-1")
			c.change(f, m)
			f.refuses(c.want, func() error { _, err := f.msg.CreateStream(f.ctx, m); return err })
		})
	}
}

// forAnybody is the identity point as a key, and a signature that verifies under it for every message.
func forAnybody() (key, signature []byte) {
	key, signature = make([]byte, 32), make([]byte, 64)
	key[0], signature[0] = 1, 1
	if !ed25519.Verify(key, []byte("anything"), signature) {
		panic("it does not verify")
	}
	return key, signature
}

// Bech32 may be written in capitals: whoever did so must not become somebody else.
func TestAnAddressInCapitalsIsTheSameAccount(t *testing.T) {
	f := newFixture(t)
	m := f.newStream("buoy-1")
	m.Owner, m.Writer.Account = strings.ToUpper(m.Owner), strings.ToUpper(m.Writer.Account)
	id := f.create(m) // the proof is over the one form of both addresses
	s, err := f.k.Stream(f.ctx, id)
	require.NoError(t, err)
	require.Equal(t, f.text(f.alice), s.Owner)
	require.Equal(t, f.text(f.gateway), s.Writer.Account)
	a := f.nextAnchor(id)
	a.Writer = strings.ToUpper(a.Writer)
	_, err = f.msg.Anchor(f.ctx, a)
	require.NoError(t, err)
	again := f.newStream("buoy-1")
	f.refuses(types.ErrNameTaken, func() error { _, err := f.msg.CreateStream(f.ctx, again); return err })
}

func TestUpdateStreamReplacesTextAndTags(t *testing.T) {
	f := newFixture(t)
	id := f.stream("buoy-1")
	_, err := f.msg.UpdateStream(f.ctx, &types.MsgUpdateStream{Owner: f.text(f.alice), Stream: id, Tags: []string{"buoy", "wind"}, Description: "moved", Private: true})
	require.NoError(t, err)
	s, err := f.k.Stream(f.ctx, id)
	require.NoError(t, err)
	require.Equal(t, []string{"buoy", "wind"}, s.Tags)
	require.True(t, s.Private)
	require.Equal(t, []*types.EventStreamUpdated{{Stream: id, Tags: s.Tags, Description: "moved", Private: true}}, events[*types.EventStreamUpdated](f))

	f.refuses(types.ErrNotOwner, func() error { // D-STR-10
		_, err := f.msg.UpdateStream(f.ctx, &types.MsgUpdateStream{Owner: f.text(f.bob), Stream: id})
		return err
	})
	f.refuses(types.ErrNotFound, func() error {
		_, err := f.msg.UpdateStream(f.ctx, &types.MsgUpdateStream{Owner: f.text(f.alice), Stream: 9})
		return err
	})
	f.refuses(types.ErrText, func() error {
		_, err := f.msg.UpdateStream(f.ctx, &types.MsgUpdateStream{Owner: f.text(f.alice), Stream: id, Tags: []string{"Sea"}})
		return err
	})
}

func TestRekeyStartsAnEpochAtAnIntervalNotYetAnchored(t *testing.T) {
	f := newFixture(t)
	id := f.stream("buoy-1")
	f.anchor(id, 2) // 0 to 29
	rekey := func(start uint32) func() error {
		return func() error {
			_, err := f.msg.Rekey(f.ctx, &types.MsgRekey{Owner: f.text(f.alice), Stream: id, Start: start})
			return err
		}
	}
	f.refuses(types.ErrRekey, rekey(29)) // D-STR-11: anchored
	f.refuses(types.ErrRekey, rekey(0))  // D-STR-11: not after the last epoch's start
	f.refuses(types.ErrNotOwner, func() error {
		_, err := f.msg.Rekey(f.ctx, &types.MsgRekey{Owner: f.text(f.gateway), Stream: id, Start: 45})
		return err
	})
	require.NoError(t, rekey(45)())
	require.Equal(t, []*types.EventRekeyed{{Stream: id, KeyEpoch: 1, Start: 45}}, events[*types.EventRekeyed](f))
	f.refuses(types.ErrRekey, rekey(45))
	s, err := f.k.Stream(f.ctx, id)
	require.NoError(t, err)
	for interval, epoch := range map[uint32]uint32{0: 0, 44: 0, 45: 1, 1<<32 - 1: 1} {
		require.Equal(t, epoch, s.KeyEpochAt(interval), "interval %d", interval)
	}
	f.anchor(id, 2) // 30 to 44 under epoch 0, 45 to 59 under epoch 1
	row, err := f.k.AnchorOf(f.ctx, id, 50)
	require.NoError(t, err)
	require.EqualValues(t, 1, row.Anchor.KeyEpoch)
}

func TestRekeyIsBounded(t *testing.T) {
	f := newFixture(t)
	id := f.stream("buoy-1")
	for i := range uint32(63) {
		_, err := f.msg.Rekey(f.ctx, &types.MsgRekey{Owner: f.text(f.alice), Stream: id, Start: i + 1})
		require.NoError(t, err)
	}
	f.refuses(types.ErrRekey, func() error {
		_, err := f.msg.Rekey(f.ctx, &types.MsgRekey{Owner: f.text(f.alice), Stream: id, Start: 100})
		return err
	})
}

// D-STR-12
func TestADeletedStreamStaysAsATombstone(t *testing.T) {
	f := newFixture(t)
	id := f.create(f.newStream("buoy-1"))
	a := f.nextAnchor(id)
	_, err := f.msg.Anchor(f.ctx, a)
	require.NoError(t, err)
	next := f.nextAnchor(id)
	_, err = f.msg.DeleteStream(f.ctx, &types.MsgDeleteStream{Owner: f.text(f.bob), Stream: id})
	require.ErrorIs(t, err, types.ErrNotOwner)
	_, err = f.msg.DeleteStream(f.ctx, &types.MsgDeleteStream{Owner: f.text(f.alice), Stream: id})
	require.NoError(t, err)
	s, err := f.k.Stream(f.ctx, id)
	require.NoError(t, err)
	require.Equal(t, f.ctx.BlockHeight(), s.DeletedHeight)
	_, err = f.providers.Deal(f.ctx, id, 0)
	require.Error(t, err, "its storage ended")
	_, err = f.msg.DeleteStream(f.ctx, &types.MsgDeleteStream{Owner: f.text(f.alice), Stream: id})
	require.ErrorIs(t, err, types.ErrDeleted)
	_, err = f.msg.Anchor(f.ctx, next)
	require.ErrorIs(t, err, types.ErrDeleted)
	_, err = f.msg.Rekey(f.ctx, &types.MsgRekey{Owner: f.text(f.alice), Stream: id, Start: 1_000})
	require.ErrorIs(t, err, types.ErrDeleted)
	_, err = f.query.AnchorOf(f.ctx, &types.QueryAnchorOfRequest{Stream: id, Interval: 0})
	require.NoError(t, err, "what was anchored stays known by its hashes")
}

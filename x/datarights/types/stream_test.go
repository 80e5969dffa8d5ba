package types

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cpchain/cpchain/pkg/timechain"
)

func TestSchemasGoOnChainAndBack(t *testing.T) {
	s := timechain.Schema{
		Time: timechain.TimeBase{Field: "date", Format: timechain.TimeLocal},
		Fields: []timechain.Field{
			{Name: "pressure", Unit: "hPa", Type: timechain.TypeFixed, Decimals: 1, Min: timechain.Int(-8005), Max: timechain.Int(11000)},
			{Name: "count", Type: timechain.TypeInt, Min: timechain.Int(0)},
			{Name: "level", Unit: "m", Type: timechain.TypeFloat, Min: timechain.Float(-0.1), Max: timechain.Float(1e300)},
			{Name: "station", Type: timechain.TypeText, Key: true},
		},
	}
	onChain := SchemaFrom(s)
	require.Equal(t, "-800.5", onChain.Fields[0].Min)
	back, err := onChain.Timechain()
	require.NoError(t, err)
	require.Equal(t, s, back)
}

func TestStreamIDs(t *testing.T) {
	chain, id, err := ParseStreamID(StreamID("cpc-traffic-1", 17))
	require.NoError(t, err)
	require.Equal(t, "cpc-traffic-1", chain)
	require.EqualValues(t, 17, id)
	for _, bad := range []string{"", "7", "/7", "cpchain-1/", "cpchain-1/07", "cpchain-1/+7", "cpchain-1/7/8", "cpchain-1/18446744073709551616", "cpchain-1/-1"} {
		_, _, err := ParseStreamID(bad)
		require.Error(t, err, bad)
	}
}

func FuzzParseStreamID(f *testing.F) {
	f.Add("cpchain-1/7")
	f.Add("a//1")
	f.Fuzz(func(t *testing.T, text string) {
		if chain, id, err := ParseStreamID(text); err == nil && StreamID(chain, id) != text {
			t.Fatalf("%q is read as %q, %d", text, chain, id)
		}
	})
}

func TestIntervalAt(t *testing.T) {
	s := Stream{OriginMs: 1_000_000, BlockMs: 1000, IntervalMs: 60_000, UploadMs: 900_000}
	for ms, want := range map[int64]uint32{1_000_000: 0, 1_059_999: 0, 1_060_000: 1, 1_000_000 + 60_000*(1<<27): 1 << 27} {
		got, err := s.IntervalAt(ms)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	for _, ms := range []int64{-1, 0, 999_999, 1 << 62, -1 << 63} {
		_, err := s.IntervalAt(ms)
		require.ErrorIs(t, err, timechain.ErrOutsideGrid)
	}
}

func TestKeyEpochs(t *testing.T) {
	s := Stream{KeyEpochs: []KeyEpoch{{}, {Epoch: 1, Start: 10}, {Epoch: 2, Start: 11}}}
	require.NoError(t, s.validKeyEpochs())
	for interval, want := range map[uint32]uint32{0: 0, 9: 0, 10: 1, 11: 2, 1<<32 - 1: 2} {
		require.Equal(t, want, s.KeyEpochAt(interval))
	}
	require.Equal(t, KeyEpoch{Epoch: 2, Start: 11}, s.LastKeyEpoch())
	require.Zero(t, Stream{}.LastKeyEpoch())
	for _, bad := range [][]KeyEpoch{nil, {{Start: 1}}, {{Epoch: 1}}, {{}, {Epoch: 2, Start: 5}}, {{}, {Epoch: 1}}, {{}, {Epoch: 1, Start: 5}, {Epoch: 2, Start: 5}}} {
		require.Error(t, Stream{KeyEpochs: bad}.validKeyEpochs())
	}
}

package timechain

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cpchain/cpchain/pkg/erasure"
	"github.com/cpchain/cpchain/pkg/keytree"
	"github.com/cpchain/cpchain/pkg/merkle"
)

func TestABundleOpensToWhatWasSealed(t *testing.T) {
	in := testInput()
	b := sealed(t, in)
	records, headers := openAll(t, b, testSchema, testGrid)
	require.Equal(t, append(append([]Record{}, in.Intervals[0].Records...), in.Intervals[2].Records...), records)

	at := func(ms int64) int64 { return testOrigin + ms }
	for i, want := range []BlockHeader{
		{T0: at(120_000), T1: at(121_000), Count: 4, Clock: ClockNTP},
		{T0: at(121_000), T1: at(122_000), Count: 3, Clock: ClockNTP},
		{T0: at(100_500), T1: at(100_501), Count: 1, Late: true},
		{T0: at(140_000), T1: at(141_000), Count: 1},
		{T0: at(140_000), T1: at(150_000), Gap: "no power"},
	} {
		got := headers[i]
		require.Equal(t, uint64(9+i), got.Seq)
		require.Equal(t, testStream, got.Stream)
		want.Stream, want.Seq, want.Prev, want.RecordRoot = got.Stream, got.Seq, got.Prev, got.RecordRoot
		require.Equal(t, want, got)
		if i == 0 {
			require.Equal(t, in.Chain.Prev, got.Prev)
		} else {
			require.Equal(t, headers[i-1].Hash(), got.Prev)
		}
	}
	require.Equal(t, Chain{Seq: 14, Prev: headers[4].Hash()}, b.Chain)
}

func TestAnIntervalWithoutRecordsHasALineThatSaysSo(t *testing.T) {
	b := sealed(t, testInput())
	l := b.Manifest.Lines[1]
	require.Equal(t, Line{
		Interval: 13, LastHeader: b.Manifest.Lines[0].LastHeader, HeaderRoot: merkle.Root(nil), Commitment: keytree.Commit(testKey(2, 13)),
	}, l)
	records, headers, err := OpenInterval(b.Manifest, payloadOf(t, b), testSchema, testGrid, 1, testKey(2, 13), nil)
	require.NoError(t, err)
	require.Empty(t, records)
	require.Empty(t, headers)
}

func TestABundleOfNothingStillStandsInTheChain(t *testing.T) {
	in := testInput()
	in.Intervals = []IntervalRecords{{Interval: 0}, {Interval: 1}}
	b := sealed(t, in)
	require.Equal(t, in.Chain, b.Chain)
	require.Zero(t, b.Manifest.PayloadSize)
	records, _ := openAll(t, b, testSchema, testGrid)
	require.Empty(t, records)
}

func TestAGapAloneIsABlock(t *testing.T) {
	in := testInput()
	in.Intervals = []IntervalRecords{{Interval: 3, Gap: "no power"}}
	_, headers := openAll(t, sealed(t, in), testSchema, testGrid)
	require.Len(t, headers, 1)
	require.Equal(t, "no power", headers[0].Gap)
	require.Equal(t, merkle.Root(nil), headers[0].RecordRoot)
}

func TestTheHeaderChainRunsThroughBundles(t *testing.T) {
	in := testInput()
	first := sealed(t, in)
	in.Seq, in.Chain = 5, first.Chain
	in.Intervals = []IntervalRecords{{Interval: 15, Records: readings(150_000, 100, 3)}}
	second := sealed(t, in)
	_, headers := openAll(t, first, testSchema, testGrid)
	_, more := openAll(t, second, testSchema, testGrid)
	require.Equal(t, headers[len(headers)-1].Hash(), more[0].Prev)
	require.Equal(t, headers[len(headers)-1].Seq+1, more[0].Seq)
}

// manySensors are n records within one second.
func manySensors(ms int64, n int) []Record {
	list := readings(ms, 0, n)
	for i := range list {
		list[i].T += int64(i)
		list[i].Values[3] = Float(1 / float64(i+1)) // does not compress
		list[i].Values[4] = Text(fmt.Sprintf("note %d", i*i))
	}
	return list
}

func TestABlockPeriodTooLargeForASegmentIsCutIntoBlocks(t *testing.T) {
	in := testInput()
	in.Workers, in.MaxPart = 2, 8<<10
	in.Intervals = []IntervalRecords{{Interval: 2, Records: append(manySensors(20_000, 3000), readings(21_000, 10, 40)...)}}
	b := sealed(t, in)
	records, headers := openAll(t, b, testSchema, testGrid)
	require.Equal(t, in.Intervals[0].Records, records)

	parts := b.Manifest.Lines[0].Parts
	require.Greater(t, len(parts), 3)
	for _, p := range parts {
		require.LessOrEqual(t, int(p.Size), in.MaxPart)
	}
	same := 0
	for _, h := range headers {
		if h.T0 == testOrigin+20_000 {
			same++
		}
	}
	require.Greater(t, same, 3)
	require.Equal(t, testOrigin+21_000, headers[len(headers)-1].T0)
}

func TestManyLateRecordsAreCutIntoLateBlocks(t *testing.T) {
	in := testInput()
	in.MaxPart = 4 << 10
	in.Intervals = []IntervalRecords{{Interval: 9, Records: append(manySensors(20_000, 500), readings(91_000, 10, 40)...)}}
	records, headers := openAll(t, sealed(t, in), testSchema, testGrid)
	require.Equal(t, in.Intervals[0].Records, records)
	require.True(t, headers[1].Late)
	require.GreaterOrEqual(t, headers[1].T0, headers[0].T0)
}

func TestPartsHoldManyBlocksAndAreFull(t *testing.T) {
	in := testInput()
	grid := Grid{Origin: testOrigin, Block: 1000, Interval: 3_600_000, Upload: 3_600_000}
	in.Grid = grid
	in.Intervals = []IntervalRecords{{Interval: 0, Records: readings(0, 20, 100_000)}}
	b := sealed(t, in)
	records, headers := openAll(t, b, testSchema, grid)
	require.Len(t, records, 100_000)
	require.Len(t, headers, 2000)
	require.Less(t, len(b.Manifest.Lines[0].Parts), 12)
	require.Less(t, int(b.Manifest.PayloadSize), 100_000*8)
}

// TestRecordsOfManyAbsentFieldsOpen: columns of nothing take no room, yet a reader bounds the values it makes.
func TestRecordsOfManyAbsentFieldsOpen(t *testing.T) {
	in := testInput()
	in.Schema = Schema{Time: testSchema.Time}
	for i := range 500 {
		in.Schema.Fields = append(in.Schema.Fields, Field{Name: fmt.Sprintf("f%d", i), Type: TypeInt})
	}
	none := make([]Value, 500)
	records := make([]Record, 2000)
	for i := range records {
		records[i] = Record{T: (testOrigin + 20_000) * msNs, Seq: uint64(i), Values: none}
	}
	in.Intervals = []IntervalRecords{{Interval: 2, Records: records}}
	back, _ := openAll(t, sealed(t, in), in.Schema, testGrid)
	require.Equal(t, records, back)
}

func TestTheFirstErrorInOrderIsTold(t *testing.T) {
	for _, workers := range []int{1, 4} {
		err := each(workers, 50, func(_, i int) error {
			if i%10 == 7 {
				return fmt.Errorf("number %d", i)
			}
			return nil
		})
		require.EqualError(t, err, "number 7")
	}
	require.NoError(t, each(3, 0, nil))
}

func TestTheBytesDependOnInputAndRandomnessAlone(t *testing.T) {
	in := testInput()
	in.MaxPart = 4 << 10
	in.Intervals[0].Records = manySensors(121_000, 2000)
	one := sealed(t, in)
	for _, workers := range []int{0, 2, 7} {
		in.Workers = workers
		require.Equal(t, one, sealed(t, in), "%d workers", workers)
	}
	again, err := SealBundle(newCounter(1), in, keysOf(2))
	require.NoError(t, err)
	require.NotEqual(t, one.ManifestBytes, again.ManifestBytes, "other salts")
	require.Equal(t, len(one.ManifestBytes), len(again.ManifestBytes))
}

// counter is a reader of bytes that count up.
type counter struct{ next byte }

func newCounter(start byte) *counter { return &counter{start} }

func (c *counter) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = c.next
		c.next++
	}
	return len(b), nil
}

func TestEveryPartHasASaltOfItsOwn(t *testing.T) {
	in := testInput()
	in.MaxPart = 2 << 10
	in.Intervals[0].Records = manySensors(121_000, 500)
	seen := map[[32]byte]bool{}
	for _, l := range sealed(t, in).Manifest.Lines {
		for _, p := range l.Parts {
			require.False(t, seen[p.Salt])
			seen[p.Salt] = true
		}
	}
	require.Greater(t, len(seen), 5)
}

func TestDevicesSignTheirHeaders(t *testing.T) {
	in := testInput()
	var asked [][32]byte
	in.Sign = func(digest [32]byte) ([]byte, error) {
		asked = append(asked, digest)
		return append(digest[:], digest[:]...), nil
	}
	_, headers := openAll(t, sealed(t, in), testSchema, testGrid)
	require.Len(t, headers, len(asked))
	for i, h := range headers {
		require.Equal(t, asked[i], h.SignBytes())
		require.Equal(t, asked[i][:], h.DeviceSig[:32])
	}
	broken := errors.New("the chip is asleep")
	in.Sign = func([32]byte) ([]byte, error) { return nil, broken }
	_, err := SealBundle(testRand(), in, keysOf(2))
	require.ErrorIs(t, err, broken)
	in.Sign = func([32]byte) ([]byte, error) { return []byte{1}, nil }
	_, err = SealBundle(testRand(), in, keysOf(2))
	require.ErrorIs(t, err, ErrDevice)
}

func TestAnyKShardsOpenTheBundle(t *testing.T) {
	b := sealed(t, testInput())
	code, err := erasure.New(2, 4, 1)
	require.NoError(t, err)
	want := payloadOf(t, b)
	for i := range 4 {
		for j := range i {
			shards := make([][]byte, 4)
			shards[i], shards[j] = b.Shards[i], b.Shards[j]
			payload, err := code.Join(shards, int(b.Manifest.PayloadSize))
			require.NoError(t, err)
			require.Equal(t, want, payload)
		}
	}
}

func TestSortRecordsPutsTimeBeforeArrival(t *testing.T) {
	list := []Record{{T: 2, Seq: 1}, {T: 1, Seq: 9}, {T: 1, Seq: 3}}
	SortRecords(list)
	require.Equal(t, []Record{{T: 1, Seq: 3}, {T: 1, Seq: 9}, {T: 2, Seq: 1}}, list)
}

package timechain

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cpchain/cpchain/pkg/erasure"
	"github.com/cpchain/cpchain/pkg/keytree"
)

const (
	testStream = "cpchain-1/7"
	testOrigin = int64(1_700_000_000_000)
	msNs       = int64(1_000_000)
)

// testGrid has blocks of a second, intervals of ten, uploads of a minute.
var testGrid = Grid{Origin: testOrigin, Block: 1000, Interval: 10_000, Upload: 60_000}

var testSchema = Schema{
	Fields: []Field{
		{Name: "temp", Unit: "Cel", Type: TypeFixed, Decimals: 1, Min: Fixed(-500), Max: Fixed(600)},
		{Name: "sensor", Type: TypeText, Key: true},
		{Name: "count", Type: TypeInt},
		{Name: "level", Unit: "m", Type: TypeFloat},
		{Name: "note", Type: TypeText},
	},
	Time: TimeBase{Field: "t", Format: TimeUnixMs},
}

// reading is a record of sensor a or b, ms after the origin.
func reading(ms int64, seq uint64) Record {
	note := Absent()
	if seq%5 == 0 {
		note = Text("checked")
	}
	return Record{T: (testOrigin + ms) * msNs, Seq: seq, Values: []Value{
		Fixed(40 + int64(seq%7)), Text(string(rune('a' + seq%2))), Int(int64(seq) - 3), Float(float64(seq) / 8), note,
	}}
}

// readings are n records, step ms apart.
func readings(from, step int64, n int) []Record {
	list := make([]Record, n)
	for i := range list {
		list[i] = reading(from+int64(i)*step, uint64(i))
	}
	return list
}

// testInput is a bundle of three intervals: records of two block periods, none, a gap beside a late and a timely record.
func testInput() SealInput {
	return SealInput{
		Stream: testStream, Seq: 4, KeyEpoch: 2, WriterEpoch: 3, Grid: testGrid, Schema: testSchema, K: 2, N: 4, Workers: 1,
		Chain: Chain{Seq: 9, Prev: [32]byte{9}},
		Intervals: []IntervalRecords{
			{Interval: 12, Records: readings(120_000, 250, 7), Clock: ClockNTP},
			{Interval: 13},
			{Interval: 14, Records: []Record{reading(100_500, 40), reading(140_500, 41)}, Gap: "no power"},
		},
	}
}

func testKey(epoch, interval uint32) keytree.IntervalKey {
	return keytree.IntervalKey{1, byte(epoch), byte(interval), byte(interval >> 8)}
}

// keysOf gives the test keys of a key epoch.
func keysOf(epoch uint32) func(uint32) (keytree.IntervalKey, error) {
	return func(interval uint32) (keytree.IntervalKey, error) { return testKey(epoch, interval), nil }
}

func testRand() *rand.ChaCha8 { return rand.NewChaCha8([32]byte{7}) }

func sealed(t testing.TB, in SealInput) *Bundle {
	t.Helper()
	b, err := SealBundle(testRand(), in, keysOf(in.KeyEpoch))
	require.NoError(t, err)
	return b
}

// payloadOf puts a bundle's shards together.
func payloadOf(t testing.TB, b *Bundle) []byte {
	t.Helper()
	code, err := erasure.New(int(b.Manifest.K), int(b.Manifest.N), 1)
	require.NoError(t, err)
	payload, err := code.Join(b.Shards, int(b.Manifest.PayloadSize))
	require.NoError(t, err)
	return payload
}

// openAll opens every line of a bundle.
func openAll(t testing.TB, b *Bundle, schema Schema, grid Grid) (records []Record, headers []BlockHeader) {
	t.Helper()
	payload := payloadOf(t, b)
	chain := b.Manifest.Chain
	for i, line := range b.Manifest.Lines {
		r, h, err := OpenInterval(b.Manifest, payload, schema, grid, i, testKey(b.Manifest.KeyEpoch, line.Interval), &chain)
		require.NoError(t, err)
		records, headers = append(records, r...), append(headers, h...)
		chain = Chain{Seq: chain.Seq + uint64(len(h)), Prev: line.LastHeader}
	}
	require.Equal(t, b.Chain, chain)
	return records, headers
}

package csvio_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cpchain/cpchain/pkg/erasure"
	"github.com/cpchain/cpchain/pkg/keytree"
	"github.com/cpchain/cpchain/pkg/timechain"
	"github.com/cpchain/cpchain/pkg/timechain/csvio"
)

// source is a file of tests/testdata with the schema and grid of its stream.
type source struct {
	file   string
	schema timechain.Schema
	grid   timechain.Grid
	crlf   bool // the file's line ends
}

const hourMs = 3600 * 1000

func fixed(name, unit string, decimals uint8) timechain.Field {
	return timechain.Field{Name: name, Unit: unit, Type: timechain.TypeFixed, Decimals: decimals}
}

var weather = source{
	file: "weather-hourly.csv",
	schema: timechain.Schema{
		Fields: []timechain.Field{fixed("pressure", "hPa", 1), fixed("temperature", "Cel", 1), fixed("wind", "m/s", 1)},
		Time:   timechain.TimeBase{Field: "date", Format: timechain.TimeLocal},
	},
	// 2010-01-01, blocks of an hour, intervals of a day, uploads of 30 days
	grid: timechain.Grid{Origin: 1262304000000, Block: hourMs, Interval: 24 * hourMs, Upload: 30 * 24 * hourMs},
}

var traffic = source{
	file: "traffic-grid.csv.gz",
	schema: timechain.Schema{
		Fields: []timechain.Field{
			{Name: "vehicle", Type: timechain.TypeText, Key: true},
			fixed("lat", "lat", 6), fixed("lon", "lon", 6), fixed("speed_mps", "m/s", 2),
			fixed("accel_mps2", "m/s2", 2), fixed("heading_deg", "deg", 2),
		},
		Time: timechain.TimeBase{Field: "t_s", Format: timechain.TimeOffset},
	},
	// blocks of a second, intervals of a minute, uploads of five
	grid: timechain.Grid{Origin: 1700000000000, Block: 1000, Interval: 60_000, Upload: 300_000},
	crlf: true,
}

func (s source) read(t testing.TB) []byte {
	t.Helper()
	f, err := os.Open("../../../tests/testdata/" + s.file)
	require.NoError(t, err)
	defer f.Close()
	var r io.Reader = f
	if s.file[len(s.file)-3:] == ".gz" {
		r, err = gzip.NewReader(f)
		require.NoError(t, err)
	}
	b, err := io.ReadAll(r)
	require.NoError(t, err)
	return b
}

// intervals assigns a file's records to consecutive intervals.
func (s source) intervals(t testing.TB, text []byte) []timechain.IntervalRecords {
	t.Helper()
	var out []timechain.IntervalRecords
	for r, err := range csvio.ReadCSV(s.schema, s.grid.Origin, bytes.NewReader(text)) {
		require.NoError(t, err)
		i, err := s.grid.IntervalOf(r.T)
		require.NoError(t, err)
		for len(out) <= int(i) {
			out = append(out, timechain.IntervalRecords{Interval: uint32(len(out))})
		}
		out[i].Records = append(out[i].Records, r)
	}
	return out
}

const stream = "cpchain-1/7"

func intervalKey(interval uint32) (keytree.IntervalKey, error) {
	root, err := keytree.StreamRoot(keytree.Seed{1}, stream, 0)
	if err != nil {
		return keytree.IntervalKey{}, err
	}
	leaf, err := keytree.Derive(root, keytree.Node{}, keytree.Leaf(0, interval))
	return keytree.KeyOf(leaf), err
}

// bundles seals all intervals, an upload at a time.
func (s source) bundles(t testing.TB, intervals []timechain.IntervalRecords) []*timechain.Bundle {
	t.Helper()
	rand := rand.NewChaCha8([32]byte{1})
	var out []*timechain.Bundle
	var chain timechain.Chain
	for len(intervals) > 0 {
		n := min(len(intervals), int(s.grid.IntervalsPerBundle()))
		b, err := timechain.SealBundle(rand, timechain.SealInput{
			Stream: stream, Seq: uint64(len(out)), WriterEpoch: 1, Grid: s.grid, Schema: s.schema,
			Intervals: intervals[:n], K: 4, N: 8, Workers: 2, Chain: chain,
		}, intervalKey)
		require.NoError(t, err)
		out, chain, intervals = append(out, b), b.Chain, intervals[n:]
	}
	return out
}

// open reads every record of a bundle back, from its last k shards.
func (s source) open(t testing.TB, b *timechain.Bundle, prev *timechain.Chain) []timechain.Record {
	t.Helper()
	m, err := timechain.ParseManifest(b.ManifestBytes)
	require.NoError(t, err)
	require.NoError(t, m.Validate(s.grid))
	code, err := erasure.New(int(m.K), int(m.N), 2)
	require.NoError(t, err)
	shards := make([][]byte, m.N)
	for i := int(m.N - m.K); i < int(m.N); i++ {
		require.NoError(t, m.CheckShard(i, b.Shards[i]))
		shards[i] = b.Shards[i]
	}
	payload, err := code.Join(shards, int(m.PayloadSize))
	require.NoError(t, err)
	var records []timechain.Record
	for i, line := range m.Lines {
		key, err := intervalKey(line.Interval)
		require.NoError(t, err)
		got, headers, err := timechain.OpenInterval(m, payload, s.schema, s.grid, i, key, prev)
		require.NoError(t, err)
		records = append(records, got...)
		prev.Seq, prev.Prev = prev.Seq+uint64(len(headers)), line.LastHeader
	}
	return records
}

func TestRealFilesComeBackByteForByte(t *testing.T) {
	for _, c := range []struct {
		source
		rows, uploads int
		// sealed is the most the sealed payloads may take of the file's bytes.
		sealed float64
	}{{weather, 8759, 13, 0.35}, {traffic, 42032, 3, 0.2}} {
		t.Run(c.file, func(t *testing.T) {
			text := c.read(t)
			bundles := c.bundles(t, c.intervals(t, text))
			require.Len(t, bundles, c.uploads)

			var back bytes.Buffer
			w := csvio.NewWriter(&back, c.schema, c.grid.Origin)
			w.CRLF = c.crlf
			chain, rows, sealed, blocks := timechain.Chain{}, 0, 0, uint64(0)
			for _, b := range bundles {
				records := c.open(t, b, &chain)
				rows += len(records)
				sealed += int(b.Manifest.PayloadSize)
				_, n := b.Manifest.Counts()
				blocks += n
				require.NoError(t, w.Write(records))
				require.Equal(t, b.Chain, chain)
			}
			require.NoError(t, w.Flush())
			require.Equal(t, c.rows, rows)
			require.True(t, bytes.Equal(text, back.Bytes()), "the file came back altered")
			share := float64(sealed) / float64(len(text))
			t.Logf("%d rows in %d blocks: %d bytes of CSV, %d sealed (%.1f %%)", rows, blocks, len(text), sealed, 100*share)
			require.Less(t, share, c.sealed)
		})
	}
}

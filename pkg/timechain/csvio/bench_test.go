package csvio_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpchain/cpchain/pkg/timechain"
	"github.com/cpchain/cpchain/pkg/timechain/csvio"
)

func cpuTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// perProcessor reports what one processor does in a second of its time: on a shared machine the wall clock says little.
func perProcessor(b *testing.B, bytes int, run func()) {
	b.SetBytes(int64(bytes))
	b.ReportAllocs()
	before := cpuTime(b)
	for b.Loop() {
		run()
	}
	b.ReportMetric(float64(bytes)*float64(b.N)/1e6/(cpuTime(b)-before).Seconds(), "MB/cpu-s")
}

// machine is a synthetic source: 32 channels of a machine, read every 100 ms, each a random walk with two decimals.
func machine() source {
	s := source{grid: timechain.Grid{Origin: 1700000000000, Block: 1000, Interval: 60_000, Upload: 300_000}}
	for i := range 32 {
		s.schema.Fields = append(s.schema.Fields, fixed(fmt.Sprintf("channel_%d", i), "", 2))
	}
	s.schema.Time = timechain.TimeBase{Field: "t", Format: timechain.TimeUnixMs}
	return s
}

// rows are n rows of the machine as CSV.
func (s source) rows(b *testing.B, n int) []byte {
	walk := rand.New(rand.NewPCG(1, 2))
	level := make([]int64, len(s.schema.Fields))
	records := make([]timechain.Record, n)
	for i := range records {
		r := timechain.Record{T: (s.grid.Origin + int64(i)*100) * 1e6, Seq: uint64(i)}
		for c := range level {
			level[c] += walk.Int64N(41) - 20
			r.Values = append(r.Values, timechain.Fixed(level[c]))
		}
		records[i] = r
	}
	var out bytes.Buffer
	require.NoError(b, csvio.WriteCSV(&out, s.schema, s.grid.Origin, records))
	return out.Bytes()
}

// BenchmarkSeal is the whole way from records to shards with two workers, in bytes of the CSV they came from.
func BenchmarkSeal(b *testing.B) {
	m := machine()
	for _, c := range []struct {
		name string
		source
		text []byte
	}{{"traffic", traffic, traffic.read(b)}, {"machine", m, m.rows(b, 12_000)}} {
		intervals := c.intervals(b, c.text)
		records, canonical := 0, 0
		for _, ir := range intervals {
			for _, r := range ir.Records {
				records++
				canonical += len(r.Leaf())
			}
		}
		b.Run(c.name, func(b *testing.B) {
			perProcessor(b, len(c.text), func() { c.bundles(b, intervals) })
			b.ReportMetric(float64(canonical)*float64(b.N)/1e6/b.Elapsed().Seconds(), "record-MB/s")
		})
		b.Run(c.name+"-hashes-alone", func(b *testing.B) {
			perProcessor(b, len(c.text), func() { hashes(records, canonical/records) })
		})
	}
}

// hashes is the yardstick: what records of a size take under their salts, in groups of 16 and a tree above, and nothing else.
func hashes(records, size int) {
	leaf, group, node := make([]byte, 1+16+size-heads), make([]byte, 1+16*32), make([]byte, 65)
	for i := range records {
		sum := sha256.Sum256(leaf)
		copy(group[1+i%16*32:], sum[:])
		copy(leaf, sum[:])
		if i%16 == 15 {
			sum = sha256.Sum256(group)
			copy(node[1:], sum[:])
			sum = sha256.Sum256(node)
		}
	}
}

// heads is what a record's hash leaves out of its encoding: the version and two arrays' heads.
const heads = 3

func BenchmarkOpen(b *testing.B) {
	text := traffic.read(b)
	bundles := traffic.bundles(b, traffic.intervals(b, text))
	perProcessor(b, len(text), func() {
		chain := timechain.Chain{}
		for _, bundle := range bundles {
			traffic.open(b, bundle, &chain)
		}
	})
}

func BenchmarkReadCSV(b *testing.B) {
	text := traffic.read(b)
	perProcessor(b, len(text), func() {
		for _, err := range csvio.ReadCSV(traffic.schema, traffic.grid.Origin, bytes.NewReader(text)) {
			require.NoError(b, err)
		}
	})
}

package timechain

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestTimesOfEveryFormatComeBackExactly(t *testing.T) {
	const origin = int64(1_700_000_000_000)
	for _, c := range []struct {
		format, text string
		ns           int64
	}{
		{TimeRFC3339, "2010-01-01T01:00:00Z", 1262307600e9},
		{TimeRFC3339, "2010-01-01T01:00:00.123456789Z", 1262307600123456789},
		{TimeLocal, "2010-01-01T01:00:00", 1262307600e9},
		{TimeLocal, "2010-01-01T01:00:00.5", 1262307600500000000},
		{TimeUnix, "1262307600", 1262307600e9},
		{TimeUnix, "1.000000001", 1000000001},
		{TimeUnix, "-1.5", -1500000000},
		{TimeUnix, "0", 0},
		{TimeUnixMs, "1262307600000", 1262307600e9},
		{TimeUnixMs, "1.000001", 1000001},
		{TimeOffset, "0", origin * 1e6},
		{TimeOffset, "878", origin*1e6 + 878e9},
		{TimeOffset, "0.1", origin*1e6 + 1e8},
		{TimeOffset, "-2", origin*1e6 - 2e9},
	} {
		base := TimeBase{Field: "t", Format: c.format}
		ns, err := base.ParseTime(c.text, origin)
		require.NoError(t, err, c.text)
		require.Equal(t, c.ns, ns, c.text)
		require.Equal(t, c.text, base.FormatTime(ns, origin))
	}
}

func TestTimesThatCannotBeHeldAreRefused(t *testing.T) {
	for _, c := range []struct{ format, text string }{
		{TimeRFC3339, "2010-01-01T01:00:00"},
		{TimeRFC3339, "1677-01-01T00:00:00Z"},
		{TimeRFC3339, "2262-01-01T00:00:00Z"},
		{TimeRFC3339, "2010-01-01T01:00:00.1234567891Z"},
		{TimeRFC3339, "2010-01-01T01:00:00.0000000001Z"},
		{TimeLocal, "2010-01-01T01:00:00Z"},
		{TimeLocal, "2010-02-30T01:00:00"},
		{TimeLocal, ""},
		{TimeUnix, "9223372037"},
		{TimeUnix, "1.0000000001"},
		{TimeUnix, "soon"},
		{TimeUnixMs, "1.0000001"},
		{TimeOffset, "9223372036"},
		{"julian", "1"},
	} {
		_, err := TimeBase{Field: "t", Format: c.format}.ParseTime(c.text, testOrigin)
		require.ErrorIs(t, err, ErrTime, "%s %q", c.format, c.text)
	}
}

func TestZonesAreReadAndWrittenAsUTC(t *testing.T) {
	base := TimeBase{Field: "t", Format: TimeRFC3339}
	ns, err := base.ParseTime("2010-01-01T02:00:00+01:00", 0)
	require.NoError(t, err)
	require.Equal(t, "2010-01-01T01:00:00Z", base.FormatTime(ns, 0))
}

func TestGridsThatDoNotFitAreRefused(t *testing.T) {
	require.NoError(t, testGrid.Validate())
	for name, change := range map[string]func(*Grid){
		"an origin before 1970":       func(g *Grid) { g.Origin = -1 },
		"an origin after 2262":        func(g *Grid) { g.Origin = maxTime + 1 },
		"no block period":             func(g *Grid) { g.Block = 0 },
		"an interval below a second":  func(g *Grid) { g.Interval, g.Block = 500, 500 },
		"a block beside the interval": func(g *Grid) { g.Block = 3000 },
		"an interval beside uploads":  func(g *Grid) { g.Upload = 25_000 },
		"no upload period":            func(g *Grid) { g.Upload = 0 },
		"an upload above a year":      func(g *Grid) { g.Upload = g.Interval * 1e9 },
		"too many intervals a bundle": func(g *Grid) { g.Upload = g.Interval * (MaxLines + 1) },
	} {
		g := testGrid
		change(&g)
		require.ErrorIs(t, g.Validate(), ErrGrid, name)
	}
}

func TestIntervalsAreHalfOpen(t *testing.T) {
	at := func(ms int64) int64 { return (testOrigin + ms) * msNs }
	for ns, want := range map[int64]uint32{at(0): 0, at(10_000) - 1: 0, at(10_000): 1, at(10_000) + 1: 1} {
		got, err := testGrid.IntervalOf(ns)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	_, err := testGrid.IntervalOf(at(0) - 1)
	require.ErrorIs(t, err, ErrOutsideGrid)
	_, err = Grid{Block: 1, Interval: 1000, Upload: 1000}.IntervalOf(math.MaxInt64)
	require.ErrorIs(t, err, ErrOutsideGrid)
	from, to := testGrid.Bounds(3)
	require.Equal(t, []int64{testOrigin + 30_000, testOrigin + 40_000}, []int64{from, to})
	from, to = testGrid.BlockOf(at(12_345))
	require.Equal(t, []int64{testOrigin + 12_000, testOrigin + 13_000}, []int64{from, to})
	from, to = testGrid.BlockOf(at(-1))
	require.Equal(t, []int64{testOrigin - 1000, testOrigin}, []int64{from, to})
	require.Equal(t, uint64(2), testGrid.BundleOf(17))
	require.Equal(t, uint64(18), testGrid.BundleEnd(17))
	require.Equal(t, uint32(6), testGrid.IntervalsPerBundle())
}

func TestBoundsNeverWrapIntoThePast(t *testing.T) {
	g := Grid{Origin: maxTime - 5000, Block: 1000, Interval: 1000, Upload: maxUpload}
	for _, i := range []uint32{4, 5, 6, math.MaxUint32} {
		from, to := g.Bounds(i)
		require.LessOrEqual(t, from, to)
		require.GreaterOrEqual(t, from, g.Origin)
		require.LessOrEqual(t, to, int64(maxTime))
	}
}

func TestEveryTimeLiesInItsIntervalAndBlock(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		block := rapid.Uint64Range(1, 5000).Draw(t, "block")
		g := Grid{Origin: rapid.Int64Range(0, 2e12).Draw(t, "origin"), Block: block}
		g.Interval = block * rapid.Uint64Range(1000, 4000).Draw(t, "interval")
		g.Upload = g.Interval
		ns := rapid.Int64Range(0, 4e18).Draw(t, "ns")
		i, err := g.IntervalOf(ns)
		if (floorMs(ns) < g.Origin) != (err != nil) {
			t.Fatal(err)
		}
		if err != nil {
			return
		}
		from, to := g.Bounds(i)
		t0, t1 := g.BlockOf(ns)
		if ms := ns / msNs; ms < t0 || ms >= t1 || t0 < from || t1 > to || (t0-g.Origin)%int64(block) != 0 {
			t.Fatalf("%d in block %d to %d of interval %d to %d", ms, t0, t1, from, to)
		}
	})
}

func FuzzParseTime(f *testing.F) {
	f.Add(TimeLocal, "2010-01-01T01:00:00", int64(0))
	f.Add(TimeRFC3339, "2010-01-01T01:00:00.5+02:00", int64(0))
	f.Add(TimeOffset, "17.25", int64(1e12))
	f.Fuzz(func(t *testing.T, format, text string, origin int64) {
		origin = min(max(origin, 0), maxTime)
		base := TimeBase{Field: "t", Format: format}
		ns, err := base.ParseTime(text, origin)
		if err != nil {
			return
		}
		back, err := base.ParseTime(base.FormatTime(ns, origin), origin)
		require.NoError(t, err)
		require.Equal(t, time.Unix(0, ns), time.Unix(0, back))
	})
}

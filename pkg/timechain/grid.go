package timechain

import (
	"errors"
	"fmt"
	"math"
)

// ErrGrid means that a stream's periods do not fit together.
var ErrGrid = errors.New("bad time grid")

// ErrOutsideGrid means that a time lies before the origin or after the last interval.
var ErrOutsideGrid = errors.New("time is outside the stream's grid")

// Grid cuts event time into blocks, intervals and uploads, all in milliseconds, half-open, counted from Origin.
type Grid struct {
	// Origin is the start of interval 0, in unix milliseconds.
	Origin int64
	// Block (T), Interval (e) and Upload (u) are periods; each divides the next.
	Block, Interval, Upload uint64
}

const (
	// minInterval is one second.
	minInterval = 1000
	// maxUpload is a year.
	maxUpload = 366 * 24 * 3600 * 1000
	// maxTime is the last millisecond whose nanoseconds fit in 64 bits, in the year 2262.
	maxTime = math.MaxInt64/1_000_000 - 1
)

// Validate checks the periods.
func (g Grid) Validate() error {
	switch {
	case g.Origin < 0 || g.Origin > maxTime:
		return fmt.Errorf("%w: origin must lie between 1970 and 2262", ErrGrid)
	case g.Block == 0 || g.Interval < minInterval:
		return fmt.Errorf("%w: the block period must be at least 1 ms, the interval at least 1 s", ErrGrid)
	case g.Upload > maxUpload:
		return fmt.Errorf("%w: the upload period is at most a year", ErrGrid)
	case g.Interval%g.Block != 0 || g.Upload == 0 || g.Upload%g.Interval != 0:
		return fmt.Errorf("%w: the block period must divide the interval, and the interval the upload period", ErrGrid)
	case g.Upload/g.Interval > MaxLines:
		return fmt.Errorf("%w: at most %d intervals to an upload", ErrGrid, MaxLines)
	}
	return nil
}

// floorMs is a nanosecond time in milliseconds, rounded down also before 1970.
func floorMs(ns int64) int64 {
	ms := ns / 1e6
	if ns%1e6 < 0 {
		ms--
	}
	return ms
}

// IntervalOf is the interval a time, in unix nanoseconds, lies in.
func (g Grid) IntervalOf(ns int64) (uint32, error) {
	since := floorMs(ns) - g.Origin
	if since < 0 || uint64(since)/g.Interval > math.MaxUint32 {
		return 0, ErrOutsideGrid
	}
	return uint32(uint64(since) / g.Interval), nil
}

// Bounds of an interval in unix milliseconds, half-open. Both stop at the end of time, in the year 2262, so that an interval
// beyond never seems to be in the past.
func (g Grid) Bounds(interval uint32) (from, to int64) {
	left := uint64(maxTime - g.Origin)
	starts := func(i uint64) int64 {
		if i > left/g.Interval {
			return maxTime
		}
		return g.Origin + int64(i*g.Interval)
	}
	return starts(uint64(interval)), starts(uint64(interval) + 1)
}

// BlockOf is the bounds of the block period a time, in unix nanoseconds, lies in: unix milliseconds, half-open.
func (g Grid) BlockOf(ns int64) (from, to int64) { return g.blockOfMs(floorMs(ns)) }

func (g Grid) blockOfMs(ms int64) (from, to int64) {
	period := int64(g.Block)
	from = ms - ((ms-g.Origin)%period+period)%period
	return from, from + period
}

// IntervalsPerBundle is how many intervals one upload period has.
func (g Grid) IntervalsPerBundle() uint32 { return uint32(g.Upload / g.Interval) }

// BundleOf is the number of the upload period an interval lies in.
func (g Grid) BundleOf(interval uint32) uint64 {
	return uint64(interval) / uint64(g.IntervalsPerBundle())
}

// BundleEnd is the first interval after the upload period an interval lies in.
func (g Grid) BundleEnd(interval uint32) uint64 {
	return (g.BundleOf(interval) + 1) * uint64(g.IntervalsPerBundle())
}

package timechain

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// ErrTime means that a time's text can't be read, or lies outside the years 1678 to 2261 that nanoseconds in 64 bits reach.
var ErrTime = errors.New("bad time")

// local is RFC 3339 without a zone.
const local = "2006-01-02T15:04:05"

// decimals is how many places a number of seconds or milliseconds has when it counts nanoseconds.
func (t TimeBase) decimals() int {
	if t.Format == TimeUnixMs {
		return 6
	}
	return 9
}

// ParseTime reads a time's text as unix nanoseconds, without rounding. originMs, in unix milliseconds, is where TimeOffset counts
// from.
func (t TimeBase) ParseTime(text string, originMs int64) (int64, error) {
	switch t.Format {
	case TimeRFC3339:
		return parseDate(time.RFC3339Nano, text)
	case TimeLocal:
		return parseDate(local, text)
	case TimeUnix, TimeUnixMs, TimeOffset:
		v, err := parseFixed(text, t.decimals())
		if err != nil {
			return 0, fmt.Errorf("%w: %q is no decimal number with up to %d places in range", ErrTime, clip(text), t.decimals())
		}
		if t.Format != TimeOffset {
			return v.num, nil
		}
		origin := originMs * 1e6
		if sum := origin + v.num; (sum > origin) == (v.num > 0) {
			return sum, nil
		}
		return 0, fmt.Errorf("%w: offset %q is out of range", ErrTime, clip(text))
	}
	return 0, fmt.Errorf("%w: unknown format %q", ErrTime, t.Format)
}

func parseDate(layout, text string) (int64, error) {
	at, err := time.Parse(layout, text)
	if err != nil {
		return 0, fmt.Errorf("%w: %q is not like %s", ErrTime, clip(text), layout)
	}
	if at.Year() < 1678 || at.Year() > 2261 {
		return 0, fmt.Errorf("%w: year %d is out of range", ErrTime, at.Year())
	}
	if fractionDigits(text) > 9 {
		return 0, fmt.Errorf("%w: %q is finer than a nanosecond", ErrTime, clip(text))
	}
	return at.UnixNano(), nil
}

func fractionDigits(text string) int {
	i := strings.IndexAny(text, ".,")
	if i < 0 {
		return 0
	}
	frac := text[i+1:]
	return len(frac) - len(strings.TrimLeft(frac, "0123456789"))
}

// FormatTime writes unix nanoseconds as ParseTime reads them, in UTC, fractions without trailing zeros.
func (t TimeBase) FormatTime(ns, originMs int64) string {
	switch t.Format {
	case TimeRFC3339:
		return time.Unix(0, ns).UTC().Format(time.RFC3339Nano)
	case TimeLocal:
		return time.Unix(0, ns).UTC().Format(local + ".999999999")
	case TimeOffset:
		ns -= originMs * 1e6
	}
	text := formatFixed(Int(ns), t.decimals())
	return strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
}

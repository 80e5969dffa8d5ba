package types

import (
	"errors"
	"fmt"

	"github.com/cpchain/cpchain/pkg/keytree"
	"github.com/cpchain/cpchain/pkg/timechain"
)

// Timechain is the schema as pkg/timechain works with it, checked.
func (s Schema) Timechain() (timechain.Schema, error) {
	out := timechain.Schema{Time: timechain.TimeBase{Field: s.TimeField, Format: s.TimeFormat}}
	for _, f := range s.Fields {
		field, err := f.timechain()
		if err != nil {
			return out, err
		}
		out.Fields = append(out.Fields, field)
	}
	return out, out.Validate()
}

func (f Field) timechain() (timechain.Field, error) {
	// both are wider here than there: a cut-off number must not pass for a small one
	if f.Decimals > timechain.MaxDecimals {
		return timechain.Field{}, fmt.Errorf("field %q: %d decimals, at most %d", f.Name, f.Decimals, timechain.MaxDecimals)
	}
	if _, known := FieldType_name[int32(f.Type)]; !known {
		return timechain.Field{}, fmt.Errorf("field %q: type %d does not exist", f.Name, f.Type)
	}
	out := timechain.Field{Name: f.Name, Unit: f.Unit, Type: timechain.FieldType(f.Type), Decimals: uint8(f.Decimals)} //nolint:gosec // checked above
	lower, err := timechain.ParseValue(out, f.Min)
	if err != nil {
		return out, fmt.Errorf("min of %w", err)
	}
	upper, err := timechain.ParseValue(out, f.Max)
	if err != nil {
		return out, fmt.Errorf("max of %w", err)
	}
	// set last: a key must be there, a bound need not
	out.Min, out.Max, out.Key = lower, upper, f.Key
	return out, nil
}

// SchemaFrom is the schema as it goes on chain.
func SchemaFrom(s timechain.Schema) Schema {
	out := Schema{TimeField: s.Time.Field, TimeFormat: s.Time.Format}
	for _, f := range s.Fields {
		field := Field{Name: f.Name, Unit: f.Unit, Type: FieldType(f.Type), Decimals: uint32(f.Decimals), Key: f.Key}
		if !f.Min.IsAbsent() {
			field.Min = f.Min.Format(f)
		}
		if !f.Max.IsAbsent() {
			field.Max = f.Max.Format(f)
		}
		out.Fields = append(out.Fields, field)
	}
	return out
}

// Grid is the stream's time grid.
func (s Stream) Grid() timechain.Grid {
	return timechain.Grid{Origin: s.OriginMs, Block: s.BlockMs, Interval: s.IntervalMs, Upload: s.UploadMs}
}

// IntervalAt is the interval a time (unix milliseconds) lies in; timechain.ErrOutsideGrid before the origin and after the
// last interval.
func (s Stream) IntervalAt(ms int64) (uint32, error) {
	const maxMs = (1<<63 - 1) / 1_000_000 // what fits in 64 bits of nanoseconds
	if ms < 0 || ms > maxMs {
		return 0, timechain.ErrOutsideGrid
	}
	return s.Grid().IntervalOf(ms * 1_000_000)
}

// KeyEpochAt is the key epoch an interval is sealed under.
func (s Stream) KeyEpochAt(interval uint32) uint32 {
	epoch := uint32(0)
	for _, e := range s.KeyEpochs {
		if e.Start <= interval {
			epoch = e.Epoch
		}
	}
	return epoch
}

// KeyEpochEnd is the first interval after a key epoch; for the newest one 2^32, past the last interval there is.
func (s Stream) KeyEpochEnd(epoch uint32) uint64 {
	for _, e := range s.KeyEpochs {
		if e.Epoch == epoch+1 {
			return uint64(e.Start)
		}
	}
	return 1 << keytree.Depth
}

// LastKeyEpoch is the newest key epoch.
func (s Stream) LastKeyEpoch() KeyEpoch {
	if len(s.KeyEpochs) == 0 {
		return KeyEpoch{}
	}
	return s.KeyEpochs[len(s.KeyEpochs)-1]
}

// validKeyEpochs: numbered from 0 without a gap, the first from interval 0, each starting after the one before.
func (s Stream) validKeyEpochs() error {
	if len(s.KeyEpochs) == 0 || s.KeyEpochs[0].Start != 0 {
		return errors.New("the first key epoch must start at interval 0")
	}
	for i, e := range s.KeyEpochs {
		if e.Epoch != uint32(i) || i > 0 && e.Start <= s.KeyEpochs[i-1].Start {
			return fmt.Errorf("key epoch %d (number %d) is out of order", i, e.Epoch)
		}
	}
	return nil
}

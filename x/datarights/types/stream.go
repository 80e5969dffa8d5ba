package types

import (
	"fmt"

	"github.com/cpchain/cpchain/pkg/timechain"
)

// Timechain is the schema as pkg/timechain works with it, checked.
func (s Schema) Timechain() (timechain.Schema, error) {
	out := timechain.Schema{Time: timechain.TimeBase{Field: s.TimeField, Format: s.TimeFormat}}
	for _, f := range s.Fields {
		if f.Decimals > timechain.MaxDecimals {
			return out, fmt.Errorf("field %q: %d decimals, at most %d", f.Name, f.Decimals, timechain.MaxDecimals)
		}
		field := timechain.Field{Name: f.Name, Unit: f.Unit, Type: timechain.FieldType(f.Type), Decimals: uint8(f.Decimals)}
		lower, err := timechain.ParseValue(field, f.Min)
		if err != nil {
			return out, fmt.Errorf("min of %w", err)
		}
		upper, err := timechain.ParseValue(field, f.Max)
		if err != nil {
			return out, fmt.Errorf("max of %w", err)
		}
		field.Min, field.Max, field.Key = lower, upper, f.Key
		out.Fields = append(out.Fields, field)
	}
	return out, out.Validate()
}

// Grid is the stream's time grid.
func (s Stream) Grid() timechain.Grid {
	return timechain.Grid{Origin: s.OriginMs, Block: s.BlockMs, Interval: s.IntervalMs, Upload: s.UploadMs}
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

// LastKeyEpoch is the newest key epoch.
func (s Stream) LastKeyEpoch() KeyEpoch {
	if len(s.KeyEpochs) == 0 {
		return KeyEpoch{}
	}
	return s.KeyEpochs[len(s.KeyEpochs)-1]
}

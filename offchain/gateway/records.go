package gateway

import (
	"errors"
	"time"

	"github.com/cpchain/cpchain/offchain/gateway/senml"
	"github.com/cpchain/cpchain/pkg/timechain"
	datarights "github.com/cpchain/cpchain/x/datarights/types"
)

// reading turns SenML into records of one stream.
//
// A record is a group of entries of one pack with equal base name and equal time; an entry's name is a field of the
// schema. Numbers and texts go through the field's own parser, so decimals stay exact and bounds hold.
type reading struct {
	stream     uint64
	schema     timechain.Schema
	fields     map[string]int
	grid       timechain.Grid
	historical bool
	// ahead and behind bound a live record's distance from now.
	ahead, behind time.Duration
}

func newReading(row datarights.Stream, limits LimitsConfig) (reading, error) {
	schema, err := row.Schema.Timechain()
	if err != nil {
		return reading{}, err
	}
	r := reading{
		stream: row.Id, schema: schema, fields: map[string]int{}, grid: row.Grid(), historical: row.Historical,
		ahead: limits.ahead(), behind: limits.behind(),
	}
	for i, f := range schema.Fields {
		r.fields[f.Name] = i
	}
	return r, nil
}

// group is what makes entries one record.
type group struct {
	base string
	time int64
}

// records resolves a pack at a moment. absolute tells that every time was given in full, so that the same pack always
// means the same records.
func (r reading) records(pack []senml.Entry, now time.Time) (list []timechain.Record, absolute bool, err error) {
	index := map[group]int{}
	absolute = true
	for _, e := range pack {
		absolute = absolute && !e.Relative
		t, err := r.time(e, now)
		if err != nil {
			return nil, false, err
		}
		at, ok := index[group{e.Base, t}]
		if !ok {
			at = len(list)
			index[group{e.Base, t}] = at
			list = append(list, timechain.Record{T: t, Values: make([]timechain.Value, len(r.schema.Fields))})
		}
		if err := r.put(list[at].Values, e); err != nil {
			return nil, false, err
		}
	}
	for _, record := range list {
		if err := r.schema.Check(record); err != nil {
			return nil, false, r.valueRefusal(err, "")
		}
	}
	return list, absolute, nil
}

// time of an entry in ns, checked against grid and clock.
func (r reading) time(e senml.Entry, now time.Time) (int64, error) {
	t := e.Time
	if e.Relative {
		if r.historical {
			return 0, refuse(ReasonTime, r.stream, "field %q has no absolute time: give one, now means nothing to a historical stream", e.Name)
		}
		t += now.UnixNano()
	}
	if _, err := r.grid.IntervalOf(t); err != nil {
		return 0, refuse(ReasonTime, r.stream, "%s is outside the stream's time, which begins at %s", stamp(t), stamp(r.grid.Origin*1e6))
	}
	if r.historical {
		return t, nil
	}
	switch skew := time.Duration(t - now.UnixNano()); {
	case skew > r.ahead:
		return 0, refuse(ReasonClock, r.stream, "%s is %s ahead of this gateway's clock, limit %s: set the sensor's clock", stamp(t), skew.Round(time.Second), r.ahead)
	case skew < -r.behind:
		return 0, refuse(ReasonClock, r.stream, "%s is %s behind this gateway's clock, limit %s: set the sensor's clock, or publish old data as a historical stream",
			stamp(t), (-skew).Round(time.Second), r.behind)
	}
	return t, nil
}

func stamp(ns int64) string { return time.Unix(0, ns).UTC().Format(time.RFC3339Nano) }

// put sets one value of a record.
func (r reading) put(values []timechain.Value, e senml.Entry) error {
	i, ok := r.fields[e.Name]
	if !ok {
		out := refuse(ReasonUnknownField, r.stream, "field %q is not in the schema", e.Name)
		out.Field = e.Name
		return out
	}
	f := r.schema.Fields[i]
	if e.Unit != "" && e.Unit != f.Unit {
		out := refuse(ReasonUnit, r.stream, "field %q is in %q, not in %q", e.Name, f.Unit, e.Unit)
		out.Field, out.Unit = e.Name, e.Unit
		return out
	}
	if !values[i].IsAbsent() {
		return r.valueRefusal(errTwice, e.Name)
	}
	v, err := value(f, e)
	if err != nil {
		return r.valueRefusal(err, e.Name)
	}
	values[i] = v
	return nil
}

var (
	errTwice  = errors.New("it stands twice in one record: give each thing measured its own base name (bn)")
	errText   = errors.New("it is text: send vs, not v")
	errNumber = errors.New("it is a number: send v, not vs")
)

func value(f timechain.Field, e senml.Entry) (timechain.Value, error) {
	switch text := f.Type == timechain.TypeText; {
	case text && e.Text == nil:
		return timechain.Value{}, errText
	case !text && e.Text != nil:
		return timechain.Value{}, errNumber
	case text:
		v := timechain.Text(*e.Text)
		return v, f.Check(v)
	}
	return timechain.ParseValue(f, e.Number)
}

func (r reading) valueRefusal(err error, field string) *Refusal {
	out := refuse(ReasonValue, r.stream, "%v", err)
	if field != "" {
		out.Field = field
		out.Text = "field \"" + field + "\": " + err.Error()
	}
	return out
}

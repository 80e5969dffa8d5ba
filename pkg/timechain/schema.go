package timechain

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
)

// ErrSchema means that a schema makes no sense.
var ErrSchema = errors.New("bad schema")

// Field is one column of a stream.
type Field struct {
	Name string
	// Unit is a SenML unit (RFC 8428) or empty.
	Unit string
	Type FieldType
	// Decimals is the number of places of a fixed field.
	Decimals uint8
	// Min and Max bound numbers, inclusive; absent means no bound.
	Min, Max Value
	// Key marks a field that names what was measured (a vehicle, a sensor): it must be there in every record, and the records
	// that agree in all key fields form a series.
	Key bool
}

// TimeBase tells how records' times are written as text.
type TimeBase struct {
	// Field is the time's column.
	Field string
	// Format is one of the Time constants.
	Format string
}

// Formats of times.
const (
	TimeRFC3339 = "rfc3339"
	TimeLocal   = "local"    // 2006-01-02T15:04:05, UTC
	TimeUnix    = "unix_s"   // seconds since 1970
	TimeUnixMs  = "unix_ms"  // milliseconds since 1970
	TimeOffset  = "offset_s" // seconds since the stream's origin
)

// Schema tells what a stream's records hold.
type Schema struct {
	Fields []Field
	Time   TimeBase
}

const (
	// MaxFields bounds a schema.
	MaxFields = 1024
	maxName   = 64
)

var fieldName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.-]*$`)

// Validate checks names, types, decimals and bounds.
func (s Schema) Validate() error {
	if len(s.Fields) == 0 || len(s.Fields) > MaxFields {
		return fmt.Errorf("%w: %d fields; give 1 to %d", ErrSchema, len(s.Fields), MaxFields)
	}
	if !slices.Contains([]string{TimeRFC3339, TimeLocal, TimeUnix, TimeUnixMs, TimeOffset}, s.Time.Format) {
		return fmt.Errorf("%w: time format %q: use rfc3339, local, unix_s, unix_ms or offset_s", ErrSchema, s.Time.Format)
	}
	seen := map[string]bool{}
	for _, name := range append([]string{s.Time.Field}, names(s.Fields)...) {
		if len(name) > maxName || !fieldName.MatchString(name) {
			return fmt.Errorf("%w: column name %q: use up to %d letters, digits, _, . and -", ErrSchema, name, maxName)
		}
		if seen[name] {
			return fmt.Errorf("%w: column %q stands twice", ErrSchema, name)
		}
		seen[name] = true
	}
	for _, f := range s.Fields {
		if err := f.validate(); err != nil {
			return fmt.Errorf("%w: field %q: %w", ErrSchema, f.Name, err)
		}
	}
	return nil
}

func names(fields []Field) []string {
	list := make([]string, len(fields))
	for i, f := range fields {
		list[i] = f.Name
	}
	return list
}

// Check that a record has one fitting value for every field.
func (s Schema) Check(r Record) error {
	if err := s.checkWidth(&r); err != nil {
		return err
	}
	for i := range s.Fields {
		if err := s.Fields[i].Check(r.Values[i]); err != nil {
			return err
		}
	}
	return nil
}

func (s *Schema) checkWidth(r *Record) error {
	if len(r.Values) != len(s.Fields) {
		return fmt.Errorf("%w: %d values for %d fields", ErrValue, len(r.Values), len(s.Fields))
	}
	return nil
}

func (f Field) validate() error {
	switch {
	case f.Type < TypeInt || f.Type > TypeText:
		return fmt.Errorf("type %d: use int, fixed, float or text", f.Type)
	case f.Decimals > MaxDecimals || f.Decimals > 0 && f.Type != TypeFixed:
		return fmt.Errorf("%d decimals: fixed fields have up to %d, others none", f.Decimals, MaxDecimals)
	case len(f.Unit) > maxName:
		return fmt.Errorf("unit of %d bytes", len(f.Unit))
	}
	for _, b := range []Value{f.Min, f.Max} {
		if !b.IsAbsent() && (f.Type == TypeText || b.kind != f.stored()) {
			return errors.New("bounds must be numbers of the field's own type")
		}
	}
	if !f.Min.IsAbsent() && !f.Max.IsAbsent() && less(f.Max, f.Min) {
		return errors.New("max is below min")
	}
	return nil
}

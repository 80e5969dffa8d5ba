package senml

import (
	"errors"
	"fmt"
	"strings"
)

// Media types (RFC 8428, 12.3).
const (
	MediaJSON = "application/senml+json"
	MediaCBOR = "application/senml+cbor"
)

// Limits of a pack.
const (
	// MaxEntries of one pack.
	MaxEntries = 200_000
	// MaxName of base name and name together, in bytes.
	MaxName = 256
	// maxVersion of SenML that is understood.
	maxVersion = 10
)

// ErrMalformed means that a pack is not SenML, or uses a part of it that is not understood here.
var ErrMalformed = errors.New("malformed SenML")

// relativeBelow: a time below 2^28 seconds is relative to now (RFC 8428, 4.5.3).
const relativeBelow = (1 << 28) * int64(1e9)

// Entry is one resolved measurement.
type Entry struct {
	// Base is the base name in effect, Name the entry's own; together they are the SenML name.
	Base, Name string
	// Unit in effect, empty when none was given.
	Unit string
	// Time in ns: since 1970, or from now when Relative.
	Time     int64
	Relative bool
	// Text is set for string values, Number (plain decimal text) for numbers.
	Text   *string
	Number string
}

// entry is an entry as it travels.
type entry struct {
	BaseName    *string `json:"bn"   cbor:"-2,keyasint"`
	BaseTime    numeral `json:"bt"   cbor:"-3,keyasint"`
	BaseUnit    *string `json:"bu"   cbor:"-4,keyasint"`
	BaseValue   numeral `json:"bv"   cbor:"-5,keyasint"`
	BaseSum     present `json:"bs"   cbor:"-6,keyasint"`
	BaseVersion *int64  `json:"bver" cbor:"-1,keyasint"`
	Name        *string `json:"n"    cbor:"0,keyasint"`
	Unit        *string `json:"u"    cbor:"1,keyasint"`
	Value       numeral `json:"v"    cbor:"2,keyasint"`
	Text        *string `json:"vs"   cbor:"3,keyasint"`
	Bool        present `json:"vb"   cbor:"4,keyasint"`
	Sum         present `json:"s"    cbor:"5,keyasint"`
	Time        numeral `json:"t"    cbor:"6,keyasint"`
	UpdateTime  present `json:"ut"   cbor:"7,keyasint"`
	Data        present `json:"vd"   cbor:"8,keyasint"`
}

// present notes that a label was there.
type present bool

func (p *present) UnmarshalJSON([]byte) error { *p = true; return nil }
func (p *present) UnmarshalCBOR([]byte) error { *p = true; return nil }

// base is what carries over from entry to entry.
type base struct {
	name, unit  string
	time, value numeral
}

// resolve applies the base fields in order.
func resolve(pack []entry) ([]Entry, error) {
	if len(pack) == 0 {
		return nil, fmt.Errorf("%w: the pack is empty", ErrMalformed)
	}
	if len(pack) > MaxEntries {
		return nil, fmt.Errorf("%w: %d entries, limit %d: send smaller packs", ErrMalformed, len(pack), MaxEntries)
	}
	var b base
	out := make([]Entry, 0, len(pack))
	for i, e := range pack {
		b.update(e)
		if e.onlyBase() {
			continue
		}
		r, err := e.resolve(b)
		if err != nil {
			return nil, fmt.Errorf("%w: entry %d: %w", ErrMalformed, i, err)
		}
		out = append(out, r)
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%w: the pack measures nothing", ErrMalformed)
	}
	return out, nil
}

func (b *base) update(e entry) {
	if e.BaseName != nil {
		b.name = *e.BaseName
	}
	if e.BaseUnit != nil {
		b.unit = *e.BaseUnit
	}
	if e.BaseTime != "" {
		b.time = e.BaseTime
	}
	if e.BaseValue != "" {
		b.value = e.BaseValue
	}
}

// onlyBase tells an entry that sets base fields and measures nothing.
func (e entry) onlyBase() bool {
	return e.Name == nil && e.Value == "" && e.Text == nil && !bool(e.Bool) && !bool(e.Data) && !bool(e.Sum) && !bool(e.BaseSum) &&
		(e.BaseVersion == nil || *e.BaseVersion <= maxVersion)
}

func (e entry) resolve(b base) (Entry, error) {
	if err := e.supported(); err != nil {
		return Entry{}, err
	}
	r := Entry{Base: b.name, Unit: b.unit}
	if e.Name != nil {
		r.Name = *e.Name
	}
	if err := checkName(r.Base + r.Name); err != nil {
		return Entry{}, err
	}
	if e.Unit != nil {
		r.Unit = *e.Unit
	}
	ns, err := nanos(b.time, e.Time)
	if err != nil {
		return Entry{}, fmt.Errorf("time of %q: %w", r.Name, err)
	}
	r.Time, r.Relative = ns, ns < relativeBelow
	if e.Text != nil {
		r.Text = e.Text
		return r, nil
	}
	if r.Number, err = add(b.value, e.Value); err != nil {
		return Entry{}, fmt.Errorf("value of %q: %w", r.Name, err)
	}
	return r, nil
}

// supported refuses what could not be kept.
func (e entry) supported() error {
	switch {
	case e.BaseVersion != nil && (*e.BaseVersion < 1 || *e.BaseVersion > maxVersion):
		return fmt.Errorf("version %d, up to %d are understood", *e.BaseVersion, maxVersion)
	case bool(e.Sum) || bool(e.BaseSum):
		return errors.New("sums (s, bs) are not kept: send values")
	case bool(e.Bool) || bool(e.Data):
		return errors.New("boolean and data values (vb, vd) are not kept: send v or vs")
	case e.Value != "" && e.Text != nil:
		return errors.New("both v and vs")
	case e.Value == "" && e.Text == nil:
		return errors.New("no value: give v or vs")
	}
	return nil
}

func checkName(name string) error {
	if name == "" || len(name) > MaxName {
		return fmt.Errorf("name of %d bytes; give 1 to %d", len(name), MaxName)
	}
	alnum := func(r rune) bool { return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' }
	if !alnum(rune(name[0])) || strings.ContainsFunc(name, func(r rune) bool { return !alnum(r) && !strings.ContainsRune("-:./_", r) }) {
		return fmt.Errorf("name %q: begin with a letter or digit and use letters, digits, - : . / _", name)
	}
	return nil
}

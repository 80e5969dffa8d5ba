package timechain

import "fmt"

// columnDecoder reads columns.
type columnDecoder struct {
	schema *Schema
	in     *bodyReader
	series series
}

// decode reads n records; n must be known not to exceed maxCells over the columns.
func (d *columnDecoder) decode(n int) ([]Record, error) {
	records := make([]Record, n)
	width := len(d.schema.Fields)
	values := make([]Value, n*width)
	d.times(records)
	d.seqs(records)
	if d.in.err != nil {
		return nil, d.in.err
	}
	for i := range records {
		records[i].Values = values[i*width : (i+1)*width : (i+1)*width]
	}
	d.series.reset(n)
	for _, f := range d.schema.columnOrder() {
		if err := d.field(f, records); err != nil {
			return nil, fmt.Errorf("column %q: %w", d.schema.Fields[f].Name, err)
		}
	}
	return records, nil
}

func (d *columnDecoder) times(records []Record) {
	exp := d.in.byte()
	if exp > 9 {
		d.in.fail("time unit 10^%d ns", exp)
		return
	}
	unit := int64(1)
	for range exp {
		unit *= 10
	}
	var s slope
	for i := range records {
		t := s.next(unzigzag(d.in.uvarint()))
		if t*unit/unit != t {
			d.in.fail("time %d·10^%d ns is out of range", t, exp)
			return
		}
		records[i].T = t * unit
	}
}

func (d *columnDecoder) seqs(records []Record) {
	var s slope
	for i := range records {
		records[i].Seq = uint64(s.next(unzigzag(d.in.uvarint())))
	}
}

func (d *columnDecoder) field(f int, records []Record) error {
	some, err := d.presence(f, records)
	if err != nil || !some {
		return err
	}
	field := &d.schema.Fields[f]
	switch field.stored() {
	case TypeText:
		err = d.texts(f, records)
	case TypeFloat:
		d.numbers(f, records, func(code uint64, base int64) int64 { return int64(code) ^ base })
	default:
		d.numbers(f, records, func(code uint64, base int64) int64 { return unzigzag(code) + base })
	}
	if err != nil || d.in.err != nil {
		return firstOf(err, d.in.err)
	}
	if field.Type == TypeText {
		return nil // checked by the dictionary
	}
	for i := range records {
		v := records[i].Values[f]
		if v.neg && v.num != 0 {
			return fmt.Errorf("%w: negative zero that is %d", ErrSegment, v.num)
		}
		if err := field.Check(v); err != nil {
			return fmt.Errorf("%w: %w", ErrSegment, err)
		}
	}
	return nil
}

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// presence gives the values that are there their kind.
func (d *columnDecoder) presence(f int, records []Record) (bool, error) {
	field := &d.schema.Fields[f]
	mode := d.in.byte()
	if mode == modeNone && !field.Key {
		return false, d.in.err
	}
	numeric := field.stored() == TypeInt
	if mode&^modeSigned > modeSome || mode&modeSigned != 0 && !numeric || mode&modeSome != 0 && field.Key {
		d.in.fail("mode %d", mode)
		return false, d.in.err
	}
	var bitmap []byte
	if mode&modeSome != 0 {
		bitmap = d.in.take((len(records) + 7) / 8)
	}
	if d.in.err != nil {
		return false, d.in.err
	}
	for i := range records {
		if bitmap == nil || bitmap[i/8]>>(i%8)&1 == 1 {
			records[i].Values[f].kind = field.stored()
		}
	}
	if mode&modeSigned != 0 {
		d.signs(f, records)
	}
	return true, d.in.err
}

// signs marks the negative zeros.
func (d *columnDecoder) signs(f int, records []Record) {
	count := d.in.uvarint()
	if count == 0 || count > uint64(len(records)) {
		d.in.fail("%d negative zeros", count)
		return
	}
	at := uint64(0)
	for i := range count {
		step := d.in.uvarint()
		at += step
		if i > 0 && step == 0 || step > uint64(len(records)) || at >= uint64(len(records)) || records[at].Values[f].kind == 0 {
			d.in.fail("negative zero at record %d", at)
			return
		}
		records[at].Values[f].neg = true
	}
}

func (d *columnDecoder) numbers(f int, records []Record, number func(code uint64, base int64) int64) {
	if d.schema.Fields[f].Key {
		d.keyNumbers(f, records, number)
		return
	}
	bases := d.series.bases()
	for i := range records {
		v := &records[i].Values[f]
		if v.kind == 0 {
			continue
		}
		id := d.series.of[i]
		v.num = number(d.in.uvarint(), bases.base(id))
		bases.set(id, v.num)
	}
}

func (d *columnDecoder) keyNumbers(f int, records []Record, number func(code uint64, base int64) int64) {
	last := int64(0)
	for i := range records {
		last = number(d.in.uvarint(), last)
		records[i].Values[f].num = last
		d.series.narrow(i, uint64(last))
	}
	d.series.narrowed()
}

func (d *columnDecoder) texts(f int, records []Record) error {
	field := &d.schema.Fields[f]
	words, err := d.dictionary(field)
	if err != nil {
		return err
	}
	last := int64(0)
	for i := range records {
		v := &records[i].Values[f]
		if v.kind == 0 {
			continue
		}
		last += unzigzag(d.in.uvarint())
		if last < 0 || last >= int64(len(words)) {
			d.in.fail("text %d of a dictionary of %d", last, len(words))
			return d.in.err
		}
		v.text = words[last]
		if field.Key {
			d.series.narrowByWord(i, uint32(last))
		}
	}
	if field.Key {
		d.series.narrowed()
	}
	return nil
}

// dictionary reads and checks a column's texts.
func (d *columnDecoder) dictionary(field *Field) ([]string, error) {
	n := d.in.uvarint()
	if n > uint64(len(d.in.b)) {
		d.in.fail("dictionary of %d texts", n)
		return nil, d.in.err
	}
	words := make([]string, n)
	for i := range words {
		size := d.in.uvarint()
		if size == 0 || size > MaxText {
			d.in.fail("text of %d bytes", size)
			return nil, d.in.err
		}
		words[i] = string(d.in.take(int(size)))
		if d.in.err != nil {
			return nil, d.in.err
		}
		if err := field.checkText(words[i]); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrSegment, err)
		}
	}
	return words, nil
}

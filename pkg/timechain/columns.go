package timechain

import "encoding/binary"

// Records lie in a segment's body by column: times, arrival numbers, the key fields, then the other fields, each group in the
// schema's order. A field's column is a mode byte, which values are there, and the values; numbers follow as the difference to
// the last value of the same series (the records that agree in all key fields), of a new series to the last value of any.

// Modes of a field's column.
const (
	modeAll    = 0      // every record has a value
	modeSome   = 1      // a bitmap tells which
	modeNone   = 2      // no record has one
	modeSigned = 1 << 2 // added: a list of the negative zeros follows
)

// maxCells bounds records × columns of one segment, so that a small body can't ask for much memory.
const maxCells = MaxSegment

// fieldColumns are the columns every record has beside its fields: time and arrival number.
const fieldColumns = 2

// columnOrder lists the fields' indexes as their columns lie: key fields first, since the others are told by series.
func (s *Schema) columnOrder() []int {
	order := make([]int, 0, len(s.Fields))
	for _, key := range []bool{true, false} {
		for i := range s.Fields {
			if s.Fields[i].Key == key {
				order = append(order, i)
			}
		}
	}
	return order
}

// columnEncoder writes columns; it keeps its buffers for the next segment.
type columnEncoder struct {
	schema *Schema
	order  []int
	series series
	words  dictionary
	marks  []uint32
}

func newColumnEncoder(schema *Schema) *columnEncoder {
	return &columnEncoder{schema: schema, order: schema.columnOrder()}
}

// encode checks records against the schema and appends their columns.
func (e *columnEncoder) encode(b []byte, records []Record) ([]byte, error) {
	for i := range records {
		if err := e.schema.checkWidth(&records[i]); err != nil {
			return nil, err
		}
	}
	b = appendTimes(b, records)
	b = appendSeqs(b, records)
	e.series.reset(len(records))
	for _, f := range e.order {
		var err error
		if b, err = e.field(b, f, records); err != nil {
			return nil, err
		}
	}
	return b, nil
}

// appendTimes writes the largest power of ten, up to 10^9, that divides all times, then the times by it.
func appendTimes(b []byte, records []Record) []byte {
	unit, exp := int64(1_000_000_000), byte(9)
	for i := range records {
		for records[i].T%unit != 0 {
			unit, exp = unit/10, exp-1
		}
	}
	b = append(b, exp)
	var s slope
	for i := range records {
		b = binary.AppendUvarint(b, s.step(records[i].T/unit))
	}
	return b
}

func appendSeqs(b []byte, records []Record) []byte {
	var s slope
	for i := range records {
		b = binary.AppendUvarint(b, s.step(int64(records[i].Seq)))
	}
	return b
}

// slope tells a number by how much its step differs from the step before: 0 for what comes regularly. All sums wrap around.
type slope struct {
	last, delta int64
	some        bool
}

func (s *slope) step(n int64) uint64 {
	second := n - s.last - s.delta
	s.next(second)
	return zigzag(second)
}

// next moves on by a second difference and returns the number there.
func (s *slope) next(second int64) int64 {
	delta := s.delta + second
	s.last += delta
	if s.some {
		s.delta = delta
	}
	s.some = true
	return s.last
}

func zigzag(n int64) uint64   { return uint64(n<<1) ^ uint64(n>>63) }
func unzigzag(n uint64) int64 { return int64(n>>1) ^ -int64(n&1) }

// field appends one field's column.
func (e *columnEncoder) field(b []byte, f int, records []Record) ([]byte, error) {
	field := &e.schema.Fields[f]
	absent, err := e.inspect(f, records)
	if err != nil {
		return nil, err
	}
	if absent == len(records) && absent > 0 {
		return append(b, modeNone), nil
	}
	b = e.presence(b, f, records, absent)
	switch field.stored() {
	case TypeText:
		return e.texts(b, f, records)
	case TypeFloat:
		return e.numbers(b, f, records, true), nil
	default:
		return e.numbers(b, f, records, false), nil
	}
}

// inspect checks a column's values, texts apart, counts the absent ones and notes the negative zeros.
func (e *columnEncoder) inspect(f int, records []Record) (absent int, err error) {
	field := &e.schema.Fields[f]
	plain := field.stored() == TypeText || field.stored() == TypeInt && field.Min.kind == 0 && field.Max.kind == 0
	kind := field.stored()
	e.marks = e.marks[:0]
	for i := range records {
		v := &records[i].Values[f]
		if v.kind != kind || !plain {
			if err := field.Check(*v); err != nil {
				return 0, err
			}
		}
		if v.kind == 0 {
			absent++
		}
		if v.neg {
			e.marks = append(e.marks, uint32(i))
		}
	}
	return absent, nil
}

// presence appends the mode, the bitmap of the values there and the list of negative zeros, as needed.
func (e *columnEncoder) presence(b []byte, f int, records []Record, absent int) []byte {
	mode := byte(modeAll)
	if absent > 0 {
		mode = modeSome
	}
	if len(e.marks) > 0 {
		mode |= modeSigned
	}
	b = append(b, mode)
	if absent > 0 {
		b = appendBitmap(b, f, records)
	}
	if len(e.marks) > 0 {
		b = binary.AppendUvarint(b, uint64(len(e.marks)))
		last := uint32(0)
		for _, i := range e.marks {
			b = binary.AppendUvarint(b, uint64(i-last))
			last = i
		}
	}
	return b
}

func appendBitmap(b []byte, f int, records []Record) []byte {
	start := len(b)
	b = append(b, make([]byte, (len(records)+7)/8)...)
	for i := range records {
		if records[i].Values[f].kind != 0 {
			b[start+i/8] |= 1 << (i % 8)
		}
	}
	return b
}

// tell is the code of a number after a base: what differs in the bits of doubles, the difference of the others.
func tell(n, base int64, bits bool) uint64 {
	if bits {
		return uint64(n ^ base)
	}
	return zigzag(n - base)
}

// numbers appends a numeric column.
func (e *columnEncoder) numbers(b []byte, f int, records []Record, bits bool) []byte {
	if e.schema.Fields[f].Key {
		return e.keyNumbers(b, f, records, bits)
	}
	bases := e.series.bases()
	for i := range records {
		v := &records[i].Values[f]
		if v.kind == 0 {
			continue
		}
		b = binary.AppendUvarint(b, tell(v.num, bases.swap(e.series.of[i], v.num), bits))
	}
	return b
}

// keyNumbers appends a numeric key field's column, told by the value before, and narrows the series by it.
func (e *columnEncoder) keyNumbers(b []byte, f int, records []Record, bits bool) []byte {
	last := int64(0)
	for i := range records {
		n := records[i].Values[f].num
		b = binary.AppendUvarint(b, tell(n, last, bits))
		e.series.narrow(i, uint64(n))
		last = n
	}
	e.series.narrowed()
	return b
}

// texts checks texts, each once, and appends a dictionary of them in order of first use and every text's place in it, told by
// the place before.
func (e *columnEncoder) texts(b []byte, f int, records []Record) ([]byte, error) {
	e.words.reset()
	e.marks = e.marks[:0]
	field := &e.schema.Fields[f]
	for i := range records {
		v := &records[i].Values[f]
		if v.kind == 0 {
			continue
		}
		word := e.words.lookup(v.text)
		e.marks = append(e.marks, word)
		if field.Key {
			e.series.narrowByWord(i, word)
		}
	}
	if field.Key {
		e.series.narrowed()
	}
	b = binary.AppendUvarint(b, uint64(len(e.words.list)))
	for _, w := range e.words.list {
		if err := field.checkText(w); err != nil {
			return nil, err
		}
		b = append(binary.AppendUvarint(b, uint64(len(w))), w...)
	}
	last := int64(0)
	for _, word := range e.marks {
		b = binary.AppendUvarint(b, zigzag(int64(word)-last))
		last = int64(word)
	}
	return b, nil
}

// columnGuess is about what a record takes in columns, in bytes, at least one per column: how many to try for one segment.
func (s *Schema) columnGuess() int {
	guess := 3
	for i := range s.Fields {
		switch s.Fields[i].Type {
		case TypeFloat:
			guess += 8
		default:
			guess += 2
		}
	}
	return guess
}

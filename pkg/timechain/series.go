package timechain

// series numbers the records of a segment by what they measure: records that agree in all key fields have one number.
type series struct {
	of    []uint32 // a record's series
	count uint32
	words uint32 // texts of the first key field, which number the series by themselves
	table map[[2]uint64]uint32
	last  lastValues
}

// reset puts n records in one series.
func (s *series) reset(n int) {
	if cap(s.of) < n {
		s.of = make([]uint32, n)
	}
	s.of = s.of[:n]
	clear(s.of)
	s.count, s.words = 1, 0
	if s.table == nil {
		s.table = map[[2]uint64]uint32{}
	}
	clear(s.table)
}

// narrow splits record i's series by the value of one more key field; every record takes its turn, then narrowed is called.
func (s *series) narrow(i int, value uint64) {
	key := [2]uint64{uint64(s.of[i]), value}
	id, ok := s.table[key]
	if !ok {
		id = uint32(len(s.table))
		s.table[key] = id
	}
	s.of[i] = id
}

// narrowByWord is narrow by a text's place in its dictionary. Places count up in order of first use, as series do, so the first
// key field needs no table.
func (s *series) narrowByWord(i int, word uint32) {
	if s.count > 1 {
		s.narrow(i, uint64(word))
		return
	}
	s.of[i] = word
	s.words = max(s.words, word+1)
}

// narrowed ends a round of narrow or narrowByWord.
func (s *series) narrowed() {
	s.count = max(uint32(len(s.table)), s.words, 1)
	s.words = 0
	clear(s.table)
}

// bases starts a column's walk: no series has a value yet.
func (s *series) bases() *lastValues {
	n := int(s.count)
	if cap(s.last.of) < n {
		s.last.of, s.last.some = make([]int64, n), make([]bool, n)
	}
	s.last.of, s.last.some, s.last.any = s.last.of[:n], s.last.some[:n], 0
	clear(s.last.some)
	return &s.last
}

// lastValues holds the last number of each series, and of any.
type lastValues struct {
	of   []int64
	some []bool
	any  int64
}

// base is what the next number of a series is told by.
func (l *lastValues) base(id uint32) int64 {
	if l.some[id] {
		return l.of[id]
	}
	return l.any
}

// set notes a series' number.
func (l *lastValues) set(id uint32, n int64) {
	l.of[id], l.some[id], l.any = n, true, n
}

// swap notes a series' number and returns what it is told by.
func (l *lastValues) swap(id uint32, n int64) int64 {
	base := l.base(id)
	l.set(id, n)
	return base
}

// dictionary numbers texts in order of first use.
type dictionary struct {
	list  []string
	index map[string]uint32
	// follows guesses the next text: what came after the one before when that was last seen. Devices report in turn.
	follows []uint32
	last    uint32
}

func (d *dictionary) reset() {
	clear(d.list)
	d.list, d.follows, d.last = d.list[:0], d.follows[:0], 0
	if d.index == nil {
		d.index = map[string]uint32{}
	}
	clear(d.index)
}

func (d *dictionary) lookup(text string) uint32 {
	if len(d.list) > 0 {
		if guess := d.follows[d.last]; d.list[guess] == text {
			d.last = guess
			return guess
		}
	}
	id, ok := d.index[text]
	if !ok {
		id = uint32(len(d.list))
		d.list = append(d.list, text)
		d.follows = append(d.follows, 0)
		d.index[text] = id
	}
	d.follows[d.last] = id
	d.last = id
	return id
}

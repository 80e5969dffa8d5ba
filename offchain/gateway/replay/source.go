package replay

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"strings"
	"time"

	"github.com/cpchain/cpchain/pkg/timechain"
	"github.com/cpchain/cpchain/pkg/timechain/csvio"
)

// errEmpty means that a file has no records.
var errEmpty = errors.New("the file has no records")

// source is a CSV file read by a schema, plain or gzipped by its name's end.
type source struct {
	path   string
	schema timechain.Schema
	origin int64 // ms
	// found by scan
	hash        [32]byte // of the text
	rows        int
	first, last int64 // ns, least and greatest
}

// scan reads the file once, checks every row, and notes what depends on all of it.
func (s *source) scan() error {
	hash := sha256.New()
	for r, err := range s.records(hash) {
		if err != nil {
			return fmt.Errorf("%s: %w", s.path, err)
		}
		if s.rows == 0 {
			s.first, s.last = r.T, r.T
		}
		s.first, s.last = min(s.first, r.T), max(s.last, r.T)
		s.rows++
	}
	if s.rows == 0 {
		return fmt.Errorf("%s: %w", s.path, errEmpty)
	}
	s.hash = [32]byte(hash.Sum(nil))
	return nil
}

// records yields the file's rows; whatever is read also goes to the tee.
func (s *source) records(tee io.Writer) iter.Seq2[timechain.Record, error] {
	return func(yield func(timechain.Record, error) bool) {
		text, closeFile, err := s.open()
		if err != nil {
			yield(timechain.Record{}, err)
			return
		}
		defer closeFile()
		for r, err := range csvio.ReadCSV(s.schema, s.origin, io.TeeReader(text, tee)) {
			if !yield(r, err) {
				return
			}
		}
	}
}

func (s *source) open() (io.Reader, func(), error) {
	f, err := os.Open(s.path)
	if err != nil {
		return nil, nil, err
	}
	if !strings.HasSuffix(s.path, ".gz") {
		return f, func() { _ = f.Close() }, nil
	}
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("%s: %w", s.path, err), f.Close())
	}
	return z, func() { _ = errors.Join(z.Close(), f.Close()) }, nil
}

// row is one record to be sent, with its place in the whole replay.
type row struct {
	number int // over all loops
	record timechain.Record
}

// replayed yields the rows of all loops, shifted: each loop by the file's span in whole intervals more than the one
// before, its key texts ending in the suffix and the loop's number.
func (s *source) replayed(o Options, shift time.Duration, interval time.Duration) iter.Seq2[row, error] {
	span := (time.Duration(s.last-s.first)/interval + 1) * interval
	return func(yield func(row, error) bool) {
		for loop := range max(o.Loop, 1) {
			number := loop * s.rows
			for r, err := range s.records(io.Discard) {
				r.T += int64(shift) + int64(loop)*int64(span)
				if loop > 0 && o.KeySuffix != "" {
					r = s.rename(r, fmt.Sprintf("%s%d", o.KeySuffix, loop))
				}
				if !yield(row{number: number, record: r}, err) || err != nil {
					return
				}
				number++
			}
		}
	}
}

func (s *source) rename(r timechain.Record, suffix string) timechain.Record {
	for i, f := range s.schema.Fields {
		if f.Key && f.Type == timechain.TypeText {
			r.Values[i] = timechain.Text(r.Values[i].Str() + suffix)
		}
	}
	return r
}

// batch is what is sent at once.
type batch struct {
	first, rows int
	from, to    int64 // times of the first and last row
	pack        bytes.Buffer
}

// batches cuts rows by number and, when paced, by event time, so that the cuts depend on the file and the options alone.
func batches(rows iter.Seq2[row, error], schema timechain.Schema, size int, bucket time.Duration) iter.Seq2[*batch, error] {
	return func(yield func(*batch, error) bool) {
		var b *batch
		for r, err := range rows {
			if err != nil {
				yield(nil, err)
				return
			}
			full := b != nil && (b.rows == size || bucket > 0 && r.record.T/int64(bucket) != b.to/int64(bucket))
			if full && !yield(b.done(), nil) {
				return
			}
			if b == nil || full {
				b = &batch{first: r.number, from: r.record.T}
			}
			if err := b.add(r, schema); err != nil {
				yield(nil, err)
				return
			}
		}
		if b != nil {
			yield(b.done(), nil)
		}
	}
}

func (b *batch) done() *batch {
	b.pack.WriteByte(']')
	return b
}

// key names the batch over all tries.
func (b *batch) key(plan string) string {
	sum := sha256.Sum256([]byte(fmt.Sprintf("cpchain/replay/v1 %s %d+%d", plan, b.first, b.rows)))
	return hex.EncodeToString(sum[:])
}

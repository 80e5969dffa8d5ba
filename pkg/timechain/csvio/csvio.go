// Package csvio reads and writes a stream's records as CSV (RFC 4180): a header line, then one line per record, with the time
// in the schema's time column and every field in a column of its name. Written are LF line ends, the time first and the fields
// in the schema's order; what is in that form already comes back byte for byte after sealing and opening.
package csvio

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"

	"github.com/cpchain/cpchain/pkg/timechain"
)

// ErrHeader means that a file's first line does not name the schema's columns, each once.
var ErrHeader = errors.New("header line does not match the schema")

// ReadCSV yields the records of a file in its order, Seq counting them from 0; originMs is the stream's origin in unix
// milliseconds. Columns may stand in any order; an empty text is an absent value. An error names the line and ends the walk.
func ReadCSV(schema timechain.Schema, originMs int64, r io.Reader) iter.Seq2[timechain.Record, error] {
	return func(yield func(timechain.Record, error) bool) {
		rows := csv.NewReader(r)
		rows.ReuseRecord = true
		f := file{schema: schema, origin: originMs}
		if err := f.readHeader(rows); err != nil {
			yield(timechain.Record{}, err)
			return
		}
		for seq := uint64(0); ; seq++ {
			row, err := rows.Read()
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				yield(timechain.Record{}, err) // tells the line itself
				return
			}
			record, err := f.record(row)
			if err != nil {
				line, _ := rows.FieldPos(0)
				yield(timechain.Record{}, fmt.Errorf("line %d: %w", line, err))
				return
			}
			record.Seq = seq
			if !yield(record, nil) {
				return
			}
		}
	}
}

// file is where a CSV file's columns are.
type file struct {
	schema timechain.Schema
	origin int64
	time   int   // column of the time
	column []int // column of each field
}

func (f *file) readHeader(rows *csv.Reader) error {
	header, err := rows.Read()
	if errors.Is(err, io.EOF) {
		return fmt.Errorf("%w: the file is empty; expected columns %q", ErrHeader, columns(f.schema))
	}
	if err != nil {
		return err
	}
	want := columns(f.schema)
	if len(header) != len(want) {
		return fmt.Errorf("%w: %q, expected columns %q", ErrHeader, header, want)
	}
	for i, name := range want {
		at := slices.Index(header, name)
		if at < 0 {
			return fmt.Errorf("%w: no column %q", ErrHeader, name)
		}
		if i == 0 {
			f.time = at
			continue
		}
		f.column = append(f.column, at)
	}
	return nil
}

func (f *file) record(row []string) (timechain.Record, error) {
	t, err := f.schema.Time.ParseTime(row[f.time], f.origin)
	if err != nil {
		return timechain.Record{}, fmt.Errorf("column %q: %w", f.schema.Time.Field, err)
	}
	r := timechain.Record{T: t, Values: make([]timechain.Value, len(f.column))}
	for i, at := range f.column {
		if r.Values[i], err = timechain.ParseValue(f.schema.Fields[i], row[at]); err != nil {
			return timechain.Record{}, err
		}
	}
	return r, nil
}

// columns are the names of a schema's columns as they are written.
func columns(schema timechain.Schema) []string {
	names := []string{schema.Time.Field}
	for _, f := range schema.Fields {
		names = append(names, f.Name)
	}
	return names
}

// Writer writes records as CSV. The header line goes out with the first records, or with Flush.
type Writer struct {
	// CRLF ends lines as RFC 4180 has it, for files that came so; set it before the first Write.
	CRLF bool

	schema timechain.Schema
	origin int64
	rows   *csv.Writer
	row    []string // buffer; nil until the header is written
}

// NewWriter makes a writer; originMs is the stream's origin in unix milliseconds.
func NewWriter(w io.Writer, schema timechain.Schema, originMs int64) *Writer {
	return &Writer{schema: schema, origin: originMs, rows: csv.NewWriter(w)}
}

func (w *Writer) header() error {
	if w.row != nil {
		return nil
	}
	w.rows.UseCRLF = w.CRLF
	w.row = columns(w.schema)
	return w.rows.Write(w.row)
}

// Write writes records, each with a value for every field.
func (w *Writer) Write(records []timechain.Record) error {
	if err := w.header(); err != nil {
		return err
	}
	for i, r := range records {
		if len(r.Values) != len(w.schema.Fields) {
			return fmt.Errorf("record %d: %w: %d values for %d fields", i, timechain.ErrValue, len(r.Values), len(w.schema.Fields))
		}
		w.row[0] = w.schema.Time.FormatTime(r.T, w.origin)
		for j, v := range r.Values {
			w.row[j+1] = v.Format(w.schema.Fields[j])
		}
		if err := w.rows.Write(w.row); err != nil {
			return err
		}
	}
	return nil
}

// Flush writes what is buffered and tells whether any write failed.
func (w *Writer) Flush() error {
	if err := w.header(); err != nil {
		return err
	}
	w.rows.Flush()
	return w.rows.Error()
}

// WriteCSV writes a header line and the records, with LF line ends.
func WriteCSV(w io.Writer, schema timechain.Schema, originMs int64, records []timechain.Record) error {
	out := NewWriter(w, schema, originMs)
	if err := out.Write(records); err != nil {
		return err
	}
	return out.Flush()
}

package main

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"

	"github.com/cpchain/cpchain/pkg/timechain"
	"github.com/cpchain/cpchain/pkg/timechain/csvio"
	datarights "github.com/cpchain/cpchain/x/datarights/types"
)

// output writes fetched records to a file or standard output. A file appears only when it is whole.
type output struct {
	path    string
	file    *os.File // nil for standard output
	buffer  *bufio.Writer
	hash    hash.Hash
	count   uint64
	records func([]timechain.Record) error
	flush   func() error
}

func newOutput(path, format string, stream datarights.Stream, stdout io.Writer) (*output, error) {
	schema, err := stream.Schema.Timechain()
	if err != nil {
		return nil, err
	}
	o := &output{path: path, hash: sha256.New()}
	target := stdout
	if path != "-" {
		if o.file, err = os.CreateTemp(filepath.Dir(path), ".fetch-*"); err != nil {
			return nil, err
		}
		target = o.file
	}
	o.buffer = bufio.NewWriterSize(io.MultiWriter(target, o.hash, countTo(&o.count)), 1<<16)
	return o, o.setFormat(format, schema, stream.OriginMs)
}

func (o *output) setFormat(format string, schema timechain.Schema, origin int64) error {
	o.flush = func() error { return nil }
	switch format {
	case "csv":
		w := csvio.NewWriter(o.buffer, schema, origin)
		o.records, o.flush = w.Write, w.Flush
	case "json":
		o.records = each(func(r timechain.Record) error { return writeJSON(o.buffer, schema, origin, r) })
	case "cbor":
		o.records = each(func(r timechain.Record) error {
			_, err := o.buffer.Write(r.Leaf())
			return err
		})
	default:
		return errors.Join(fmt.Errorf("--format %q: use csv, json or cbor", format), o.discard())
	}
	return nil
}

// writeJSON writes one record as one line: the time as in the schema, numbers as JSON numbers, exactly as sealed.
func writeJSON(w io.Writer, schema timechain.Schema, origin int64, r timechain.Record) error {
	fields := map[string]any{schema.Time.Field: schema.Time.FormatTime(r.T, origin)}
	for i, f := range schema.Fields {
		switch v := r.Values[i]; {
		case v.IsAbsent():
			fields[f.Name] = nil
		case f.Type == timechain.TypeText:
			fields[f.Name] = v.Str()
		default:
			fields[f.Name] = json.Number(v.Format(f))
		}
	}
	return json.NewEncoder(w).Encode(fields)
}

// each writes records one by one.
func each(write func(timechain.Record) error) func([]timechain.Record) error {
	return func(records []timechain.Record) error {
		for _, r := range records {
			if err := write(r); err != nil {
				return err
			}
		}
		return nil
	}
}

// write is a reader.Sink.
func (o *output) write(_ timechain.Line, records []timechain.Record) error { return o.records(records) }

// finish puts the file in its place.
func (o *output) finish() error {
	if err := errors.Join(o.flush(), o.buffer.Flush()); err != nil {
		return err
	}
	if o.file == nil {
		return nil
	}
	if err := errors.Join(o.file.Sync(), o.file.Close()); err != nil {
		return err
	}
	err := os.Rename(o.file.Name(), o.path)
	o.file = nil
	return err
}

// discard removes a file that was not finished; after finish it does nothing.
func (o *output) discard() error {
	if o.file == nil {
		return nil
	}
	err := errors.Join(o.file.Close(), os.Remove(o.file.Name()))
	o.file = nil
	return err
}

func (o *output) sum() string { return hex.EncodeToString(o.hash.Sum(nil)) }

// counter counts the bytes written to it.
type counter struct{ n *uint64 }

func countTo(n *uint64) io.Writer { return counter{n} }

// Write implements io.Writer.
func (c counter) Write(p []byte) (int, error) {
	*c.n += uint64(len(p))
	return len(p), nil
}

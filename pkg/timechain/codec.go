package timechain

import "fmt"

// Segment is the plaintext of one part of an interval: whole blocks with their records, in order.
type Segment struct {
	Headers []BlockHeader
	Records []Record
}

// EncodeSegment gives a segment's plaintext: codec ‖ body. Of a header only what follows from nothing else is written: not
// the stream, the number, the previous hash and the record root.
func EncodeSegment(codec byte, schema Schema, s Segment) ([]byte, error) {
	n := uint64(0)
	for _, h := range s.Headers {
		n += uint64(h.Count)
	}
	if n != uint64(len(s.Records)) {
		return nil, fmt.Errorf("%w: %d records in headers that count %d", ErrCount, len(s.Records), n)
	}
	if len(s.Records) > maxRecords(&schema) {
		return nil, fmt.Errorf("%w: %d records in a segment", ErrTooLarge, len(s.Records))
	}
	body, err := newColumnEncoder(&schema).encode(appendHeaders(nil, s.Headers), s.Records)
	if err != nil {
		return nil, err
	}
	return pack(codec, body)
}

// maxRecords that one segment can hold.
func maxRecords(schema *Schema) int { return maxCells / (len(schema.Fields) + fieldColumns) }

// DecodeSegment reads what EncodeSegment gave: headers come back without stream, number, previous hash and record root.
// Whatever the bytes say, it takes memory for at most MaxSegment bytes of body and as many values. Values are checked against
// the schema; order, times and counts are for OpenInterval.
func DecodeSegment(schema Schema, b []byte) (Segment, error) {
	body, err := unpack(b)
	if err != nil {
		return Segment{}, err
	}
	in := &bodyReader{b: body}
	headers, n := readHeaders(in)
	if in.err != nil {
		return Segment{}, in.err
	}
	if n > uint64(maxRecords(&schema)) {
		return Segment{}, fmt.Errorf("%w: %d records of %d fields in one segment", ErrTooLarge, n, len(schema.Fields))
	}
	columns := columnDecoder{schema: &schema, in: in}
	records, err := columns.decode(int(n))
	if err != nil {
		return Segment{}, err
	}
	if len(in.b) != 0 {
		return Segment{}, fmt.Errorf("%w: %d bytes after the last column", ErrSegment, len(in.b))
	}
	return Segment{Headers: headers, Records: records}, nil
}

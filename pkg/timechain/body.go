package timechain

import (
	"encoding/binary"
	"fmt"
)

// bodyReader reads a segment's body; after the first error it gives zeros.
type bodyReader struct {
	b   []byte
	err error
}

func (r *bodyReader) fail(format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf("%w: "+format, append([]any{ErrSegment}, args...)...)
	}
	r.b = nil
}

func (r *bodyReader) byte() byte {
	if len(r.b) == 0 {
		r.fail("ends early")
		return 0
	}
	c := r.b[0]
	r.b = r.b[1:]
	return c
}

func (r *bodyReader) take(n int) []byte {
	if n > len(r.b) {
		r.fail("ends early")
		return nil
	}
	b := r.b[:n:n]
	r.b = r.b[n:]
	return b
}

// uvarint reads a number in its shortest form.
func (r *bodyReader) uvarint() uint64 {
	if len(r.b) > 0 && r.b[0] < 0x80 {
		n := uint64(r.b[0])
		r.b = r.b[1:]
		return n
	}
	n, size := binary.Uvarint(r.b)
	if size <= 0 || r.b[size-1] == 0 {
		r.fail("malformed number")
		return 0
	}
	r.b = r.b[size:]
	return n
}

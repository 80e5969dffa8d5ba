package timechain

import (
	"fmt"
	"sync"

	"github.com/klauspost/compress/zstd"
)

// Codecs of a segment's plaintext.
const (
	// CodecZstd compresses the columns with zstd.
	CodecZstd byte = 1
	// CodecPlain leaves the columns as they are: cheap to decode where that must be exact and metered, larger to store.
	CodecPlain byte = 2
)

// Encoders and decoders are costly to make; each is used by one goroutine at a time and none starts its own. What they write
// depends on the input alone.
var (
	compressors = sync.Pool{New: func() any {
		e, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedFastest),
			zstd.WithWindowSize(MaxSegment), zstd.WithEncoderCRC(false))
		if err != nil {
			panic(err) // the options are constants
		}
		return e
	}}
	decompressors = sync.Pool{New: func() any {
		d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(MaxSegment),
			zstd.WithDecoderMaxWindow(MaxSegment))
		if err != nil {
			panic(err) // the options are constants
		}
		return d
	}}
)

// pack makes a plaintext of a body.
func pack(codec byte, body []byte) ([]byte, error) {
	if len(body) > MaxSegment {
		return nil, fmt.Errorf("%w: segment body of %d bytes", ErrTooLarge, len(body))
	}
	switch codec {
	case CodecPlain:
		return append([]byte{codec}, body...), nil
	case CodecZstd:
		e := compressors.Get().(*zstd.Encoder)
		defer compressors.Put(e)
		return e.EncodeAll(body, append(make([]byte, 0, len(body)/2+64), codec)), nil
	}
	return nil, fmt.Errorf("%w: unknown codec %d", ErrSegment, codec)
}

// unpack is a plaintext's body.
func unpack(b []byte) ([]byte, error) {
	if len(b) == 0 {
		return nil, fmt.Errorf("%w: empty", ErrSegment)
	}
	if len(b) > MaxSegment {
		return nil, fmt.Errorf("%w: segment of %d bytes", ErrTooLarge, len(b))
	}
	switch b[0] {
	case CodecPlain:
		return b[1:], nil
	case CodecZstd:
		d := decompressors.Get().(*zstd.Decoder)
		defer decompressors.Put(d)
		body, err := d.DecodeAll(b[1:], nil)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrSegment, err)
		}
		return body, nil
	}
	return nil, fmt.Errorf("%w: unknown codec %d", ErrSegment, b[0])
}

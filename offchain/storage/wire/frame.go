package wire

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// Errors of frames, matched with errors.Is.
var (
	// ErrFrame means the bytes are no frame of this protocol.
	ErrFrame = errors.New("malformed frame")
	// ErrTooLarge means a message is above the limit of its kind.
	ErrTooLarge = errors.New("message too large")
)

// marshaler is what gogoproto generates for every message.
type marshaler interface {
	Size() int
	MarshalToSizedBuffer([]byte) (int, error)
}

// WriteRequest writes one request frame.
func WriteRequest(w io.Writer, m *Request) error {
	limit, ok := requestLimit[m.kind()]
	if !ok {
		return fmt.Errorf("%w: request without a body", ErrFrame)
	}
	return writeFrame(w, m, limit)
}

// WriteResponse writes one response frame.
func WriteResponse(w io.Writer, m *Response) error {
	return writeFrame(w, m, max(LimitManifest, LimitFragments, LimitShard(MaxShard)))
}

func writeFrame(w io.Writer, m marshaler, limit int) error {
	size := m.Size()
	if size > limit {
		return fmt.Errorf("%w: %d bytes, limit %d", ErrTooLarge, size, limit)
	}
	head := binary.AppendUvarint([]byte{frameVersion}, uint64(size))
	frame := make([]byte, len(head)+size)
	copy(frame, head)
	if _, err := m.MarshalToSizedBuffer(frame[len(head):]); err != nil {
		return err
	}
	_, err := w.Write(frame)
	return err
}

// ReadRequest reads one request. It returns io.EOF when the stream ended before a frame began, ErrTooLarge and ErrFrame
// for what a peer must not send.
func ReadRequest(r *bufio.Reader) (*Request, error) {
	size, err := readHead(r)
	if err != nil {
		return nil, err
	}
	tag, err := r.Peek(1)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFrame, noEOF(err))
	}
	kind := tag[0] >> 3
	limit, ok := requestLimit[kind]
	if !ok || tag[0]&7 != 2 {
		return nil, fmt.Errorf("%w: unknown request tag %#x", ErrFrame, tag[0])
	}
	var m Request
	if err := readMessage(r, size, limit, &m); err != nil {
		return nil, err
	}
	if m.kind() != kind {
		return nil, fmt.Errorf("%w: request holds more than one body", ErrFrame)
	}
	return &m, nil
}

// ReadResponse reads one response of at most limit bytes.
func ReadResponse(r *bufio.Reader, limit int) (*Response, error) {
	size, err := readHead(r)
	if err != nil {
		return nil, noEOF(err)
	}
	var m Response
	if err := readMessage(r, size, limit, &m); err != nil {
		return nil, err
	}
	return &m, nil
}

// readHead returns the announced length of the message.
func readHead(r *bufio.Reader) (uint64, error) {
	version, err := r.ReadByte()
	if err != nil {
		return 0, err
	}
	if version != frameVersion {
		return 0, fmt.Errorf("%w: version %#x, this side speaks %#x", ErrFrame, version, frameVersion)
	}
	size, err := binary.ReadUvarint(r)
	if err != nil {
		return 0, fmt.Errorf("%w: length: %w", ErrFrame, noEOF(err))
	}
	return size, nil
}

func readMessage(r io.Reader, size uint64, limit int, into interface{ Unmarshal([]byte) error }) error {
	if size > uint64(limit) {
		return fmt.Errorf("%w: %d bytes announced, limit %d", ErrTooLarge, size, limit)
	}
	var buf bytes.Buffer
	buf.Grow(int(min(size, readChunk)))
	if n, err := io.CopyN(&buf, r, int64(size)); err != nil {
		return fmt.Errorf("%w: %d of %d bytes: %w", ErrFrame, n, size, noEOF(err))
	}
	if err := into.Unmarshal(buf.Bytes()); err != nil {
		return fmt.Errorf("%w: %w", ErrFrame, err)
	}
	return nil
}

// noEOF turns an end of input inside a frame into io.ErrUnexpectedEOF.
func noEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

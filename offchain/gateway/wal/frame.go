package wal

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"

	"github.com/cpchain/cpchain/pkg/seal"
)

const (
	headerSize = 4 + 8 + 8 + 4
	markSize   = 4 + 4
	adLabel    = "cpchain/wal/v1"
)

var magic = [4]byte{'C', 'W', 'L', 0x01}

// Frame is one entry of the log.
type Frame struct {
	// Number of the frame, counted from 0 over the life of the log.
	Number uint64
	// Low and High bound whatever the caller orders frames by; Read and Trim go by them.
	Low, High uint32
	Payload   []byte
}

// header of a frame as stored.
type header struct {
	number, durable uint64
	length          uint32
}

func (h header) bytes() []byte {
	bz := append(make([]byte, 0, headerSize), magic[:]...)
	bz = binary.BigEndian.AppendUint64(bz, h.number)
	bz = binary.BigEndian.AppendUint64(bz, h.durable)
	return binary.BigEndian.AppendUint32(bz, h.length)
}

var errFrame = errors.New("not a frame")

func parseHeader(bz []byte) (header, error) {
	if len(bz) < headerSize || !bytes.Equal(bz[:4], magic[:]) {
		return header{}, errFrame
	}
	return header{
		number:  binary.BigEndian.Uint64(bz[4:]),
		durable: binary.BigEndian.Uint64(bz[12:]),
		length:  binary.BigEndian.Uint32(bz[20:]),
	}, nil
}

// sealer seals and opens the frames of one log.
type sealer struct {
	name string
	key  seal.DiskKey
	rand io.Reader
}

func (s sealer) ad(header []byte) []byte {
	ad := binary.BigEndian.AppendUint32([]byte(adLabel), uint32(len(s.name)))
	return append(append(ad, s.name...), header...)
}

// encode appends a sealed frame to dst.
func (s sealer) encode(dst []byte, f Frame, durable uint64) ([]byte, error) {
	plain := binary.BigEndian.AppendUint32(make([]byte, 0, markSize+len(f.Payload)), f.Low)
	plain = binary.BigEndian.AppendUint32(plain, f.High)
	plain = append(plain, f.Payload...)
	head := header{number: f.Number, durable: durable, length: uint32(len(plain) + seal.DiskOverhead)}.bytes()
	sealed, err := s.key.Seal(s.rand, s.ad(head), plain)
	if err != nil {
		return dst, err
	}
	return append(append(dst, head...), sealed...), nil
}

// decode reads the frame at the start of bz and tells its stored size. Whatever does not authenticate is errFrame.
func (s sealer) decode(bz []byte) (f Frame, size int, err error) {
	h, err := parseHeader(bz)
	if err != nil {
		return f, 0, err
	}
	if uint64(h.length) > uint64(len(bz)-headerSize) {
		return f, 0, errFrame
	}
	size = headerSize + int(h.length)
	plain, err := s.key.Open(s.ad(bz[:headerSize]), bz[headerSize:size])
	if err != nil || len(plain) < markSize {
		return f, 0, errFrame
	}
	f = Frame{
		Number: h.number, Low: binary.BigEndian.Uint32(plain), High: binary.BigEndian.Uint32(plain[4:]), Payload: plain[markSize:],
	}
	return f, size, nil
}

// damaged looks behind broken bytes, where frame number next was expected, for an authentic frame written when next had
// long been durable.
func (s sealer) damaged(bz []byte, next uint64) bool {
	for i := 1; i < len(bz); i++ {
		at := bytes.Index(bz[i:], magic[:])
		if at < 0 {
			return false
		}
		i += at
		if h, err := parseHeader(bz[i:]); err != nil || h.durable <= next {
			continue
		}
		if _, _, err := s.decode(bz[i:]); err == nil {
			return true
		}
	}
	return false
}

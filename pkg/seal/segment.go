package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/cpchain/cpchain/pkg/keytree"
)

const (
	// version and suite start every sealed form: AES-256-GCM with HKDF-SHA256.
	version = 0x01
	suite   = 0x01

	// ChunkSize is the plaintext of one chunk; the last may be shorter.
	ChunkSize = 64 << 10

	tagSize        = 16
	commitmentSize = 32
	headSize       = 2 + commitmentSize
	// saltBatch is how many record salts are drawn from the keystream at once.
	saltBatch = 256
	// maxChunks keeps a segment far below the counter's range.
	maxChunks = 1 << 20
)

// ErrSealed means that sealed bytes are not what the key, the salt and the names they are opened under say: altered, cut,
// reordered, or of something else.
var ErrSealed = errors.New("sealed bytes do not open")

// ErrKey means that a segment was sealed under another key: it is told from damage by the commitment.
var ErrKey = errors.New("sealed under another key")

// Segment names what is sealed. Salt is fresh and random for every sealing.
type Segment struct {
	// Stream is "<chain-id>/<number>".
	Stream      string
	KeyEpoch    uint32
	Interval    uint32
	WriterEpoch uint32
	Part        uint32
	Salt        [32]byte
}

// segmentKeys are derived together: what encrypts, what commits, what salts records.
type segmentKeys struct {
	aead       cipher.AEAD
	commitment []byte
	salts      []byte
	id         []byte
}

func (s Segment) keys(key keytree.IntervalKey) (segmentKeys, error) {
	salt := binary.BigEndian.AppendUint32(s.Salt[:], s.WriterEpoch)
	salt = binary.BigEndian.AppendUint32(salt, s.Part)
	okm, err := hkdf.Key(sha256.New, key[:], salt, "cpchain/seal/segment/v1", 4*32)
	if err != nil {
		return segmentKeys{}, err
	}
	block, err := aes.NewCipher(okm[:32])
	if err != nil {
		return segmentKeys{}, err
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return segmentKeys{}, err
	}
	return segmentKeys{aead: aead, commitment: okm[32:64], salts: okm[64:96], id: okm[96:]}, nil
}

// data is the associated data of every chunk.
func (s Segment) data() []byte {
	bz := []byte{version, suite}
	bz = binary.BigEndian.AppendUint32(bz, uint32(len(s.Stream)))
	bz = append(bz, s.Stream...)
	for _, n := range []uint32{s.KeyEpoch, s.Interval, s.WriterEpoch, s.Part} {
		bz = binary.BigEndian.AppendUint32(bz, n)
	}
	return append(bz, s.Salt[:]...)
}

// SealedSize is the length of a sealed segment of n plaintext bytes.
func SealedSize(n int) int { return headSize + n + chunks(n)*tagSize }

// chunks is how many chunks n bytes make: at least one, so that nothing sealed can pass for nothing.
func chunks(n int) int { return max((n+ChunkSize-1)/ChunkSize, 1) }

// Seal encrypts a segment: version ‖ suite ‖ commitment ‖ chunks.
func (s Segment) Seal(key keytree.IntervalKey, plaintext []byte) ([]byte, error) {
	if chunks(len(plaintext)) > maxChunks {
		return nil, fmt.Errorf("segment of %d bytes is too large", len(plaintext))
	}
	k, err := s.keys(key)
	if err != nil {
		return nil, err
	}
	out := make([]byte, 0, SealedSize(len(plaintext)))
	out = append(append(out, version, suite), k.commitment...)
	ad := s.data()
	last := chunks(len(plaintext)) - 1
	for i := 0; i <= last; i++ {
		chunk := plaintext[i*ChunkSize : min((i+1)*ChunkSize, len(plaintext))]
		out = k.aead.Seal(out, nonce(i, i == last), chunk, ad)
	}
	return out, nil
}

// Open decrypts a segment, or ErrKey, or ErrSealed. Nothing is returned unless all of it is authentic.
func (s Segment) Open(key keytree.IntervalKey, sealed []byte) ([]byte, error) {
	if len(sealed) < headSize+tagSize || sealed[0] != version || sealed[1] != suite {
		return nil, fmt.Errorf("%w: malformed head", ErrSealed)
	}
	k, err := s.keys(key)
	if err != nil {
		return nil, err
	}
	if subtle.ConstantTimeCompare(k.commitment, sealed[2:headSize]) != 1 {
		return nil, ErrKey
	}
	rest := sealed[headSize:]
	last := (len(rest)+ChunkSize+tagSize-1)/(ChunkSize+tagSize) - 1
	if last >= maxChunks {
		return nil, fmt.Errorf("%w: too large", ErrSealed)
	}
	ad := s.data()
	out := make([]byte, 0, len(rest))
	for i := 0; i <= last; i++ {
		chunk := rest[:min(ChunkSize+tagSize, len(rest))]
		rest = rest[len(chunk):]
		if out, err = k.aead.Open(out, nonce(i, i == last), chunk, ad); err != nil {
			return nil, fmt.Errorf("%w: chunk %d", ErrSealed, i)
		}
	}
	return out, nil
}

// nonce is the chunk's number and whether it is the last.
func nonce(i int, last bool) []byte {
	n := make([]byte, 12)
	binary.BigEndian.PutUint32(n[7:], uint32(i))
	if last {
		n[11] = 1
	}
	return n
}

// RecordSalts gives the n 16-byte salts of the records in this segment, from an AES-CTR keystream: one reading can be shown
// with its salt without any other becoming guessable.
func (s Segment) RecordSalts(key keytree.IntervalKey, n int) ([][16]byte, error) {
	k, err := s.keys(key)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(k.salts)
	if err != nil {
		return nil, err
	}
	//nolint:gosec // the key is this segment's alone, by its fresh salt, and makes one keystream
	stream := cipher.NewCTR(block, make([]byte, aes.BlockSize))
	salts := make([][16]byte, n)
	buf := make([]byte, 16*min(n, saltBatch))
	for i := range salts {
		at := 16 * (i % saltBatch)
		if at == 0 {
			clear(buf)
			stream.XORKeyStream(buf, buf)
		}
		salts[i] = [16]byte(buf[at:])
	}
	return salts, nil
}

// KeyID names the segment's key without telling it: two sealings with one id would have met the same key and nonces.
func (s Segment) KeyID(key keytree.IntervalKey) ([32]byte, error) {
	k, err := s.keys(key)
	if err != nil {
		return [32]byte{}, err
	}
	return [32]byte(k.id), nil
}

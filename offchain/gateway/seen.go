package gateway

import (
	"crypto/sha256"
	"encoding/binary"
)

// batchID names a batch so that a client that sends it again, unsure whether it arrived, does not store it twice.
type batchID struct {
	// key is the hash of the client's name for it.
	key [16]byte
	// digest is the hash of the bytes sent: the same name for other bytes is a mistake of the client.
	digest [16]byte
}

const idSize = 32

// newBatchID hashes the parts of a name, length-prefixed, and the body.
func newBatchID(body []byte, name ...[]byte) batchID {
	h := sha256.New()
	for _, part := range name {
		h.Write(binary.BigEndian.AppendUint32(nil, uint32(len(part))))
		h.Write(part)
	}
	digest := sha256.Sum256(body)
	return batchID{key: [16]byte(h.Sum(nil)[:16]), digest: [16]byte(digest[:16])}
}

// maxSeen is how many named batches a stream remembers after they left the log: at 32 bytes each, 2 MiB.
const maxSeen = 1 << 16

// seen remembers the names of stored batches, oldest first forgotten.
type seen struct {
	digests map[[16]byte][16]byte
	order   []batchID
}

func newSeen() *seen { return &seen{digests: map[[16]byte][16]byte{}} }

func (s *seen) add(id batchID) {
	if _, ok := s.digests[id.key]; ok {
		return
	}
	s.digests[id.key] = id.digest
	s.order = append(s.order, id)
	if len(s.order) > maxSeen {
		delete(s.digests, s.order[0].key)
		s.order = s.order[1:]
	}
}

// known tells whether a name is taken, and whether by the same bytes.
func (s *seen) known(id batchID) (stored, same bool) {
	digest, ok := s.digests[id.key]
	return ok, digest == id.digest
}

func (s *seen) marshal() []byte {
	bz := make([]byte, 0, len(s.order)*idSize)
	for _, id := range s.order {
		bz = append(append(bz, id.key[:]...), id.digest[:]...)
	}
	return bz
}

func (s *seen) load(bz []byte) {
	for ; len(bz) >= idSize; bz = bz[idSize:] {
		s.add(batchID{key: [16]byte(bz[:16]), digest: [16]byte(bz[16:idSize])})
	}
}

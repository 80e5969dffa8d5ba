// Package erasure cuts a payload into n shards of which any k rebuild it: systematic Reed–Solomon over GF(2^8), the first k
// shards being the payload itself (Reed and Solomon 1960; Plank 1997 for the systematic matrix).
//
// It corrects erasures, not errors: a shard must be known to be whole (by its hash) before it goes into Join.
package erasure

import (
	"errors"
	"fmt"

	"github.com/klauspost/reedsolomon"
)

const (
	// MaxShards bounds n.
	MaxShards = 64
	// MaxParity bounds n - k: with more, the vectorised coder falls back to one ten times slower.
	MaxParity = 10
	// shardAlign is what a shard's size is a multiple of, for the vector units.
	shardAlign = 64
)

var (
	// ErrTooFew means that fewer than k shards were given.
	ErrTooFew = errors.New("too few shards")
	// ErrShardSize means that shards are not all of the size the payload size asks for.
	ErrShardSize = errors.New("wrong shard size")
)

// Code is a k-of-n code. It is safe for concurrent use.
type Code struct {
	k, n int
	rs   reedsolomon.Encoder
}

// New makes a k-of-n code that uses up to workers goroutines per call.
func New(k, n, workers int) (*Code, error) {
	switch {
	case k < 1 || n <= k:
		return nil, fmt.Errorf("code %d of %d: needs 1 <= k < n", k, n)
	case n > MaxShards:
		return nil, fmt.Errorf("code %d of %d: at most %d shards", k, n, MaxShards)
	case n-k > MaxParity:
		return nil, fmt.Errorf("code %d of %d: at most %d more shards than needed", k, n, MaxParity)
	}
	rs, err := reedsolomon.New(k, n-k, reedsolomon.WithMaxGoroutines(max(workers, 1)))
	if err != nil {
		return nil, fmt.Errorf("code %d of %d: %w", k, n, err)
	}
	return &Code{k: k, n: n, rs: rs}, nil
}

// ShardSize is the size of each shard of a payload: a multiple of 64 bytes, at least 64.
func (c *Code) ShardSize(payloadSize int) int {
	per := max((payloadSize+c.k-1)/c.k, 1)
	return (per + shardAlign - 1) / shardAlign * shardAlign
}

// Split codes a payload into n equal shards, the last data shards padded with zeros. The payload is not kept.
func (c *Code) Split(payload []byte) ([][]byte, error) {
	size := c.ShardSize(len(payload))
	all := make([]byte, size*c.n)
	copy(all, payload)
	shards := make([][]byte, c.n)
	for i := range shards {
		shards[i] = all[i*size : (i+1)*size : (i+1)*size]
	}
	if err := c.rs.Encode(shards); err != nil {
		return nil, fmt.Errorf("encode: %w", err)
	}
	return shards, nil
}

// Join rebuilds the payload of payloadSize bytes from any k shards; missing ones are nil. The shards given stay as they are.
func (c *Code) Join(shards [][]byte, payloadSize int) ([]byte, error) {
	if len(shards) != c.n {
		return nil, fmt.Errorf("%d slots given for a code of %d shards", len(shards), c.n)
	}
	size := c.ShardSize(payloadSize)
	have := 0
	for i, s := range shards {
		if s == nil {
			continue
		}
		if len(s) != size {
			return nil, fmt.Errorf("%w: shard %d has %d bytes, not %d", ErrShardSize, i, len(s), size)
		}
		have++
	}
	if have < c.k {
		return nil, fmt.Errorf("%w: have %d of %d shards", ErrTooFew, have, c.k)
	}
	work := append([][]byte(nil), shards...)
	if err := c.rs.ReconstructData(work); err != nil {
		return nil, fmt.Errorf("reconstruct: %w", err)
	}
	payload := make([]byte, 0, size*c.k)
	for _, s := range work[:c.k] {
		payload = append(payload, s...)
	}
	return payload[:payloadSize], nil
}

package main

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"fmt"
	"io"
	"math/rand/v2"

	"filippo.io/age"
	"github.com/klauspost/compress/zstd"

	"github.com/cpchain/cpchain/pkg/keytree"
	"github.com/cpchain/cpchain/pkg/timechain"
	"github.com/cpchain/cpchain/pkg/timechain/csvio"
)

const (
	// sealWorkers is how many cores sealing is given: the goal is for two.
	sealWorkers = 2
	sealGoal    = 300.0
	dataShards  = 4
	allShards   = 8
)

// seal measures the way from records to shards on three sets, in bytes of the CSV they came from, beside what somebody would do
// to a file without us.
func (b *bench) seal(context.Context) error {
	sets, err := b.streams()
	if err != nil {
		return err
	}
	for _, s := range sets {
		if err := b.sealOne(s); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
	}
	return nil
}

// streams are the sets that sealing is measured on.
func (b *bench) streams() ([]stream, error) {
	hours, err := b.readWeather()
	if err != nil {
		return nil, err
	}
	seconds, err := b.readTraffic()
	if err != nil {
		return nil, err
	}
	if seconds, err = replay(seconds, 4<<20); err != nil {
		return nil, err
	}
	return []stream{weather(hours), traffic(seconds), wide(messages(12_000))}, nil
}

func (b *bench) sealOne(s stream) error {
	intervals, err := s.intervals()
	if err != nil {
		return err
	}
	secret, err := newAlternatives()
	if err != nil {
		return err
	}
	mb := float64(len(s.text)) / 1e6
	medians, err := inTurn(b.runs,
		repeated(mb, func() error { _, err := s.bundles(intervals); return err }),
		repeated(mb, func() error { return secret.age(s.text) }),
		repeated(mb, func() error { return secret.gcm(s.text) }))
	if err != nil {
		return err
	}
	ours := medians[0]
	b.report.add(
		figure("seal/"+s.name, ours[perSecond], "MB/s on 2 cores").atLeast(sealGoal),
		figure("seal/"+s.name+"/cpu-by-age", ours[perCPU], "MB per CPU-second").against("zstd + age 1.3.2 + SHA-256", medians[1][perCPU]),
		figure("seal/"+s.name+"/cpu-by-aes", ours[perCPU], "MB per CPU-second").against("zstd + AES-256-GCM", medians[2][perCPU]))
	return nil
}

// intervals parses the text.
func (s stream) intervals() ([]timechain.IntervalRecords, error) {
	var out []timechain.IntervalRecords
	for r, err := range csvio.ReadCSV(s.schema, s.grid.Origin, bytes.NewReader(s.text)) {
		if err != nil {
			return nil, err
		}
		i, err := s.grid.IntervalOf(r.T)
		if err != nil {
			return nil, err
		}
		for len(out) <= int(i) {
			out = append(out, timechain.IntervalRecords{Interval: uint32(len(out))})
		}
		out[i].Records = append(out[i].Records, r)
	}
	return out, nil
}

const streamID = "cpchain-1/7"

// intervalKey walks down from the stream's root for each interval, as `cpdata publish` does.
func intervalKey(interval uint32) (keytree.IntervalKey, error) {
	root, err := keytree.StreamRoot(keytree.Seed{1}, streamID, 0)
	if err != nil {
		return keytree.IntervalKey{}, err
	}
	leaf, err := keytree.Derive(root, keytree.Node{}, keytree.Leaf(0, interval))
	if err != nil {
		return keytree.IntervalKey{}, err
	}
	return keytree.KeyOf(leaf), nil
}

// bundles seals all intervals, an upload at a time.
func (s stream) bundles(intervals []timechain.IntervalRecords) ([]*timechain.Bundle, error) {
	salts := rand.NewChaCha8([32]byte{1})
	var out []*timechain.Bundle
	var at timechain.Chain
	for per := int(s.grid.IntervalsPerBundle()); len(intervals) > 0; {
		n := min(len(intervals), per)
		b, err := timechain.SealBundle(salts, timechain.SealInput{
			Stream: streamID, Seq: uint64(len(out)), WriterEpoch: 1, Grid: s.grid, Schema: s.schema, Intervals: intervals[:n],
			K: dataShards, N: allShards, Workers: sealWorkers, Chain: at,
		}, intervalKey)
		if err != nil {
			return nil, err
		}
		out, intervals, at = append(out, b), intervals[n:], b.Chain
	}
	return out, nil
}

// alternatives are what a user could do to a file with tools at hand: compress, encrypt as a whole, hash.
type alternatives struct {
	zstd      *zstd.Encoder
	recipient age.Recipient
	aead      cipher.AEAD
}

func newAlternatives() (*alternatives, error) {
	// the level that our codec uses too
	z, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedFastest))
	if err != nil {
		return nil, err
	}
	id, err := age.GenerateX25519Identity()
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(make([]byte, 32))
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCM(block)
	return &alternatives{zstd: z, recipient: id.Recipient(), aead: aead}, err
}

// age compresses, encrypts to a recipient and hashes the result.
func (a *alternatives) age(text []byte) error {
	var out bytes.Buffer
	w, err := age.Encrypt(&out, a.recipient)
	if err != nil {
		return err
	}
	if _, err := io.Copy(w, bytes.NewReader(a.zstd.EncodeAll(text, nil))); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	sha256.Sum256(out.Bytes())
	return nil
}

// gcm compresses and encrypts, and nothing else.
func (a *alternatives) gcm(text []byte) error {
	a.aead.Seal(nil, make([]byte, a.aead.NonceSize()), a.zstd.EncodeAll(text, nil), nil)
	return nil
}

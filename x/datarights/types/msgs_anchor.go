package types

import (
	"crypto/ed25519"
	"crypto/sha256"
	"math"

	"github.com/ipfs/go-cid"
	"github.com/multiformats/go-multihash"
)

// maxCount bounds records and blocks of one bundle: far above what fits, far below what sums of them could overflow.
const maxCount = 1 << 40

// Validate checks everything that needs no state.
func (m *MsgAnchor) Validate(p Params) error {
	a := m.Anchor
	for i, h := range a.roots() {
		if len(h) != sha256.Size {
			return ErrHash.Wrapf("%s has %d bytes, not %d", rootNames[i], len(h), sha256.Size)
		}
	}
	if err := validCID(a.ManifestCid); err != nil {
		return err
	}
	switch {
	case a.Intervals == 0 || a.Intervals > p.MaxIntervalsPerAnchor:
		return ErrIntervals.Wrapf("%d; give 1 to %d", a.Intervals, p.MaxIntervalsPerAnchor)
	case uint64(a.FirstInterval)+uint64(a.Intervals) > math.MaxUint32:
		// the very last interval stays out, so that the number after a range is always a number
		return ErrIntervals.Wrapf("%d from %d reach past the last interval", a.Intervals, a.FirstInterval)
	case a.PayloadBytes > p.MaxBundleBytes:
		return ErrSize.Wrapf("a payload of %d bytes, at most %d", a.PayloadBytes, p.MaxBundleBytes)
	case a.Records > maxCount || a.Blocks > maxCount || a.Blocks < min(a.Records, 1):
		return ErrCounts.Wrapf("%d records in %d blocks", a.Records, a.Blocks)
	case (a.Skipped == 0) != (a.SkipReason == ""):
		return ErrSkip.Wrap("an outage needs both the number of intervals and the reason")
	case len(a.Signature) != ed25519.SignatureSize:
		return ErrWriterSignature.Wrapf("%d bytes, not %d", len(a.Signature), ed25519.SignatureSize)
	}
	if err := plainText(a.SkipReason, maxReason); err != nil {
		return Because(ErrSkip, err)
	}
	return nil
}

var rootNames = [...]string{"record_root", "commitment_root", "shard_root", "receipt_root"}

func (a Anchor) roots() [4][]byte {
	return [4][]byte{a.RecordRoot, a.CommitmentRoot, a.ShardRoot, a.ReceiptRoot}
}

// validCID accepts a binary CIDv1, raw, sha2-256.
func validCID(bz []byte) error {
	c, err := cid.Cast(bz)
	if err != nil {
		return Because(ErrCID, err)
	}
	prefix := c.Prefix()
	if prefix.Version != 1 || prefix.Codec != cid.Raw || prefix.MhType != multihash.SHA2_256 || prefix.MhLength != sha256.Size {
		return ErrCID.Wrap("it must be a CIDv1 of raw bytes by sha2-256")
	}
	return nil
}

// Row is the anchor as it is stored: the placement has its own row, which repair changes; the signature has done its work
// and is part of the hash the next anchor names.
func (a Anchor) Row(height int64) AnchorRow {
	a.Placement, a.Signature = nil, nil
	return AnchorRow{Anchor: a, Height: height}
}

// End is the interval after the anchor's range.
func (a Anchor) End() uint32 { return a.FirstInterval + a.Intervals }

// Next is the head after a signed anchor of the given hash. ErrCounts where a sum would leave 64 bits.
func (h Head) Next(a Anchor, hash []byte) (Head, error) {
	next := Head{
		NextSeq: a.Seq + 1, LastHash: hash, NextInterval: a.End(),
		Records: h.Records + a.Records, Bytes: h.Bytes + a.PayloadBytes, FirstMs: h.FirstMs, LastMs: h.LastMs,
	}
	if next.Records < h.Records || next.Bytes < h.Bytes {
		return h, ErrCounts.Wrap("the stream is full: make a new one")
	}
	if a.Records == 0 {
		return next, nil
	}
	if h.Records == 0 || a.FirstMs < h.FirstMs {
		next.FirstMs = a.FirstMs
	}
	if h.Records == 0 || a.LastMs > h.LastMs {
		next.LastMs = a.LastMs
	}
	return next, nil
}

// SameTotals compares all but the hash.
func (h Head) SameTotals(o Head) bool {
	return h.NextSeq == o.NextSeq && h.NextInterval == o.NextInterval && h.Records == o.Records && h.Bytes == o.Bytes &&
		h.FirstMs == o.FirstMs && h.LastMs == o.LastMs
}

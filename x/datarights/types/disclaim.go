package types

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"

	"github.com/cpchain/cpchain/pkg/merkle"
	"github.com/cpchain/cpchain/pkg/timechain"
)

// maxReceipt bounds a receipt's bytes.
const maxReceipt = 512

// Validate checks sizes before anything is decoded or hashed.
func (m *MsgShowReceipt) Validate() error {
	if len(m.Receipt) == 0 || len(m.Receipt) > maxReceipt || len(m.ReceiptPath) > maxPath || len(m.ShardPath) > maxPath {
		return ErrReceipt.Wrapf("%d bytes with paths of %d and %d hashes", len(m.Receipt), len(m.ReceiptPath), len(m.ShardPath))
	}
	return nil
}

// ReceiptSignBytes is what a provider's peer key signs under a receipt: the receipt with its signature left out.
func ReceiptSignBytes(r Receipt) []byte {
	r.Signature = nil
	return digest("cpchain/receipt/v1", encode(&r))
}

// CheckReceipt decodes a receipt and checks that it is the one an anchor commits to for a slot of its n: the provider's, for this
// bundle, size and shard. Whether the provider signed it the caller checks by its key. Every other is ErrReceipt.
func CheckReceipt(chainID string, a Anchor, n uint64, d Disclaim, m *MsgShowReceipt) (Receipt, error) {
	var r Receipt
	if err := r.Unmarshal(m.Receipt); err != nil {
		return r, Because(ErrReceipt, err)
	}
	if !bytes.Equal(encode(&r), m.Receipt) {
		return r, ErrReceipt.Wrap("it is not in its one form")
	}
	if r.ChainId != chainID || r.Stream != d.Stream || r.Seq != d.Seq || r.Index != d.Slot || r.Provider != d.Provider || r.Size_ != a.ShardBytes {
		return r, ErrReceipt.Wrapf("it is provider %d's for %d bytes in slot %d of bundle %d of %s/%d", r.Provider, r.Size_, r.Index, r.Seq, r.ChainId, r.Stream)
	}
	if len(r.TreeRoot) != sha256.Size || len(r.Signature) != ed25519.SignatureSize {
		return r, ErrReceipt.Wrap("its tree root or signature has another size")
	}
	shard := timechain.ShardLeafData(r.Cid, merkle.Hash(r.TreeRoot))
	if err := under(a.ShardRoot, shard, d.Slot, n, m.ShardPath); err != nil {
		return r, ErrReceipt.Wrapf("its shard is not the anchor's: %v", err)
	}
	if err := under(a.ReceiptRoot, m.Receipt, d.Slot, n, m.ReceiptPath); err != nil {
		return r, ErrReceipt.Wrapf("it is not among the anchor's receipts: %v", err)
	}
	return r, nil
}

// under checks that data is the i-th of n leaves under a root.
func under(root, data []byte, i uint32, n uint64, path [][]byte) error {
	hashes, err := hashesOf(append([][]byte{root}, path...))
	if err != nil {
		return err
	}
	return merkle.Verify(hashes[0], merkle.LeafHash(data), uint64(i), n, hashes[1:])
}

// validateDisclaims checks order and references.
func (g *GenesisState) validateDisclaims() error {
	anchors := make(map[[2]uint64]bool, len(g.Anchors))
	for _, row := range g.Anchors {
		anchors[[2]uint64{row.Anchor.Stream, row.Anchor.Seq}] = true
	}
	for i, d := range g.Disclaims {
		if !anchors[[2]uint64{d.Stream, d.Seq}] || d.Provider == 0 || d.Due <= 0 {
			return ErrGenesis.Wrapf("disclaim of slot %d of bundle %d of stream %d has no anchor, no provider or no end", d.Slot, d.Seq, d.Stream)
		}
		if i > 0 && bytes.Compare(DisclaimPoint(g.Disclaims[i-1].Stream, g.Disclaims[i-1].Seq, g.Disclaims[i-1].Slot), DisclaimPoint(d.Stream, d.Seq, d.Slot)) >= 0 {
			return ErrGenesis.Wrapf("disclaim of slot %d of bundle %d of stream %d is out of order", d.Slot, d.Seq, d.Stream)
		}
	}
	return nil
}

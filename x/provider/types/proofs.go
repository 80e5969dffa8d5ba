package types

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"

	"filippo.io/edwards25519"

	"github.com/cpchain/cpchain/pkg/seal"
)

// PeerKeyProofBytes is what a peer key signs to prove its possession: a digest of label, chain, operator and key.
func PeerKeyProofBytes(chainID, operator string, peerKey []byte) []byte {
	return proofDigest("cpchain/provider/peer-key/v1", chainID, operator, peerKey)
}

// SealKeyProofBytes is what a seal key signs (XEdDSA, seal.BoxSecret.ProvePossession) to prove its possession.
func SealKeyProofBytes(chainID, operator string, sealKey []byte) []byte {
	return proofDigest("cpchain/provider/seal-key/v1", chainID, operator, sealKey)
}

func proofDigest(label, chainID, operator string, key []byte) []byte {
	h := sha256.New()
	for _, part := range [][]byte{[]byte(label), []byte(chainID), []byte(operator), key} {
		h.Write(binary.BigEndian.AppendUint32(nil, uint32(len(part)))) //nolint:gosec // parts are keys, names and encoded messages
		h.Write(part)
	}
	return h.Sum(nil)
}

// CheckPeerKey verifies a peer key's proof of possession. Keys of small order are refused: anybody can sign for them.
func CheckPeerKey(chainID, operator string, peerKey, proof []byte) error {
	if len(peerKey) != ed25519.PublicKeySize || len(proof) != ed25519.SignatureSize {
		return ErrPeerKey.Wrapf("key of %d and proof of %d bytes, not %d and %d", len(peerKey), len(proof), ed25519.PublicKeySize, ed25519.SignatureSize)
	}
	point, err := new(edwards25519.Point).SetBytes(peerKey)
	if err != nil || new(edwards25519.Point).MultByCofactor(point).Equal(edwards25519.NewIdentityPoint()) == 1 {
		return ErrPeerKey.Wrap("the key is no point of the curve, or one of small order")
	}
	if !ed25519.Verify(peerKey, PeerKeyProofBytes(chainID, operator, peerKey), proof) {
		return ErrPeerKey.Wrap("the proof is not by this key, for this operator and chain")
	}
	return nil
}

// CheckSealKey verifies a seal key's proof of possession.
func CheckSealKey(chainID, operator string, sealKey, proof []byte) error {
	if len(sealKey) != len(seal.BoxPublic{}) {
		return ErrSealKey.Wrapf("%d bytes, not %d", len(sealKey), KeyBytes)
	}
	if err := seal.VerifyBox(seal.BoxPublic(sealKey), SealKeyProofBytes(chainID, operator, sealKey), proof); err != nil {
		return ErrSealKey.Wrapf("for this operator and chain: %v", err)
	}
	return nil
}

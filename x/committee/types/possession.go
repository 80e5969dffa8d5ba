package types

import (
	"crypto/ed25519"
	"encoding/hex"

	"github.com/cometbft/cometbft/crypto/tmhash"

	"github.com/cpchain/cpchain/pkg/vrf"
)

// Purposes of proofs of possession: one per key, so that a proof of one can't stand for another.
const (
	PurposeConsensus = "consensus"
	PurposeVRF       = "vrf"
	PurposeNode      = "node"
)

// PossessionBytes is what a candidate's key proves possession over. It is far longer than the 32 bytes that a node key signs
// when peers connect, and starts like nothing else that these keys sign.
func PossessionBytes(purpose, chainID, operator string) []byte {
	return []byte("cpchain/committee/possession/v1\n" + purpose + "\n" + chainID + "\n" + operator)
}

// CheckConsensusProof checks a signature by a consensus key. Errors: ErrConsensus.
func CheckConsensusProof(chainID, operator string, key, proof []byte) error {
	if len(key) != ed25519.PublicKeySize || !ed25519.Verify(key, PossessionBytes(PurposeConsensus, chainID, operator), proof) {
		return ErrConsensus.Wrap("sign types.PossessionBytes with the validator's consensus key: cpchaind tx committee register does")
	}
	return nil
}

// CheckVRFProof checks a proof by a VRF key. Errors: ErrVRFKey.
func CheckVRFProof(chainID, operator string, key, proof []byte) error {
	public, err := vrf.ParsePublicKey(key)
	if err != nil {
		return ErrVRFKey.Wrap(err.Error())
	}
	if _, err := public.Verify(PossessionBytes(PurposeVRF, chainID, operator), proof); err != nil {
		return ErrVRFKey.Wrapf("proof of possession: %v", err)
	}
	return nil
}

// CheckNodeProof checks a signature by a node key and gives the node's id. Errors: ErrNodeKey.
func CheckNodeProof(chainID, operator string, key, proof []byte) (nodeID string, err error) {
	if len(key) != ed25519.PublicKeySize || !ed25519.Verify(key, PossessionBytes(PurposeNode, chainID, operator), proof) {
		return "", ErrNodeKey.Wrap("sign types.PossessionBytes with the node key: cpchaind tx committee register does")
	}
	return hex.EncodeToString(tmhash.SumTruncated(key)), nil
}

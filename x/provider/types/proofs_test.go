package types_test

import (
	"crypto/ed25519"
	"encoding/hex"
	"encoding/json"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cpchain/cpchain/pkg/seal"
	"github.com/cpchain/cpchain/x/provider/types"
)

// zeros is a random source for tests.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func TestProofBytesMatchTheVectors(t *testing.T) {
	bz, err := os.ReadFile("testdata/proofs.json")
	require.NoError(t, err)
	var v map[string]string
	require.NoError(t, json.Unmarshal(bz, &v))
	key, err := hex.DecodeString(v["key"])
	require.NoError(t, err)
	require.Equal(t, v["peer_key_proof_bytes"], hex.EncodeToString(types.PeerKeyProofBytes(v["chain_id"], v["operator"], key)))
	require.Equal(t, v["seal_key_proof_bytes"], hex.EncodeToString(types.SealKeyProofBytes(v["chain_id"], v["operator"], key)))
}

func TestAPeerKeyProofHoldsForOneKeyOperatorAndChain(t *testing.T) {
	secret := ed25519.NewKeyFromSeed(make([]byte, 32))
	key := []byte(secret.Public().(ed25519.PublicKey))
	proof := ed25519.Sign(secret, types.PeerKeyProofBytes("cpchain-1", "cpc1a", key))
	require.NoError(t, types.CheckPeerKey("cpchain-1", "cpc1a", key, proof))
	other := []byte(ed25519.NewKeyFromSeed(append(make([]byte, 31), 1)).Public().(ed25519.PublicKey))
	// the neutral element: with it and S = 0 the equation of ed25519 holds for every message
	neutral := append([]byte{1}, make([]byte, 31)...)
	forged := append(append([]byte{1}, make([]byte, 31)...), make([]byte, 32)...)
	require.True(t, ed25519.Verify(neutral, []byte("anything"), forged), "the attack is real")
	for name, err := range map[string]error{
		"another chain":       types.CheckPeerKey("cpchain-2", "cpc1a", key, proof),
		"another operator":    types.CheckPeerKey("cpchain-1", "cpc1b", key, proof),
		"another key":         types.CheckPeerKey("cpchain-1", "cpc1a", other, proof),
		"a short proof":       types.CheckPeerKey("cpchain-1", "cpc1a", key, proof[1:]),
		"no proof":            types.CheckPeerKey("cpchain-1", "cpc1a", key, nil),
		"a key of low order":  types.CheckPeerKey("cpchain-1", "cpc1a", neutral, forged),
		"a seal key's proof":  types.CheckPeerKey("cpchain-1", "cpc1a", key, ed25519.Sign(secret, types.SealKeyProofBytes("cpchain-1", "cpc1a", key))),
		"a shifted boundary":  types.CheckPeerKey("cpchain-1c", "pc1a", key, proof),
		"a key off the curve": types.CheckPeerKey("cpchain-1", "cpc1a", append([]byte{2}, make([]byte, 31)...), proof),
	} {
		require.ErrorIs(t, err, types.ErrPeerKey, name)
	}
}

func TestASealKeyProofHoldsForOneKeyOperatorAndChain(t *testing.T) {
	secret := seal.BoxSecret{1}
	public := secret.Public()
	proof, err := secret.ProvePossession(zeros{}, types.SealKeyProofBytes("cpchain-1", "cpc1a", public[:]))
	require.NoError(t, err)
	require.NoError(t, types.CheckSealKey("cpchain-1", "cpc1a", public[:], proof))
	other := seal.BoxSecret{64}.Public() // the lowest three bits do not count
	for name, err := range map[string]error{
		"another chain":      types.CheckSealKey("cpchain-2", "cpc1a", public[:], proof),
		"another operator":   types.CheckSealKey("cpchain-1", "cpc1b", public[:], proof),
		"another key":        types.CheckSealKey("cpchain-1", "cpc1a", other[:], proof),
		"a short key":        types.CheckSealKey("cpchain-1", "cpc1a", public[1:], proof),
		"no proof":           types.CheckSealKey("cpchain-1", "cpc1a", public[:], nil),
		"a key of low order": types.CheckSealKey("cpchain-1", "cpc1a", make([]byte, 32), proof),
	} {
		require.ErrorIs(t, err, types.ErrSealKey, name)
	}
}

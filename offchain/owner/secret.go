package owner

import (
	"crypto/hkdf"
	"crypto/sha256"
	"fmt"
	"io"
	"strings"

	"github.com/cosmos/go-bip39"

	"github.com/cpchain/cpchain/pkg/keytree"
	"github.com/cpchain/cpchain/pkg/seal"
)

// NewWords makes 24 BIP-39 words from 32 bytes of entropy.
func NewWords(rand io.Reader) (string, error) {
	entropy := make([]byte, 32)
	if _, err := io.ReadFull(rand, entropy); err != nil {
		return "", fmt.Errorf("entropy: %w", err)
	}
	return bip39.NewMnemonic(entropy)
}

// RootSeed derives the root of all of an owner's key trees from its words. The account key comes from the same words by
// BIP-44, under which no path meets this label.
func RootSeed(words string) (keytree.Seed, error) {
	words = strings.Join(strings.Fields(words), " ")
	seed, err := bip39.NewSeedWithErrorChecking(words, "")
	if err != nil {
		return keytree.Seed{}, fmt.Errorf("the words are no BIP-39 mnemonic: check spelling and order: %w", err)
	}
	root, err := hkdf.Key(sha256.New, seed, nil, "cpchain/owner-root/v1", len(keytree.Seed{}))
	if err != nil {
		return keytree.Seed{}, err
	}
	return keytree.Seed(root), nil
}

// OutboxKey seals built grants on the owner's disk.
func OutboxKey(root keytree.Seed) (seal.DiskKey, error) {
	key, err := hkdf.Key(sha256.New, root[:], nil, "cpchain/owner-outbox/v1", len(seal.DiskKey{}))
	if err != nil {
		return seal.DiskKey{}, err
	}
	return seal.DiskKey(key), nil
}

// WriterSeed is the ed25519 seed of the key an owner writes a stream with where no gateway does.
func WriterSeed(root keytree.Seed, name string) ([]byte, error) {
	return hkdf.Key(sha256.New, root[:], nil, "cpchain/owner-writer/v1/"+name, 32)
}

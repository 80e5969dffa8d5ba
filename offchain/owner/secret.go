package owner

import (
	"bytes"
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"filippo.io/age"
	"github.com/cosmos/go-bip39"

	"github.com/cpchain/cpchain/pkg/keytree"
	"github.com/cpchain/cpchain/pkg/seal"
)

// ErrPassphrase means that a secret file does not open with the passphrase given.
var ErrPassphrase = errors.New("wrong passphrase")

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

// SaveSecret writes a secret as an age file (scrypt) for a passphrase, with mode 0600, never over an existing file.
func SaveSecret(path, passphrase string, secret []byte) error {
	recipient, err := age.NewScryptRecipient(passphrase)
	if err != nil {
		return fmt.Errorf("passphrase: %w", err)
	}
	var sealed bytes.Buffer
	w, err := age.Encrypt(&sealed, recipient)
	if err != nil {
		return err
	}
	if _, err := w.Write(secret); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	return writeNew(path, sealed.Bytes())
}

// LoadSecret opens what SaveSecret wrote.
func LoadSecret(path, passphrase string) ([]byte, error) {
	sealed, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	identity, err := age.NewScryptIdentity(passphrase)
	if err != nil {
		return nil, fmt.Errorf("passphrase: %w", err)
	}
	r, err := age.Decrypt(bytes.NewReader(sealed), identity)
	if err != nil {
		return nil, fmt.Errorf("%w for %s: %w", ErrPassphrase, filepath.Base(path), err)
	}
	return io.ReadAll(r)
}

// writeNew stages, syncs and links, so that a crash leaves either nothing or the whole file, and an old file stays.
func writeNew(path string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	tmp, err := stage(path, data)
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(tmp) }() // the file has its name by then, or there is an error to tell
	if err := os.Link(tmp, path); err != nil {
		if errors.Is(err, os.ErrExist) {
			return fmt.Errorf("%s exists already and is not overwritten: %w", path, os.ErrExist)
		}
		return err
	}
	return nil
}

// replace writes a file anew in one step.
func replace(path string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	tmp, err := stage(path, data)
	if err != nil {
		return err
	}
	return os.Rename(tmp, path)
}

func stage(path string, data []byte) (string, error) {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return "", err
	}
	_, err = f.Write(data)
	err = errors.Join(err, f.Sync(), f.Close())
	if err != nil {
		return "", errors.Join(err, os.Remove(f.Name()))
	}
	return f.Name(), nil
}

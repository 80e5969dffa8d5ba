// Package secretfile keeps a secret in a file under a passphrase: an age file with its scrypt recipient, which the age tool
// opens too.
package secretfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"filippo.io/age"

	"github.com/cpchain/cpchain/offchain/durable"
)

// ErrPassphrase means that a file does not open with the passphrase given.
var ErrPassphrase = errors.New("wrong passphrase")

// randomWorkFactor, 2^10, is enough where there is nothing to guess.
const randomWorkFactor = 10

// Save writes a secret for a passphrase, with mode 0600, never over an existing file. Guessing passphrases is made to cost
// about a second each.
func Save(path, passphrase string, secret []byte) error {
	recipient, err := age.NewScryptRecipient(passphrase)
	if err != nil {
		return fmt.Errorf("passphrase: %w", err)
	}
	return save(path, recipient, secret)
}

// SaveRandom is Save for a passphrase of at least 128 random bits, which nobody can guess: it opens at once.
func SaveRandom(path, passphrase string, secret []byte) error {
	recipient, err := age.NewScryptRecipient(passphrase)
	if err != nil {
		return fmt.Errorf("passphrase: %w", err)
	}
	recipient.SetWorkFactor(randomWorkFactor)
	return save(path, recipient, secret)
}

func save(path string, recipient age.Recipient, secret []byte) error {
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
	return durable.Create(path, sealed.Bytes())
}

// Load opens what Save wrote. Errors: os.ErrNotExist, ErrPassphrase.
func Load(path, passphrase string) ([]byte, error) {
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

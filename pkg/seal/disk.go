package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"errors"
	"fmt"
	"io"
	"log/slog"
)

// DiskKey seals a daemon's files. It prints as [redacted].
type DiskKey [32]byte

// String never shows the secret.
func (DiskKey) String() string { return redacted }

// GoString never shows the secret.
func (DiskKey) GoString() string { return redacted }

// LogValue never shows the secret.
func (DiskKey) LogValue() slog.Value { return slog.StringValue(redacted) }

// ErrDisk means that a sealed frame does not open: another key, another place, or altered bytes.
var ErrDisk = errors.New("sealed file does not open")

const diskNonce = 12

// DiskOverhead is what sealing adds to a frame.
const DiskOverhead = 2 + diskNonce + tagSize

// NewDiskKey makes a key from 32 bytes of rand.
func NewDiskKey(rand io.Reader) (DiskKey, error) {
	var k DiskKey
	if _, err := io.ReadFull(rand, k[:]); err != nil {
		return DiskKey{}, fmt.Errorf("entropy: %w", err)
	}
	return k, nil
}

// Seal encrypts a frame bound to ad (its place): version ‖ suite ‖ nonce ‖ ciphertext. Nonces are random: one key is good for
// 2^32 frames.
func (k DiskKey) Seal(rand io.Reader, ad, plaintext []byte) ([]byte, error) {
	aead, err := k.aead()
	if err != nil {
		return nil, err
	}
	out := make([]byte, 2+diskNonce, DiskOverhead+len(plaintext))
	out[0], out[1] = version, suite
	if _, err := io.ReadFull(rand, out[2:]); err != nil {
		return nil, fmt.Errorf("entropy: %w", err)
	}
	return aead.Seal(out, out[2:2+diskNonce], plaintext, ad), nil
}

// Open decrypts a frame.
func (k DiskKey) Open(ad, sealed []byte) ([]byte, error) {
	if len(sealed) < DiskOverhead || sealed[0] != version || sealed[1] != suite {
		return nil, fmt.Errorf("%w: malformed head", ErrDisk)
	}
	aead, err := k.aead()
	if err != nil {
		return nil, err
	}
	plaintext, err := aead.Open(nil, sealed[2:2+diskNonce], sealed[2+diskNonce:], ad)
	if err != nil {
		return nil, ErrDisk
	}
	return plaintext, nil
}

func (k DiskKey) aead() (cipher.AEAD, error) {
	block, err := aes.NewCipher(k[:])
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

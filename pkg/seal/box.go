package seal

import (
	"crypto/ecdh"
	"crypto/hpke"
	"errors"
	"fmt"
	"io"
	"log/slog"
)

// BoxPublic is an X25519 public key.
type BoxPublic [32]byte

// BoxSecret is an X25519 secret key. It prints as [redacted].
type BoxSecret [32]byte

const redacted = "[redacted]"

// String never shows the secret.
func (BoxSecret) String() string { return redacted }

// GoString never shows the secret.
func (BoxSecret) GoString() string { return redacted }

// LogValue never shows the secret.
func (BoxSecret) LogValue() slog.Value { return slog.StringValue(redacted) }

// ErrBox means that a parcel does not open: another key, other names, or altered bytes.
var ErrBox = errors.New("parcel does not open")

// NewBox makes a key from 32 bytes of rand.
func NewBox(rand io.Reader) (BoxSecret, error) {
	var s BoxSecret
	if _, err := io.ReadFull(rand, s[:]); err != nil {
		return BoxSecret{}, fmt.Errorf("entropy: %w", err)
	}
	return s, nil
}

// Public key of a secret key.
func (s BoxSecret) Public() BoxPublic {
	key, err := ecdh.X25519().NewPrivateKey(s[:])
	if err != nil {
		panic(err) // any 32 bytes are an X25519 key
	}
	return BoxPublic(key.PublicKey().Bytes())
}

// SealTo encrypts to a key: version ‖ suite ‖ encapsulated key ‖ ciphertext. info and aad must be given again to open.
//
//nolint:revive // To alone would not say what is done
func SealTo(pk BoxPublic, info, aad, plaintext []byte) ([]byte, error) {
	public, err := ecdh.X25519().NewPublicKey(pk[:])
	if err != nil {
		return nil, fmt.Errorf("seal key: %w", err)
	}
	recipient, err := hpke.NewDHKEMPublicKey(public)
	if err != nil {
		return nil, fmt.Errorf("seal key: %w", err)
	}
	enc, sender, err := hpke.NewSender(recipient, hpke.HKDFSHA256(), hpke.AES256GCM(), info)
	if err != nil {
		return nil, fmt.Errorf("seal key: %w", err)
	}
	ct, err := sender.Seal(aad, plaintext)
	if err != nil {
		return nil, err
	}
	return append(append([]byte{version, suite}, enc...), ct...), nil
}

// Open decrypts what was sealed to this key.
func (s BoxSecret) Open(info, aad, sealed []byte) ([]byte, error) {
	const encSize = 32
	if len(sealed) < 2+encSize+tagSize || sealed[0] != version || sealed[1] != suite {
		return nil, fmt.Errorf("%w: malformed head", ErrBox)
	}
	private, err := ecdh.X25519().NewPrivateKey(s[:])
	if err != nil {
		return nil, err
	}
	key, err := hpke.NewDHKEMPrivateKey(private)
	if err != nil {
		return nil, err
	}
	recipient, err := hpke.NewRecipient(sealed[2:2+encSize], key, hpke.HKDFSHA256(), hpke.AES256GCM(), info)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrBox, err)
	}
	plaintext, err := recipient.Open(aad, sealed[2+encSize:])
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrBox, err)
	}
	return plaintext, nil
}

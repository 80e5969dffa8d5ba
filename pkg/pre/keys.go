package pre

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
)

// ErrPossession means that a proof of possession does not verify.
var ErrPossession = errors.New("proof of possession does not verify")

// PossessionSize is the length of a proof of possession: challenge ‖ response.
const PossessionSize = 2 * scalarSize

// PublicKey is an encoded point.
type PublicKey [pointSize]byte

// SecretKey is an encoded scalar: a reader's key, or a proxy's key share. It prints as [redacted] under every verb.
type SecretKey [scalarSize]byte

const redacted = "[redacted]"

// String never shows the secret.
func (SecretKey) String() string { return redacted }

// GoString never shows the secret.
func (SecretKey) GoString() string { return redacted }

// Format never shows the secret, whatever the verb: %d and %x would otherwise.
func (SecretKey) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

// LogValue never shows the secret.
func (SecretKey) LogValue() slog.Value { return slog.StringValue(redacted) }

// NewReaderKey makes a reader's key from 64 bytes of rand, all of whose strength is in those bytes.
func NewReaderKey(rand io.Reader) (SecretKey, error) {
	var wide [wideSize]byte
	if _, err := io.ReadFull(rand, wide[:]); err != nil {
		return SecretKey{}, fmt.Errorf("entropy: %w", err)
	}
	s := hashToScalar("cpchain/pre/reader/v1", wide[:])
	if isZero(s) {
		return SecretKey{}, ErrScalar
	}
	return encodeScalar(s), nil
}

// Public key of a secret key. A malformed secret has the all-zero key, which is not Valid.
func (sk SecretKey) Public() PublicKey {
	s, err := parseScalar(sk[:])
	if err != nil {
		return PublicKey{}
	}
	return encodePoint(mulGen(s))
}

// Valid checks that the key is a canonical point other than the identity, else ErrPoint.
func (pk PublicKey) Valid() error {
	_, err := parsePoint(pk[:])
	return err
}

// ProvePossession proves knowledge of a reader's secret key (Schnorr, in challenge and response form), bound to context.
// The result is PossessionSize bytes.
func ProvePossession(rand io.Reader, sk SecretKey, context []byte) ([]byte, error) {
	s, err := parseScalar(sk[:])
	if err != nil {
		return nil, fmt.Errorf("secret key: %w", err)
	}
	pk := sk.Public()
	t, err := hedged(rand, "cpchain/pre/possession-nonce/v1", sk, pk[:], context)
	if err != nil {
		return nil, err
	}
	c := possessionChallenge(pk, encodePoint(mulGen(t)), context)
	z := new(scalar).MultiplyAdd(c, s, t)
	return append(c.Bytes(), z.Bytes()...), nil
}

// VerifyPossession checks a proof of ProvePossession: ErrPossession, or ErrPoint for a key that is none.
func VerifyPossession(pk PublicKey, context, proof []byte) error {
	public, err := parsePoint(pk[:])
	if err != nil {
		return fmt.Errorf("public key: %w", err)
	}
	if len(proof) != PossessionSize {
		return fmt.Errorf("%w: %d bytes, not %d", ErrPossession, len(proof), PossessionSize)
	}
	c, err := parseScalar(proof[:scalarSize])
	if err != nil {
		return fmt.Errorf("%w: challenge: %w", ErrPossession, err)
	}
	z, err := parseScalar(proof[scalarSize:])
	if err != nil {
		return fmt.Errorf("%w: response: %w", ErrPossession, err)
	}
	commitment := encodePoint(publicDifferenceGen(z, c, public))
	if possessionChallenge(pk, commitment, context).Equal(c) != 1 {
		return ErrPossession
	}
	return nil
}

func possessionChallenge(pk PublicKey, commitment [pointSize]byte, context []byte) *scalar {
	return hashToScalar("cpchain/pre/possession/v1", pk[:], commitment[:], context)
}

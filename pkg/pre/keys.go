package pre

import (
	"errors"
	"fmt"
	"io"
	"log/slog"

	"github.com/cloudflare/circl/group"
)

// ErrPossession means that a proof of possession does not verify.
var ErrPossession = errors.New("proof of possession does not verify")

// PossessionSize is the length of a proof of possession: challenge ‖ response.
const PossessionSize = 2 * scalarSize

// PublicKey is an encoded point.
type PublicKey [pointSize]byte

// SecretKey is an encoded scalar. It prints as [redacted].
type SecretKey [scalarSize]byte

const redacted = "[redacted]"

// String never shows the secret.
func (SecretKey) String() string { return redacted }

// GoString never shows the secret.
func (SecretKey) GoString() string { return redacted }

// LogValue never shows the secret.
func (SecretKey) LogValue() slog.Value { return slog.StringValue(redacted) }

// NewReaderKey makes a reader's key from 64 bytes of rand.
func NewReaderKey(rand io.Reader) (SecretKey, error) {
	s, err := randomScalar(rand, "cpchain/pre/reader/v1")
	if err != nil {
		return SecretKey{}, err
	}
	return encode(s), nil
}

// Public key of a secret key. A malformed secret has the all-zero key, which is not Valid.
func (sk SecretKey) Public() PublicKey {
	s, err := scalar(sk[:])
	if err != nil {
		return PublicKey{}
	}
	return encode(mulGen(s))
}

// Valid checks that the key is a canonical point other than the identity.
func (pk PublicKey) Valid() error {
	_, err := point(pk[:])
	return err
}

// ProvePossession proves knowledge of a reader's secret key (Schnorr), bound to context.
func ProvePossession(rand io.Reader, sk SecretKey, context []byte) ([]byte, error) {
	s, err := scalar(sk[:])
	if err != nil {
		return nil, err
	}
	pk := sk.Public()
	t, err := hedged(rand, sk[:], pk[:], context)
	if err != nil {
		return nil, err
	}
	commitment := encode(mulGen(t))
	c := possessionChallenge(pk, commitment, context)
	z := suite.NewScalar().Add(t, suite.NewScalar().Mul(c, s))
	cBz, zBz := encode(c), encode(z)
	return append(cBz[:], zBz[:]...), nil
}

// VerifyPossession checks a proof of ProvePossession.
func VerifyPossession(pk PublicKey, context, proof []byte) error {
	if len(proof) != PossessionSize {
		return fmt.Errorf("%w: %d bytes, not %d", ErrPossession, len(proof), PossessionSize)
	}
	public, err := point(pk[:])
	if err != nil {
		return err
	}
	c, err := scalar(proof[:scalarSize])
	if err != nil {
		return fmt.Errorf("%w: %w", ErrPossession, err)
	}
	z, err := scalar(proof[scalarSize:])
	if err != nil {
		return fmt.Errorf("%w: %w", ErrPossession, err)
	}
	commitment := encode(sub(mulGen(z), mul(public, c)))
	if !possessionChallenge(pk, commitment, context).IsEqual(c) {
		return ErrPossession
	}
	return nil
}

func possessionChallenge(pk PublicKey, commitment [pointSize]byte, context []byte) group.Scalar {
	return hashToScalar("cpchain/pre/possession/v1", pk[:], commitment[:], context)
}

func sub(a, b group.Element) group.Element {
	return suite.NewElement().Add(a, suite.NewElement().Neg(b))
}

// hedged is a proof nonce hashed from a secret, the transcript so far and fresh randomness: it repeats only if all three do,
// and then the proof is the same proof.
func hedged(rand io.Reader, secret []byte, transcript ...[]byte) (group.Scalar, error) {
	var fresh [32]byte
	if _, err := io.ReadFull(rand, fresh[:]); err != nil {
		return nil, fmt.Errorf("entropy: %w", err)
	}
	t := hashToScalar("cpchain/pre/nonce/v1", append([][]byte{secret, fresh[:]}, transcript...)...)
	if t.IsZero() {
		return nil, ErrScalar
	}
	return t, nil
}

// Package vrf is a verifiable random function: whoever holds the secret key computes, for any input, one output that nobody
// can foresee or choose, and a proof by which everybody else checks it (R4.2).
//
// # Construction
//
// ECVRF-EDWARDS25519-SHA512-ELL2 of RFC 9381, suite byte 0x04, over curve25519-voi. Keys are 32 bytes, proofs 80
// (Gamma ‖ c ‖ s), outputs 64. Public keys are validated (canonical, not of small order: RFC 9381 5.4.5), so that even a key
// made in bad faith has one output for each input (full uniqueness); ParsePublicKey also refuses points outside the
// prime-order subgroup, which no honest key is.
//
// # Use
//
// The output, never the proof, is the random value: the prover can make several proofs of one output. A key must not serve
// anything else: ECVRF and Ed25519 derive their nonces alike, so one signature under the same key over a point's 32 bytes
// gives the secret away (the test mounts it). Neither a consensus key nor a node key may be a VRF key.
//
// Proving takes constant time in the key; verifying is variable time, on public input.
package vrf

import (
	"errors"
	"fmt"
	"io"
	"log/slog"

	"github.com/oasisprotocol/curve25519-voi/curve"
	"github.com/oasisprotocol/curve25519-voi/primitives/ed25519"
	"github.com/oasisprotocol/curve25519-voi/primitives/ed25519/extra/ecvrf"
)

// Sizes in bytes.
const (
	SeedSize      = ed25519.SeedSize
	PublicKeySize = ed25519.PublicKeySize
	ProofSize     = ecvrf.ProofSize
	OutputSize    = ecvrf.OutputSize
)

// Errors of this package.
var (
	ErrPublicKey = errors.New("VRF public key is not a canonical point of prime order")
	ErrProof     = errors.New("VRF proof does not verify")
)

// Output is the random value of a key at an input.
type Output [OutputSize]byte

// PublicKey checks proofs. Make it with ParsePublicKey or PrivateKey.Public.
type PublicKey [PublicKeySize]byte

// PrivateKey computes outputs and proofs. It prints as [redacted] under every verb.
type PrivateKey struct{ key ed25519.PrivateKey }

const redacted = "[redacted]"

// String never shows the secret.
func (PrivateKey) String() string { return redacted }

// GoString never shows the secret.
func (PrivateKey) GoString() string { return redacted }

// Format never shows the secret, whatever the verb.
func (PrivateKey) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

// LogValue never shows the secret.
func (PrivateKey) LogValue() slog.Value { return slog.StringValue(redacted) }

// Generate makes a key from 32 bytes of rand.
func Generate(rand io.Reader) (PrivateKey, error) {
	var seed [SeedSize]byte
	if _, err := io.ReadFull(rand, seed[:]); err != nil {
		return PrivateKey{}, fmt.Errorf("entropy: %w", err)
	}
	return FromSeed(seed), nil
}

// FromSeed is the key that a stored seed stands for.
func FromSeed(seed [SeedSize]byte) PrivateKey {
	return PrivateKey{key: ed25519.NewKeyFromSeed(seed[:])}
}

// Seed is what to store, sealed.
func (k PrivateKey) Seed() (seed [SeedSize]byte) {
	copy(seed[:], k.key.Seed())
	return seed
}

// Public is the key that checks k's proofs.
func (k PrivateKey) Public() (pk PublicKey) {
	copy(pk[:], k.key[SeedSize:])
	return pk
}

// Prove gives the output at an input and its proof, ProofSize bytes.
func (k PrivateKey) Prove(input []byte) (Output, []byte) {
	proof := ecvrf.Prove(k.key, input)
	hash, err := ecvrf.ProofToHash(proof)
	if err != nil {
		panic(err) // a proof we just made decodes
	}
	return Output(hash), proof
}

// ParsePublicKey reads an encoded key. Errors: ErrPublicKey.
func ParsePublicKey(b []byte) (PublicKey, error) {
	var compressed curve.CompressedEdwardsY
	if _, err := compressed.SetBytes(b); err != nil || !compressed.IsCanonicalVartime() {
		return PublicKey{}, ErrPublicKey
	}
	var point curve.EdwardsPoint
	if _, err := point.SetCompressedY(&compressed); err != nil || point.IsSmallOrder() || !point.IsTorsionFree() {
		return PublicKey{}, ErrPublicKey
	}
	return PublicKey(b), nil
}

// Verify gives the output that a proof shows for an input. Errors: ErrProof, also for a malformed proof or key.
func (pk PublicKey) Verify(input, proof []byte) (Output, error) {
	ok, hash := ecvrf.Verify(pk[:], proof, input)
	if !ok {
		return Output{}, ErrProof
	}
	return Output(hash), nil
}

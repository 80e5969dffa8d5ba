package vrf_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha512"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"filippo.io/edwards25519"
	"github.com/oasisprotocol/curve25519-voi/curve"
	"github.com/oasisprotocol/curve25519-voi/primitives/h2c"
	"github.com/stretchr/testify/require"

	"github.com/cpchain/cpchain/pkg/vrf"
)

type vector struct{ Source, Secret, Public, Input, Proof, Output string }

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	require.NoError(t, err)
	return b
}

func vectors(t testing.TB) []vector {
	t.Helper()
	raw, err := os.ReadFile("testdata/rfc9381.json")
	require.NoError(t, err)
	var all []vector
	require.NoError(t, json.Unmarshal(raw, &all))
	require.Len(t, all, 3)
	return all
}

func TestRFC9381Vectors(t *testing.T) {
	for _, v := range vectors(t) {
		t.Run(v.Source, func(t *testing.T) {
			key := vrf.FromSeed([vrf.SeedSize]byte(unhex(t, v.Secret)))
			public := key.Public()
			require.Equal(t, v.Public, hex.EncodeToString(public[:]))

			output, proof := key.Prove(unhex(t, v.Input))
			require.Equal(t, v.Proof, hex.EncodeToString(proof))
			require.Equal(t, v.Output, hex.EncodeToString(output[:]))

			parsed, err := vrf.ParsePublicKey(unhex(t, v.Public))
			require.NoError(t, err)
			verified, err := parsed.Verify(unhex(t, v.Input), unhex(t, v.Proof))
			require.NoError(t, err)
			require.Equal(t, output, verified)
		})
	}
}

func TestEveryChangedBitIsRefused(t *testing.T) {
	v := vectors(t)[1]
	public, err := vrf.ParsePublicKey(unhex(t, v.Public))
	require.NoError(t, err)
	proof := unhex(t, v.Proof)
	for i := range 8 * len(proof) {
		bad := bytes.Clone(proof)
		bad[i/8] ^= 1 << (i % 8)
		_, err := public.Verify(unhex(t, v.Input), bad)
		require.ErrorIs(t, err, vrf.ErrProof, "bit %d", i)
	}
}

func TestForeignProofsAreRefused(t *testing.T) {
	v := vectors(t)[0]
	key := vrf.FromSeed([vrf.SeedSize]byte(unhex(t, v.Secret)))
	_, proof := key.Prove([]byte("term 7"))
	other := vrf.FromSeed([vrf.SeedSize]byte{1}).Public()
	// s + q is the same scalar in a form that is not canonical
	order := unhex(t, "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010")
	shifted := bytes.Clone(proof)
	carry := 0
	for i := range 32 {
		sum := int(shifted[48+i]) + int(order[i]) + carry
		shifted[48+i], carry = byte(sum), sum>>8
	}
	smallGamma := bytes.Clone(proof)
	copy(smallGamma, append([]byte{1}, make([]byte, 31)...)) // the identity as Gamma
	badGamma := bytes.Clone(proof)
	copy(badGamma, bytes.Repeat([]byte{0xff}, 32)) // y >= p
	for name, c := range map[string]struct {
		key   vrf.PublicKey
		input string
		proof []byte
	}{
		"another input":            {key.Public(), "term 8", proof},
		"another key":              {other, "term 7", proof},
		"79 bytes":                 {key.Public(), "term 7", proof[:79]},
		"81 bytes":                 {key.Public(), "term 7", append(bytes.Clone(proof), 0)},
		"no bytes":                 {key.Public(), "term 7", nil},
		"a scalar above the order": {key.Public(), "term 7", shifted},
		"a Gamma of small order":   {key.Public(), "term 7", smallGamma},
		"a non-canonical Gamma":    {key.Public(), "term 7", badGamma},
		"a key that is no point":   {vrf.PublicKey{2}, "term 7", proof},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := c.key.Verify([]byte(c.input), c.proof)
			require.ErrorIs(t, err, vrf.ErrProof)
		})
	}
	_, err := key.Public().Verify([]byte("term 7"), proof)
	require.NoError(t, err, "the proof itself verifies")
}

func TestBadPublicKeysAreRefused(t *testing.T) {
	torsion := unhex(t, "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a") // a point of order 8
	point, err := new(edwards25519.Point).SetBytes(torsion)
	require.NoError(t, err)
	mixed := new(edwards25519.Point).Add(edwards25519.NewGeneratorPoint(), point).Bytes()
	for name, b := range map[string][]byte{
		"the identity":                  append([]byte{1}, make([]byte, 31)...),
		"a point of order 8":            torsion,
		"a point with a torsion part":   mixed,
		"y above the prime":             bytes.Repeat([]byte{0xff}, 32),
		"the identity with a sign":      append(append([]byte{1}, make([]byte, 30)...), 0x80),
		"no point":                      append([]byte{2}, make([]byte, 31)...),
		"31 bytes":                      make([]byte, 31),
		"33 bytes":                      make([]byte, 33),
		"nothing":                       nil,
		"the identity in p's own terms": append([]byte{0xee}, append(bytes.Repeat([]byte{0xff}, 30), 0x7f)...),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := vrf.ParsePublicKey(b)
			require.ErrorIs(t, err, vrf.ErrPublicKey)
		})
	}
}

// Why a VRF key must sign nothing: the nonces of both schemes are SHA-512(prefix ‖ message), so a signature over the hashed
// point of an input has the proof's nonce, and two equations in two unknowns give the secret scalar.
func TestSharedKeyGivesTheSecretAway(t *testing.T) {
	v := vectors(t)[2]
	seed := unhex(t, v.Secret)
	key := vrf.FromSeed([vrf.SeedSize]byte(seed))
	public := key.Public()
	_, proof := key.Prove(unhex(t, v.Input))

	h := encodeToCurve(t, public, unhex(t, v.Input))
	signature := ed25519.Sign(ed25519.NewKeyFromSeed(seed), h)

	c := scalar(t, append(bytes.Clone(proof[32:48]), make([]byte, 16)...))
	s := scalar(t, proof[48:])
	e := challenge(t, signature[:32], public[:], h)
	// s = k + c·x and S = k + e·x
	x := new(edwards25519.Scalar).Multiply(
		new(edwards25519.Scalar).Subtract(scalar(t, signature[32:]), s),
		new(edwards25519.Scalar).Invert(new(edwards25519.Scalar).Subtract(e, c)))
	require.Equal(t, public[:], new(edwards25519.Point).ScalarBaseMult(x).Bytes(), "the secret scalar is out")
}

// encodeToCurve is RFC 9381 5.4.1.2, which anybody can compute: the hash to the curve of RFC 9380 under the suite's tag.
func encodeToCurve(t *testing.T, public vrf.PublicKey, input []byte) []byte {
	t.Helper()
	point, err := h2c.Edwards25519_XMD_SHA512_ELL2_NU(
		append([]byte("ECVRF_edwards25519_XMD:SHA-512_ELL2_NU_"), 4), append(bytes.Clone(public[:]), input...))
	require.NoError(t, err)
	var compressed curve.CompressedEdwardsY
	compressed.SetEdwardsPoint(point)
	return compressed[:]
}

// challenge is RFC 8032 5.1.7: SHA-512(R ‖ A ‖ M) as a scalar.
func challenge(t *testing.T, parts ...[]byte) *edwards25519.Scalar {
	t.Helper()
	wide := sha512.Sum512(bytes.Join(parts, nil))
	s, err := edwards25519.NewScalar().SetUniformBytes(wide[:])
	require.NoError(t, err)
	return s
}

func scalar(t *testing.T, b []byte) *edwards25519.Scalar {
	t.Helper()
	s, err := edwards25519.NewScalar().SetCanonicalBytes(b)
	require.NoError(t, err)
	return s
}

func TestSecretsAreNotPrinted(t *testing.T) {
	key := vrf.FromSeed([vrf.SeedSize]byte{7, 7, 7})
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%x", "%d", "%q"} {
		require.Equal(t, "[redacted]", fmt.Sprintf(format, key), format)
	}
	require.NotContains(t, fmt.Sprintf("%v", struct{ K vrf.PrivateKey }{key}), "7 7 7")
}

func TestGenerateTellsOfMissingEntropy(t *testing.T) {
	_, err := vrf.Generate(strings.NewReader("short"))
	require.ErrorContains(t, err, "entropy")
	key, err := vrf.Generate(strings.NewReader(strings.Repeat("x", vrf.SeedSize)))
	require.NoError(t, err)
	require.Equal(t, key, vrf.FromSeed(key.Seed()))
}

func FuzzVerify(f *testing.F) {
	for _, v := range vectors(f) {
		f.Add(unhex(f, v.Public), unhex(f, v.Input), unhex(f, v.Proof))
	}
	f.Fuzz(func(t *testing.T, public, input, proof []byte) {
		key, err := vrf.ParsePublicKey(public)
		if err != nil {
			return
		}
		first, err := key.Verify(input, proof)
		if err != nil {
			return
		}
		second, err := key.Verify(input, proof)
		require.NoError(t, err)
		require.Equal(t, first, second)
	})
}

func BenchmarkProve(b *testing.B) {
	key := vrf.FromSeed([vrf.SeedSize]byte{1})
	for b.Loop() {
		key.Prove([]byte("term 7"))
	}
}

func BenchmarkVerify(b *testing.B) {
	key := vrf.FromSeed([vrf.SeedSize]byte{1})
	_, proof := key.Prove([]byte("term 7"))
	public := key.Public()
	for b.Loop() {
		if _, err := public.Verify([]byte("term 7"), proof); err != nil {
			b.Fatal(err)
		}
	}
}

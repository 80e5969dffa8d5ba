package pre

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

type possessionVector struct {
	Comment, Public, Context, Proof string
	Error                           string `json:",omitempty"`
}

func possessionVectors(t testing.TB) []possessionVector {
	source := rand.NewChaCha8([32]byte{3})
	key, err := NewReaderKey(source)
	require.NoError(t, err)
	other, err := NewReaderKey(source)
	require.NoError(t, err)
	context := []byte("cpchain-1/reader")
	proof, err := ProvePossession(source, key, context)
	require.NoError(t, err)
	pk := key.Public()
	var vs []possessionVector
	for _, c := range []struct {
		comment        string
		public         PublicKey
		context, proof []byte
	}{
		{"a key's holder", pk, context, proof},
		{"in another context", pk, []byte("cpchain-2/reader"), proof},
		{"for another key", other.Public(), context, proof},
		{"a flipped bit in the challenge", pk, context, flip(proof, 0)},
		{"a flipped bit in the response", pk, context, flip(proof, 40)},
		{"a challenge of zero", pk, context, append(make([]byte, 32), proof[32:]...)},
		{"a challenge above the order", pk, context, append(bytes.Repeat([]byte{0xff}, 32), proof[32:]...)},
		{"a response above the order", pk, context, append(bytes.Clone(proof[:32]), bytes.Repeat([]byte{0xff}, 32)...)},
		{"a byte too few", pk, context, proof[:63]},
		{"for the identity", PublicKey{}, context, proof},
	} {
		v := possessionVector{c.comment, hex.EncodeToString(c.public[:]), hex.EncodeToString(c.context), hex.EncodeToString(c.proof), ""}
		if err := VerifyPossession(c.public, c.context, c.proof); err != nil {
			v.Error = err.Error()
		}
		vs = append(vs, v)
	}
	return vs
}

func TestPossessionMatchesTheVectors(t *testing.T) {
	for i, v := range golden(t, "possession.json", possessionVectors(t)) {
		require.Equal(t, i == 0, v.Error == "", v.Comment)
		err := VerifyPossession(PublicKey(unhex(t, v.Public)), unhex(t, v.Context), unhex(t, v.Proof))
		if v.Error == "" {
			require.NoError(t, err)
			continue
		}
		require.EqualError(t, err, v.Error)
	}
}

func TestEveryFlippedBitOfAPossessionProofIsRefused(t *testing.T) {
	key := SecretKey{5}
	proof, err := ProvePossession(constant{}, key, []byte("context"))
	require.NoError(t, err)
	require.NoError(t, VerifyPossession(key.Public(), []byte("context"), proof))
	for i := range proof {
		require.ErrorIs(t, VerifyPossession(key.Public(), []byte("context"), flip(proof, i)), ErrPossession, "byte %d", i)
	}
}

func TestABrokenRandomSourceDoesNotGiveAwayAReadersKey(t *testing.T) {
	key := SecretKey{5}
	one, err := ProvePossession(constant{}, key, []byte("one"))
	require.NoError(t, err)
	two, err := ProvePossession(constant{}, key, []byte("two"))
	require.NoError(t, err)
	require.NotEqual(t, key, solveForSecret(t, one, two))
}

// solveForSecret is the attack on a repeated nonce: from z = t + c·s twice with one t, s = (z1-z2)/(c1-c2).
func solveForSecret(t testing.TB, one, two []byte) SecretKey {
	t.Helper()
	z := new(scalar).Subtract(mustScalar(t, [32]byte(one[32:])), mustScalar(t, [32]byte(two[32:])))
	c := new(scalar).Subtract(mustScalar(t, [32]byte(one[:32])), mustScalar(t, [32]byte(two[:32])))
	return encodeScalar(z.Multiply(z, c.Invert(c)))
}

func TestTheAttackOnARepeatedNonceWouldWork(t *testing.T) {
	key := SecretKey{5}
	s, nonce, pk := mustScalar(t, key), randomScalar(t, constant{}), key.Public()
	prove := func(context string) []byte {
		c := possessionChallenge(pk, encodePoint(mulGen(nonce)), []byte(context))
		return append(c.Bytes(), new(scalar).MultiplyAdd(c, s, nonce).Bytes()...)
	}
	require.NoError(t, VerifyPossession(pk, []byte("one"), prove("one")))
	require.Equal(t, key, solveForSecret(t, prove("one"), prove("two")))
}

func TestKeysNeedEntropyAndFormIsChecked(t *testing.T) {
	_, err := NewReaderKey(dry())
	require.ErrorContains(t, err, "entropy")
	_, err = ProvePossession(dry(), SecretKey{5}, nil)
	require.ErrorContains(t, err, "entropy")
	_, err = ProvePossession(constant{}, SecretKey{}, nil)
	require.ErrorIs(t, err, ErrScalar)
	require.ErrorIs(t, SecretKey{}.Public().Valid(), ErrPoint)
	require.NoError(t, SecretKey{5}.Public().Valid())
}

func TestSecretsPrintAsRedactedUnderEveryVerb(t *testing.T) {
	secret := SecretKey{77, 77, 77, 77}
	var log bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{} // may hold any digits
		}
		return a
	}}))
	for _, v := range []any{secret, &secret, Share{RK: secret}, []SecretKey{secret}} {
		logger.Info("test", "secret", v)
		text := fmt.Sprintf("%v %+v %#v %s %q %x %X %d %o %b", v, v, v, v, v, v, v, v, v, v) + log.String()
		require.Contains(t, text, redacted)
		for _, leak := range []string{"77", "4d4d", "4D4D", "MMM", "115 115", "1001101"} {
			require.NotContains(t, text, leak)
		}
	}
	require.Equal(t, redacted+redacted, secret.String()+secret.GoString())
}

func FuzzVerifyPossession(f *testing.F) {
	for _, v := range possessionVectors(f) {
		f.Add(unhex(f, v.Public), unhex(f, v.Proof))
	}
	good := possessionVectors(f)[0]
	f.Fuzz(func(t *testing.T, public, proof []byte) {
		if len(public) != 32 {
			return
		}
		err := VerifyPossession(PublicKey(public), unhex(t, good.Context), proof)
		if err == nil && (hex.EncodeToString(public) != good.Public || hex.EncodeToString(proof) != good.Proof) {
			t.Fatal("a forged proof verifies")
		}
	})
}

package seal

import (
	"bytes"
	"crypto/ecdh"
	"crypto/rand"
	"encoding/hex"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestParcelsOpenForTheirKeyAndNamesOnly(t *testing.T) {
	secret, err := NewBox(rand.Reader)
	require.NoError(t, err)
	sealed, err := SealTo(secret.Public(), []byte("info"), []byte("aad"), []byte("seeds"))
	require.NoError(t, err)
	plain, err := secret.Open([]byte("info"), []byte("aad"), sealed)
	require.NoError(t, err)
	require.Equal(t, "seeds", string(plain))
	other, err := NewBox(rand.Reader)
	require.NoError(t, err)
	_, err = other.Open([]byte("info"), []byte("aad"), sealed)
	require.ErrorIs(t, err, ErrBox)
	_, err = secret.Open([]byte("other"), []byte("aad"), sealed)
	require.ErrorIs(t, err, ErrBox)
	_, err = secret.Open([]byte("info"), []byte("other"), sealed)
	require.ErrorIs(t, err, ErrBox)
	for i := range sealed {
		bad := bytes.Clone(sealed)
		bad[i] ^= 1
		_, err = secret.Open([]byte("info"), []byte("aad"), bad)
		require.ErrorIs(t, err, ErrBox, "byte %d", i)
		_, err = secret.Open([]byte("info"), []byte("aad"), sealed[:i])
		require.ErrorIs(t, err, ErrBox, "cut at %d", i)
	}
}

func TestSealToRefusesAKeyOfLowOrder(t *testing.T) {
	_, err := SealTo(BoxPublic{}, nil, nil, nil)
	require.Error(t, err)
}

func TestPossessionOfAnX25519KeyIsProvedByItsHolderOnly(t *testing.T) {
	for range 32 { // both signs of the Edwards twin
		secret, err := NewBox(rand.Reader)
		require.NoError(t, err)
		proof, err := secret.ProvePossession(rand.Reader, []byte("operator"))
		require.NoError(t, err)
		require.NoError(t, VerifyBox(secret.Public(), []byte("operator"), proof))
		require.ErrorIs(t, VerifyBox(secret.Public(), []byte("another"), proof), ErrPossession)
		other, err := NewBox(rand.Reader)
		require.NoError(t, err)
		require.ErrorIs(t, VerifyBox(other.Public(), []byte("operator"), proof), ErrPossession)
		for _, i := range []int{0, 31, 32, 63} {
			bad := bytes.Clone(proof)
			bad[i] ^= 1
			require.ErrorIs(t, VerifyBox(secret.Public(), []byte("operator"), bad), ErrPossession)
		}
	}
}

func TestVerifyBoxRefusesWhatIsNoKeyOrNoSignature(t *testing.T) {
	secret, err := NewBox(rand.Reader)
	require.NoError(t, err)
	proof, err := secret.ProvePossession(rand.Reader, nil)
	require.NoError(t, err)
	high := secret.Public()
	high[31] |= 0x80
	for name, pk := range map[string]BoxPublic{
		"zero (low order)": {}, "one (low order)": {1}, "the top bit set": high,
		"p, not canonical": BoxPublic(bytes.Join([][]byte{{0xed}, bytes.Repeat([]byte{0xff}, 30), {0x7f}}, nil)),
		"order eight":      BoxPublic(unhex(t, "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800")),
	} {
		require.ErrorIs(t, VerifyBox(pk, nil, proof), ErrPossession, name)
	}
	// S + L is the same scalar in other bytes: a second signature for one message, refused
	malleable := bytes.Clone(proof)
	order := unhex(t, "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010")
	carry := 0
	for i := range 32 {
		sum := int(malleable[32+i]) + int(order[i]) + carry
		malleable[32+i], carry = byte(sum), sum>>8
	}
	require.ErrorIs(t, VerifyBox(secret.Public(), nil, malleable), ErrPossession)
	require.ErrorIs(t, VerifyBox(secret.Public(), nil, proof[:63]), ErrPossession)
}

func TestThePublicKeyIsX25519s(t *testing.T) {
	secret := BoxSecret(unhex(t, "77076d0a7318a57d3c16c17251b26645df4c6b0a59aa6e6f2d4c2b6e8e3b2c1a"))
	key, err := ecdh.X25519().NewPrivateKey(secret[:])
	require.NoError(t, err)
	public := secret.Public()
	require.Equal(t, key.PublicKey().Bytes(), public[:])
}

func TestDiskFramesOpenInTheirPlaceOnly(t *testing.T) {
	key, err := NewDiskKey(rand.Reader)
	require.NoError(t, err)
	sealed, err := key.Seal(rand.Reader, []byte("wal/7"), []byte("reading"))
	require.NoError(t, err)
	require.Len(t, sealed, len("reading")+DiskOverhead)
	plain, err := key.Open([]byte("wal/7"), sealed)
	require.NoError(t, err)
	require.Equal(t, "reading", string(plain))
	_, err = key.Open([]byte("wal/8"), sealed)
	require.ErrorIs(t, err, ErrDisk)
	_, err = DiskKey{}.Open([]byte("wal/7"), sealed)
	require.ErrorIs(t, err, ErrDisk)
	for i := range sealed {
		bad := bytes.Clone(sealed)
		bad[i] ^= 1
		_, err = key.Open([]byte("wal/7"), bad)
		require.ErrorIs(t, err, ErrDisk)
		_, err = key.Open([]byte("wal/7"), sealed[:i])
		require.ErrorIs(t, err, ErrDisk)
	}
}

func FuzzBoxOpen(f *testing.F) {
	f.Add(make([]byte, 60))
	f.Fuzz(func(t *testing.T, sealed []byte) {
		_, err := BoxSecret{1}.Open(nil, nil, sealed)
		require.ErrorIs(t, err, ErrBox)
	})
}

func FuzzVerifyBox(f *testing.F) {
	f.Add(make([]byte, 32), make([]byte, 64))
	f.Fuzz(func(t *testing.T, pk, proof []byte) {
		if len(pk) == 32 {
			require.Error(t, VerifyBox(BoxPublic(pk), []byte("never signed"), proof))
		}
	})
}

func unhex(t testing.TB, text string) []byte {
	bz, err := hex.DecodeString(text)
	require.NoError(t, err)
	return bz
}

package device

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cpchain/cpchain/pkg/merkle"
	"github.com/cpchain/cpchain/pkg/timechain"
)

func header(seq uint64) timechain.BlockHeader {
	return timechain.BlockHeader{Stream: "cpchain-1/3", Seq: seq, T0: 0, T1: 1000, Count: 1, RecordRoot: merkle.Hash{byte(seq)}}
}

func TestKeysOfBothKindsSignWhatReadersVerify(t *testing.T) {
	for kind, size := range map[string]int{Ed25519: 32, P256: 33} {
		t.Run(kind, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "device.pem")
			made, err := Make(path, kind)
			require.NoError(t, err)
			k, err := Load(path)
			require.NoError(t, err)
			require.Equal(t, made.Public(), k.Public())
			require.Len(t, k.Public(), size)
			for seq := range uint64(50) { // short r and s are padded
				h := header(seq)
				h.DeviceSig, err = k.Sign(h.SignBytes())
				require.NoError(t, err)
				require.NoError(t, h.VerifyDevice(k.Public()))
				h.Seq++
				require.ErrorIs(t, h.VerifyDevice(k.Public()), timechain.ErrDevice)
			}
			_, err = Make(path, kind)
			require.ErrorIs(t, err, os.ErrExist, "a key is never replaced")
		})
	}
}

func TestOtherKeysAndFilesAreRefused(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, bz []byte) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, bz, 0o600))
		return path
	}
	pkcs8 := func(key any) []byte {
		bz, err := x509.MarshalPKCS8PrivateKey(key)
		require.NoError(t, err)
		return pem.EncodeToMemory(&pem.Block{Type: pemType, Bytes: bz})
	}
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	require.NoError(t, err)
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	for name, c := range map[string]struct {
		file []byte
		text string
	}{
		"not PEM":           {[]byte("nonsense"), "openssl genpkey"},
		"PEM of rubbish":    {pem.EncodeToMemory(&pem.Block{Type: pemType, Bytes: []byte{1}}), "asn1"},
		"PEM of other type": {pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: []byte{1}}), "openssl genpkey"},
		"another curve":     {pkcs8(p384), "use P-256 or ed25519"},
		"RSA":               {pkcs8(rsaKey), "use P-256 or ed25519"},
	} {
		_, err := Load(write("key.pem", c.file))
		require.ErrorContains(t, err, c.text, name)
	}
	_, err = Load(filepath.Join(dir, "none"))
	require.ErrorIs(t, err, os.ErrNotExist)
	_, err = Make(filepath.Join(dir, "new"), "rsa")
	require.ErrorContains(t, err, "use ed25519 or p256")
	require.NoFileExists(t, filepath.Join(dir, "new"))
}

// Package device holds the key of a measuring device. It signs the header of every block its readings are sealed in, so that
// a reader can tell what the device measured from what the gateway's writer key alone could have made up.
//
// The key is ed25519 or P-256, and anything that is a crypto.Signer serves: a file today, hardware where there is some.
package device

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"os"
)

// Kinds of keys.
const (
	Ed25519 = "ed25519"
	P256    = "p256"
)

// pemType of a key file: PKCS#8, as `openssl genpkey` writes it.
const pemType = "PRIVATE KEY"

// scalarSize of P-256, in bytes.
const scalarSize = 32

// Key signs for one device.
type Key struct {
	signer crypto.Signer
	public []byte
}

// New takes a signer whose public key is ed25519 or P-256.
func New(signer crypto.Signer) (*Key, error) {
	switch pub := signer.Public().(type) {
	case ed25519.PublicKey:
		return &Key{signer, pub}, nil
	case *ecdsa.PublicKey:
		if pub.Curve != elliptic.P256() {
			return nil, fmt.Errorf("a device key on %s: use P-256 or ed25519", pub.Curve.Params().Name)
		}
		point, err := pub.Bytes()
		if err != nil {
			return nil, err
		}
		return &Key{signer, compress(point)}, nil
	default:
		return nil, fmt.Errorf("a device key of type %T: use P-256 or ed25519", pub)
	}
}

// compress gives the 33 bytes of a P-256 point from its 65.
func compress(point []byte) []byte {
	odd := point[len(point)-1] & 1
	return append([]byte{2 + odd}, point[1:1+scalarSize]...)
}

// Load reads a PKCS#8 key in PEM form. A file that is not there gives an error that is os.ErrNotExist.
func Load(path string) (*Key, error) {
	bz, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(bz)
	if block == nil || block.Type != pemType {
		return nil, fmt.Errorf("%s holds no PEM block %q: make one with `openssl genpkey -algorithm ed25519`", path, pemType)
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return nil, fmt.Errorf("%s: a key of type %T can't sign: use P-256 or ed25519", path, key)
	}
	k, err := New(signer)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return k, nil
}

// Make writes a fresh key of a kind to a file that must not exist.
func Make(path, kind string) (*Key, error) {
	signer, err := generate(kind)
	if err != nil {
		return nil, err
	}
	bz, err := x509.MarshalPKCS8PrivateKey(signer)
	if err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	err = pem.Encode(f, &pem.Block{Type: pemType, Bytes: bz})
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return nil, err
	}
	return New(signer)
}

func generate(kind string) (crypto.Signer, error) {
	switch kind {
	case Ed25519:
		_, key, err := ed25519.GenerateKey(rand.Reader)
		return key, err
	case P256:
		return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	default:
		return nil, fmt.Errorf("device key %q: use %s or %s", kind, Ed25519, P256)
	}
}

// Public is the key as a stream's row has it: 32 bytes of ed25519, or 33 of a compressed P-256 point.
func (k *Key) Public() []byte { return k.public }

// Sign signs a header's digest, in the form timechain.BlockHeader.VerifyDevice checks: ed25519 over the digest as message, or
// r ‖ s.
func (k *Key) Sign(digest [32]byte) ([]byte, error) {
	if len(k.public) == ed25519.PublicKeySize {
		return k.signer.Sign(rand.Reader, digest[:], crypto.Hash(0))
	}
	der, err := k.signer.Sign(rand.Reader, digest[:], crypto.SHA256)
	if err != nil {
		return nil, err
	}
	var sig struct{ R, S *big.Int }
	if rest, err := asn1.Unmarshal(der, &sig); err != nil || len(rest) > 0 {
		return nil, errors.New("the device gave a signature that is not ASN.1")
	}
	if sig.R.Sign() < 0 || sig.S.Sign() < 0 || sig.R.BitLen() > 8*scalarSize || sig.S.BitLen() > 8*scalarSize {
		return nil, errors.New("the device gave a signature that is no P-256 one")
	}
	out := make([]byte, 2*scalarSize)
	sig.R.FillBytes(out[:scalarSize])
	sig.S.FillBytes(out[scalarSize:])
	return out, nil
}

package main

import (
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/fxamacker/cbor/v2"

	"github.com/cpchain/cpchain/offchain/secretfile"
	"github.com/cpchain/cpchain/pkg/pre"
	datarights "github.com/cpchain/cpchain/x/datarights/types"
)

// readerKeys are the secrets of one version of a reader, kept as an age file.
type readerKeys struct {
	Reader  uint64        `cbor:"1,keyasint"`
	Version uint32        `cbor:"2,keyasint"`
	PRE     pre.SecretKey `cbor:"3,keyasint"`
	Auth    []byte        `cbor:"4,keyasint"` // ed25519 seed
}

func (k readerKeys) authKey() ed25519.PrivateKey { return ed25519.NewKeyFromSeed(k.Auth) }

func newReaderKeys() (readerKeys, error) {
	sk, err := pre.NewReaderKey(rand.Reader)
	if err != nil {
		return readerKeys{}, err
	}
	seed := make([]byte, ed25519.SeedSize)
	if _, err := rand.Read(seed); err != nil {
		return readerKeys{}, err
	}
	return readerKeys{PRE: sk, Auth: seed}, nil
}

// readerProofs are public keys and proofs for registration or rotation.
type readerProofs struct{ preKey, preProof, authKey, authProof []byte }

func (k readerKeys) proofs(chainID, ownerAddr string) (readerProofs, error) {
	public := k.PRE.Public()
	auth := k.authKey().Public().(ed25519.PublicKey)
	context := datarights.ReaderProofBytes(chainID, ownerAddr, public[:], auth)
	proof, err := pre.ProvePossession(rand.Reader, k.PRE, context)
	if err != nil {
		return readerProofs{}, err
	}
	return readerProofs{preKey: public[:], preProof: proof, authKey: auth, authProof: ed25519.Sign(k.authKey(), context)}, nil
}

func (a *app) readerPath(name string) string { return filepath.Join(a.home, "readers", name+".age") }

func (a *app) saveReader(name string, k readerKeys) error {
	pass, err := a.secretPassphrase()
	if err != nil {
		return err
	}
	bz, err := cbor.Marshal(k)
	if err != nil {
		return err
	}
	return secretfile.Save(a.readerPath(name), pass, bz)
}

func (a *app) loadReader(name string) (readerKeys, error) {
	pass, err := a.secretPassphrase()
	if err != nil {
		return readerKeys{}, err
	}
	bz, err := secretfile.Load(a.readerPath(name), pass)
	if errors.Is(err, os.ErrNotExist) {
		return readerKeys{}, fmt.Errorf("no reader %q in %s: run `cpdata reader init --name %s`", name, a.home, name)
	}
	if err != nil {
		return readerKeys{}, err
	}
	var k readerKeys
	if err := cbor.Unmarshal(bz, &k); err != nil {
		return readerKeys{}, fmt.Errorf("%s: %w", a.readerPath(name), err)
	}
	return k, nil
}

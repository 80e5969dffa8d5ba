package types

import (
	"crypto/ed25519"

	"github.com/cpchain/cpchain/pkg/pre"
)

// Validate checks everything that needs no state; owner is the signer's canonical address, which both proofs name.
func (m *MsgRegisterReader) Validate(chainID, owner string) error {
	if err := validName(m.Name); err != nil {
		return err
	}
	return checkReaderKeys(chainID, owner, m.PreKey, m.PreKeyProof, m.AuthKey, m.AuthKeyProof)
}

// Validate checks everything that needs no state; owner is the signer's canonical address, which both proofs name.
func (m *MsgRotateReader) Validate(chainID, owner string) error {
	return checkReaderKeys(chainID, owner, m.PreKey, m.PreKeyProof, m.AuthKey, m.AuthKeyProof)
}

func checkReaderKeys(chainID, owner string, preKey, preProof, authKey, authProof []byte) error {
	if err := (ReaderKeys{PreKey: preKey, AuthKey: authKey}).validShape(); err != nil {
		return err
	}
	context := ReaderProofBytes(chainID, owner, preKey, authKey)
	if err := pre.VerifyPossession(pre.PublicKey(preKey), context, preProof); err != nil {
		return ErrReaderKey.Wrapf("pre_key: %s", err)
	}
	if err := checkSigned(authKey, context, authProof); err != nil {
		return ErrReaderKey.Wrapf("auth_key: %s", err)
	}
	return nil
}

func (k ReaderKeys) validShape() error {
	if len(k.PreKey) != len(pre.PublicKey{}) {
		return ErrReaderKey.Wrapf("pre_key of %d bytes, not %d", len(k.PreKey), len(pre.PublicKey{}))
	}
	if len(k.AuthKey) != ed25519.PublicKeySize {
		return ErrReaderKey.Wrapf("auth_key of %d bytes, not %d", len(k.AuthKey), ed25519.PublicKeySize)
	}
	return nil
}

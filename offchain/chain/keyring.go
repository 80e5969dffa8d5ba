package chain

import (
	"errors"
	"fmt"
	"io"

	"github.com/cosmos/cosmos-sdk/codec/address"
	"github.com/cosmos/cosmos-sdk/crypto/keyring"
	sdk "github.com/cosmos/cosmos-sdk/types"
	sdkerrors "github.com/cosmos/cosmos-sdk/types/errors"
)

// OpenKeyring opens the Cosmos keyring in a program's home. Backends are file (asks for its passphrase on in), os and
// test (unencrypted on disk: for daemons whose disk is trusted, and for tests).
func OpenKeyring(home, backend string, in io.Reader) (keyring.Keyring, error) {
	setAddressPrefix()
	switch backend {
	case keyring.BackendFile, keyring.BackendOS, keyring.BackendTest:
	default:
		return nil, fmt.Errorf("keyring backend %q: use file, os or test", backend)
	}
	cdc, _ := newCodec()
	kr, err := keyring.New("cpchain", backend, home, in, cdc)
	if err != nil {
		return nil, fmt.Errorf("open keyring in %s: %w", home, err)
	}
	return kr, nil
}

// ErrNoKey means that the keyring has no key of this name.
var ErrNoKey = errors.New("no such key in the keyring")

// KeyOf returns a key of a keyring, or ErrNoKey.
func KeyOf(keys keyring.Keyring, name string) (*keyring.Record, error) {
	record, err := keys.Key(name)
	switch {
	case errors.Is(err, sdkerrors.ErrKeyNotFound):
		return nil, fmt.Errorf("%w: %q", ErrNoKey, name)
	case err != nil:
		return nil, fmt.Errorf("the keyring does not open (is the passphrase right?): key %q: %w", name, err)
	}
	return record, nil
}

// Account decodes the address of an account of this chain.
func Account(text string) (sdk.AccAddress, error) {
	return address.NewBech32Codec(AccountPrefix).StringToBytes(text)
}

// setAddressPrefix makes the SDK print and read cpc addresses; keyring records go through its global config.
func setAddressPrefix() {
	cfg := sdk.GetConfig()
	if cfg.GetBech32AccountAddrPrefix() == AccountPrefix {
		return
	}
	cfg.SetBech32PrefixForAccount(AccountPrefix, AccountPrefix+"pub")
	cfg.SetBech32PrefixForValidator(AccountPrefix+"valoper", AccountPrefix+"valoperpub")
	cfg.SetBech32PrefixForConsensusNode(AccountPrefix+"valcons", AccountPrefix+"valconspub")
}

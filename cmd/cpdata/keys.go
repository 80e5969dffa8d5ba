package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/cosmos/cosmos-sdk/crypto/hd"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/cpchain/cpchain/offchain/chain"
	"github.com/cpchain/cpchain/offchain/owner"
	"github.com/cpchain/cpchain/offchain/secretfile"
)

func keysCmd(a *app) *cobra.Command {
	cmd := &cobra.Command{Use: "keys", Short: "make, back up and restore the owner's keys"}
	cmd.AddCommand(keysInitCmd(a), keysBackupCmd(a), keysRestoreCmd(a), keysShowCmd(a))
	return cmd
}

const keysWarning = `Write these 24 words down and keep them apart from this machine. They restore your account and your root seed.
Without them, after this disk is lost, no grant can ever be made on your streams again.`

func keysInitCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "init",
		Short: "make an account key and the root seed of all your streams, from 24 new words",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if _, err := os.Stat(a.rootPath()); err == nil {
				return fmt.Errorf("%s exists already and is not overwritten: choose another --home", a.rootPath())
			}
			words, err := owner.NewWords(rand.Reader)
			if err != nil {
				return err
			}
			addr, err := a.storeWords(words)
			if err != nil {
				return err
			}
			return a.print(map[string]any{"address": addr, "words": words}, fmt.Sprintf("address %s\n\n%s\n\n%s", addr, words, keysWarning))
		},
	}
}

func keysBackupCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "backup",
		Short: "show the 24 words again",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			words, err := a.words()
			if err != nil {
				return err
			}
			return a.print(map[string]any{"words": words}, words+"\n\n"+keysWarning)
		},
	}
}

func keysRestoreCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:     "restore",
		Short:   "restore account key and root seed from 24 words on standard input",
		Example: "  cpdata keys restore --home ~/.cpdata-new < words.txt",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if a.onTerminal() {
				a.note("type the 24 words, then end the input (Ctrl-D on a line of its own)")
			}
			bz, err := io.ReadAll(io.LimitReader(a.in, 4096))
			if err != nil {
				return err
			}
			addr, err := a.storeWords(strings.Join(strings.Fields(string(bz)), " "))
			if err != nil {
				return err
			}
			return a.print(map[string]any{"address": addr}, "address "+addr)
		},
	}
}

func keysShowCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "show",
		Short: "show the account address",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			addr, err := a.address()
			if err != nil {
				return err
			}
			return a.print(map[string]any{"key": a.from, "address": addr}, addr)
		},
	}
}

// storeWords keeps what the words derive: the account key in the keyring, the words sealed beside it.
func (a *app) storeWords(words string) (string, error) {
	if _, err := owner.RootSeed(words); err != nil {
		return "", err
	}
	pass, err := a.secretPassphrase()
	if err != nil {
		return "", err
	}
	keys, err := a.keyring()
	if err != nil {
		return "", err
	}
	switch _, err := chain.KeyOf(keys, a.from); {
	case err == nil:
		return "", fmt.Errorf("the keyring has a key %q already: choose another --from or --home", a.from)
	case !errors.Is(err, chain.ErrNoKey):
		return "", err
	}
	if err := secretfile.Save(a.rootPath(), pass, []byte(words)); err != nil {
		return "", err
	}
	path := hd.CreateHDPath(sdk.CoinType, 0, 0).String()
	record, err := keys.NewAccount(a.from, words, "", path, hd.Secp256k1)
	if err != nil {
		return "", errors.Join(err, os.Remove(a.rootPath()))
	}
	addr, err := record.GetAddress()
	if err != nil {
		return "", err
	}
	return addr.String(), nil
}

// address of the account key, without asking the chain.
func (a *app) address() (string, error) {
	keys, err := a.keyring()
	if err != nil {
		return "", err
	}
	record, err := chain.KeyOf(keys, a.from)
	if err != nil {
		return "", withoutKey(err)
	}
	addr, err := record.GetAddress()
	if err != nil {
		return "", err
	}
	return addr.String(), nil
}

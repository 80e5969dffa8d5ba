package main

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/fxamacker/cbor/v2"
	"github.com/spf13/cobra"

	"github.com/cpchain/cpchain/offchain/chain"
	"github.com/cpchain/cpchain/offchain/owner"
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

func readerCmd(a *app) *cobra.Command {
	cmd := &cobra.Command{Use: "reader", Short: "register this device as a reader"}
	cmd.AddCommand(readerInitCmd(a), readerListCmd(a), readerRotateCmd(a))
	return cmd
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
	return owner.SaveSecret(a.readerPath(name), pass, bz)
}

func (a *app) loadReader(name string) (readerKeys, error) {
	pass, err := a.secretPassphrase()
	if err != nil {
		return readerKeys{}, err
	}
	bz, err := owner.LoadSecret(a.readerPath(name), pass)
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

func readerInitCmd(a *app) *cobra.Command {
	var name string
	cmd := &cobra.Command{
		Use:   "init",
		Short: "make a reader's keys on this device and register them",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.initReader(cmd.Context(), name)
		},
	}
	cmd.Flags().StringVar(&name, "name", "default", "name of the reader, unique for your account")
	return cmd
}

// initReader keeps the keys before they are registered, under a name of their own until the chain gave an id: a crash in
// between loses a fee at worst, never a key that a grant was made for.
func (a *app) initReader(ctx context.Context, name string) error {
	if _, err := os.Stat(a.readerPath(name)); err == nil {
		return fmt.Errorf("reader %q exists on this device already: choose another --name, or rotate it", name)
	}
	s, err := a.signer(ctx)
	if err != nil {
		return err
	}
	keys, err := a.pendingKeys(name)
	if err != nil {
		return err
	}
	proofs, err := keys.proofs(a.client.ChainID(), s.Address())
	if err != nil {
		return err
	}
	id, err := a.registeredAs(ctx, s.Address(), name, proofs.preKey)
	if err != nil {
		return err
	}
	if id == 0 {
		if id, err = a.register(ctx, s, name, proofs); err != nil {
			return err
		}
	}
	keys.Reader, keys.Version = id, 1
	if err := a.saveReader(name, keys); err != nil {
		return err
	}
	if err := os.Remove(a.readerPath(name + ".pending")); err != nil {
		return err
	}
	return a.print(map[string]any{"reader": id, "version": 1, "name": name}, fmt.Sprintf("reader %d (%s)", id, name))
}

// pendingKeys are the keys of a registration that was begun, or new ones.
func (a *app) pendingKeys(name string) (readerKeys, error) {
	pending := name + ".pending"
	if _, err := os.Stat(a.readerPath(pending)); err == nil {
		return a.loadReader(pending)
	}
	keys, err := newReaderKeys()
	if err != nil {
		return keys, err
	}
	return keys, a.saveReader(pending, keys)
}

// registeredAs finds a reader registered by a run that was cut off; 0 if there is none.
func (a *app) registeredAs(ctx context.Context, ownerAddr, name string, preKey []byte) (uint64, error) {
	readers, err := a.client.Readers(ctx, ownerAddr)
	if err != nil {
		return 0, err
	}
	for _, r := range readers {
		if r.Reader.Name == name && bytes.Equal(r.Keys.PreKey, preKey) {
			return r.Reader.Id, nil
		}
	}
	return 0, nil
}

func (a *app) register(ctx context.Context, s *chain.Signer, name string, p readerProofs) (uint64, error) {
	params, err := a.client.DatarightsParams(ctx)
	if err != nil {
		return 0, err
	}
	res, err := a.submit(ctx, s, params.ReaderFee.String(), &datarights.MsgRegisterReader{
		Owner: s.Address(), Name: name, PreKey: p.preKey, PreKeyProof: p.preProof, AuthKey: p.authKey, AuthKeyProof: p.authProof,
	})
	if err != nil {
		return 0, err
	}
	var made datarights.MsgRegisterReaderResponse
	if err := chain.MsgResponse(res, 0, &made); err != nil {
		return 0, err
	}
	return made.Id, nil
}

func readerListCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "ls",
		Short: "list the readers of your account",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			addr, err := a.address()
			if err != nil {
				return err
			}
			c, err := a.chain(cmd.Context())
			if err != nil {
				return err
			}
			readers, err := c.Readers(cmd.Context(), addr)
			if err != nil {
				return err
			}
			lines := []string{}
			for _, r := range readers {
				here := ""
				if _, err := os.Stat(a.readerPath(r.Reader.Name)); err == nil {
					here = "  (keys on this device)"
				}
				lines = append(lines, fmt.Sprintf("%d  %s  version %d%s", r.Reader.Id, r.Reader.Name, r.Version, here))
			}
			if len(lines) == 0 {
				lines = append(lines, "no readers: run `cpdata reader init`")
			}
			return a.print(map[string]any{"readers": readers}, strings.Join(lines, "\n"))
		},
	}
}

func readerRotateCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "rotate NAME",
		Short: "replace a reader's keys, after a theft: the old ones open nothing more, grants must be made anew",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.rotateReader(cmd.Context(), args[0])
		},
	}
}

func (a *app) rotateReader(ctx context.Context, name string) error {
	old, err := a.loadReader(name)
	if err != nil {
		return err
	}
	s, err := a.signer(ctx)
	if err != nil {
		return err
	}
	keys, err := a.pendingKeys(name)
	if err != nil {
		return err
	}
	p, err := keys.proofs(a.client.ChainID(), s.Address())
	if err != nil {
		return err
	}
	row, err := a.client.Reader(ctx, old.Reader, 0)
	if err != nil {
		return err
	}
	keys.Reader, keys.Version = old.Reader, row.Version
	if !bytes.Equal(row.Keys.PreKey, p.preKey) {
		if keys.Version, err = a.rotate(ctx, s, old.Reader, p); err != nil {
			return err
		}
	}
	archived := fmt.Sprintf("%s.v%d", name, old.Version)
	if err := os.Rename(a.readerPath(name), a.readerPath(archived)); err != nil {
		return err
	}
	if err := a.saveReader(name, keys); err != nil {
		return err
	}
	if err := os.Remove(a.readerPath(name + ".pending")); err != nil {
		return err
	}
	return a.print(map[string]any{"reader": keys.Reader, "version": keys.Version}, fmt.Sprintf("reader %d is at version %d", keys.Reader, keys.Version))
}

func (a *app) rotate(ctx context.Context, s *chain.Signer, reader uint64, p readerProofs) (uint32, error) {
	res, err := a.submit(ctx, s, "", &datarights.MsgRotateReader{
		Owner: s.Address(), Reader: reader, PreKey: p.preKey, PreKeyProof: p.preProof, AuthKey: p.authKey, AuthKeyProof: p.authProof,
	})
	if err != nil {
		return 0, err
	}
	var done datarights.MsgRotateReaderResponse
	if err := chain.MsgResponse(res, 0, &done); err != nil {
		return 0, err
	}
	return done.Version, nil
}

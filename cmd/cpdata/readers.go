package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/cpchain/cpchain/offchain/chain"
	datarights "github.com/cpchain/cpchain/x/datarights/types"
)

func readerCmd(a *app) *cobra.Command {
	cmd := &cobra.Command{Use: "reader", Short: "register this device as a reader"}
	cmd.AddCommand(readerInitCmd(a), readerListCmd(a), readerRotateCmd(a))
	return cmd
}

func readerInitCmd(a *app) *cobra.Command {
	var name string
	var generateOnly bool
	cmd := &cobra.Command{
		Use:   "init",
		Short: "make a reader's keys on this device and register them",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.initReader(cmd.Context(), name, generateOnly)
		},
	}
	cmd.Flags().BoolVar(&generateOnly, "generate-only", false, generateOnlyHelp)
	cmd.Flags().StringVar(&name, "name", "default", "name of the reader, unique for your account")
	return cmd
}

// initReader keeps the keys before they are registered, under a name of their own until the chain gave an id: a crash in
// between loses a fee at worst, never a key that a grant was made for.
func (a *app) initReader(ctx context.Context, name string, generateOnly bool) error {
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
	switch {
	case id != 0:
	case generateOnly:
		return a.unsigned(ctx, s, proofs.registration(s.Address(), name))
	default:
		if id, err = a.register(ctx, s, proofs.registration(s.Address(), name)); err != nil {
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

func (p readerProofs) registration(ownerAddr, name string) *datarights.MsgRegisterReader {
	return &datarights.MsgRegisterReader{
		Owner: ownerAddr, Name: name, PreKey: p.preKey, PreKeyProof: p.preProof, AuthKey: p.authKey, AuthKeyProof: p.authProof,
	}
}

func (p readerProofs) rotation(ownerAddr string, reader uint64) *datarights.MsgRotateReader {
	return &datarights.MsgRotateReader{
		Owner: ownerAddr, Reader: reader, PreKey: p.preKey, PreKeyProof: p.preProof, AuthKey: p.authKey, AuthKeyProof: p.authProof,
	}
}

const generateOnlyHelp = "print the unsigned transaction; once it is on chain, run the command again without this flag"

// unsigned prints a transaction to be signed elsewhere.
func (a *app) unsigned(ctx context.Context, s *chain.Signer, msg sdk.Msg) error {
	tx, err := s.Unsigned(ctx, chain.TxOptions{}, msg)
	if err != nil {
		return err
	}
	a.note("the keys are kept here: once the transaction is on chain, run the command again without --generate-only")
	_, err = fmt.Fprintln(a.out, string(tx))
	return err
}

func (a *app) register(ctx context.Context, s *chain.Signer, msg *datarights.MsgRegisterReader) (uint64, error) {
	params, err := a.client.DatarightsParams(ctx)
	if err != nil {
		return 0, err
	}
	res, err := a.submit(ctx, s, params.ReaderFee.String(), msg)
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
			return a.print(&datarights.QueryReadersResponse{Readers: readers}, strings.Join(lines, "\n"))
		},
	}
}

func readerRotateCmd(a *app) *cobra.Command {
	var generateOnly bool
	cmd := &cobra.Command{
		Use:   "rotate NAME",
		Short: "replace a reader's keys, after a theft: the old ones open nothing more, grants must be made anew",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.rotateReader(cmd.Context(), args[0], generateOnly)
		},
	}
	cmd.Flags().BoolVar(&generateOnly, "generate-only", false, generateOnlyHelp)
	return cmd
}

func (a *app) rotateReader(ctx context.Context, name string, generateOnly bool) error {
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
	switch {
	case bytes.Equal(row.Keys.PreKey, p.preKey):
	case generateOnly:
		return a.unsigned(ctx, s, p.rotation(s.Address(), old.Reader))
	default:
		if keys.Version, err = a.rotate(ctx, s, p.rotation(s.Address(), old.Reader)); err != nil {
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

func (a *app) rotate(ctx context.Context, s *chain.Signer, msg *datarights.MsgRotateReader) (uint32, error) {
	res, err := a.submit(ctx, s, "", msg)
	if err != nil {
		return 0, err
	}
	var done datarights.MsgRotateReaderResponse
	if err := chain.MsgResponse(res, 0, &done); err != nil {
		return 0, err
	}
	return done.Version, nil
}

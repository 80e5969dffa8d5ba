package daemon

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/cpchain/cpchain/pkg/seal"
	provider "github.com/cpchain/cpchain/x/provider/types"
)

// nextSuffix marks a key that is to replace another once the chain names it.
const nextSuffix = ".next"

func (p *program) rotateCommand() *cobra.Command {
	var peer, box bool
	var flags sendFlags
	cmd := &cobra.Command{
		Use:   "rotate",
		Short: "replace the node's peer key, its seal key, or both",
		Long: `rotate makes new keys, has the chain name them, and then takes them into use; restart the node at once. Old keys stay in
the home under the height they were used until. A new peer key is a new peer id: bootstrap addresses with the old one end to
work. Grants accepted before stay served: what this node signs with a newer key counts as much.

Keys are written before anything is sent. After a crash run the same command again: it finishes what the chain knows.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return p.rotate(cmd, peer, box, flags) },
	}
	cmd.Flags().BoolVar(&peer, "peer", false, "replace the peer key (the node's identity; it signs receipts and answers)")
	cmd.Flags().BoolVar(&box, "seal", false, "replace the seal key (parcels are sealed to it)")
	flags.add(cmd)
	return cmd
}

func (p *program) rotate(cmd *cobra.Command, peer, box bool, flags sendFlags) error {
	if !peer && !box {
		return errors.New("say what to replace: --peer, --seal or both")
	}
	a, err := p.open(cmd)
	if err != nil {
		return err
	}
	row, err := a.row(cmd.Context())
	if err != nil {
		return err
	}
	msg, err := a.rotation(p.home, row, peer, box)
	if err != nil {
		return err
	}
	if len(msg.PeerKey)+len(msg.SealKey) > 0 { // else the chain has them already: a run before was cut off
		res, err := a.send(cmd, flags, sdk.NewInt64Coin(row.Bond.Denom, 0), msg)
		if res == nil || err != nil {
			return err
		}
	}
	if row, err = a.row(cmd.Context()); err != nil {
		return err
	}
	tip, err := a.chain.Tip(cmd.Context())
	if err != nil {
		return err
	}
	for name, replaced := range map[string]bool{peerFile: peer, sealFile: box} {
		if !replaced {
			continue
		}
		if err := takeOver(p.home, name, tip.Height); err != nil {
			return err
		}
	}
	return p.print(cmd, field{"provider", row.Id}, field{"peer_key_version", row.PeerKeyVersion}, field{"next", "restart the node"})
}

// rotation makes the keys that are to come, or reads those of a run that was cut off, and asks for what the row has not yet.
func (a *account) rotation(home string, row provider.Provider, peer, box bool) (*provider.MsgUpdate, error) {
	msg := &provider.MsgUpdate{Operator: row.Operator}
	if peer {
		seed, err := nextKey(home, peerFile)
		if err != nil {
			return nil, err
		}
		key := ed25519.NewKeyFromSeed(seed[:])
		if public := key.Public().(ed25519.PublicKey); !bytes.Equal(public, row.PeerKey) {
			msg.PeerKey, msg.PeerKeyProof = public, a.provePeer(key)
		}
	}
	if box {
		key, err := nextKey(home, sealFile)
		if err != nil {
			return nil, err
		}
		secret := seal.BoxSecret(key)
		if public := secret.Public(); !bytes.Equal(public[:], row.SealKey) {
			msg.SealKey = public[:]
			if msg.SealKeyProof, err = a.proveSeal(secret); err != nil {
				return nil, err
			}
		}
	}
	return msg, nil
}

// nextKey reads the key that is to replace another, or makes it. Both kinds of key are 32 random bytes.
func nextKey(home, name string) ([32]byte, error) {
	dir := filepath.Join(home, keysDir)
	key, err := readKey(dir, name+nextSuffix)
	if err == nil {
		return key, nil
	}
	if _, missing := os.Stat(filepath.Join(dir, name+nextSuffix)); !errors.Is(missing, os.ErrNotExist) {
		return key, err
	}
	if name == sealFile {
		key, err = seal.NewBox(rand.Reader)
	} else {
		_, err = rand.Read(key[:])
	}
	if err != nil {
		return key, err
	}
	return key, writeKey(dir, name+nextSuffix, key[:])
}

// takeOver puts a new key in the place of the old one, which is kept under the height it was used until.
func takeOver(home, name string, height int64) error {
	path := filepath.Join(home, keysDir, name)
	old := fmt.Sprintf("%s.until-%d", path, height)
	if err := os.Link(path, old); err != nil && !errors.Is(err, os.ErrExist) {
		return err
	}
	return os.Rename(path+nextSuffix, path)
}

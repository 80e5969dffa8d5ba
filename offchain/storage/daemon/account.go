package daemon

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/cpchain/cpchain/offchain/chain"
	"github.com/cpchain/cpchain/offchain/storage"
	provider "github.com/cpchain/cpchain/x/provider/types"
)

// account is a loaded home that can read the chain and sign as the operator.
type account struct {
	cfg    storage.Config
	keys   nodeKeys
	chain  *chain.Client
	signer *chain.Signer
}

// open loads a home and connects to the chain.
func (p *program) open(cmd *cobra.Command) (*account, error) {
	cfg, err := storage.Load(p.home)
	if err != nil {
		return nil, err
	}
	keys, err := loadKeys(p.home)
	if err != nil {
		return nil, err
	}
	ring, err := chain.OpenKeyring(p.home, cfg.Chain.KeyringBackend, cmd.InOrStdin())
	if err != nil {
		return nil, err
	}
	c, err := chain.Dial(cmd.Context(), cfg.Chain.Client(p.home))
	if err != nil {
		return nil, err
	}
	signer, err := chain.NewSigner(c, ring, cfg.Chain.Key)
	if err != nil {
		return nil, err
	}
	return &account{cfg: cfg, keys: keys, chain: c, signer: signer}, nil
}

// row is the operator's provider row.
func (a *account) row(ctx context.Context) (provider.Provider, error) {
	row, err := a.chain.ProviderByOperator(ctx, a.signer.Address())
	if errors.Is(err, chain.ErrNotFound) {
		return row, fmt.Errorf("operator %s is no provider on %s: run register first", a.signer.Address(), a.cfg.Chain.ID)
	}
	return row, err
}

// sendFlags are those of every command that signs.
type sendFlags struct{ yes, dryRun bool }

func (s *sendFlags) add(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&s.yes, "yes", false, "do not ask before sending")
	cmd.Flags().BoolVar(&s.dryRun, "dry-run", false, "print gas, fee and bond, and stop")
}

// send prints what a message costs, asks, sends and waits. It returns nil without a result for a dry run.
func (a *account) send(cmd *cobra.Command, flags sendFlags, bond sdk.Coin, msg sdk.Msg) (*chain.TxResult, error) {
	prepared, err := a.signer.Prepare(cmd.Context(), chain.TxOptions{}, msg)
	if err != nil {
		return nil, err
	}
	cmd.PrintErrf("gas %d, fee %s, bond %s\n", prepared.Gas, prepared.Fee, bond)
	if flags.dryRun {
		return nil, nil
	}
	if err := confirm(cmd, flags.yes); err != nil {
		return nil, err
	}
	if err := a.signer.Broadcast(cmd.Context(), prepared); err != nil {
		return nil, err
	}
	return a.chain.WaitTx(cmd.Context(), prepared.Hash)
}

package app

import (
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/x/auth/ante"

	ibcante "github.com/cosmos/ibc-go/v8/modules/core/ante"
)

// anteHandler is what every transaction passes before its messages run: cheap checks first, and nothing is written before it
// is paid for.
func (app *App) anteHandler() sdk.AnteHandler {
	return sdk.ChainAnteDecorators(
		// Limits gas to what the transaction declares and the block allows; outermost, since it recovers from running out.
		ante.NewSetUpContextDecorator(),
		// Refuses extension options: none is known.
		ante.NewExtensionOptionsDecorator(nil),
		// Refuses malformed transactions before anything is charged.
		ante.NewValidateBasicDecorator(),
		// Refuses a transaction whose last height or time has passed.
		ante.NewTxTimeoutHeightDecorator(),
		// Limits the memo.
		ante.NewValidateMemoDecorator(app.AccountKeeper),
		// Charges gas for every byte.
		ante.NewConsumeGasForTxSizeDecorator(app.AccountKeeper),
		// Takes the fee from the payer or by a fee grant; in CheckTx the node's own gas price is the floor.
		ante.NewDeductFeeDecorator(app.AccountKeeper, app.BankKeeper, app.FeeGrantKeeper, nil),
		// Keeps the public key that an account's first transaction tells; the signature checks below read it.
		ante.NewSetPubKeyDecorator(app.AccountKeeper),
		// Limits how many signatures one transaction makes us verify, members of multisignatures included.
		ante.NewValidateSigCountDecorator(app.AccountKeeper),
		// Charges gas by key type, before verifying.
		ante.NewSigGasConsumeDecorator(app.AccountKeeper, ante.DefaultSigVerificationGasConsumer),
		// Verifies signatures over this chain, this account and this sequence.
		ante.NewSigVerificationDecorator(app.AccountKeeper, app.txConfig.SignModeHandler()),
		// Raises the sequence, so that nothing is replayed.
		ante.NewIncrementSequenceDecorator(app.AccountKeeper),
		// Keeps transactions whose packets others have relayed already out of the mempool.
		ibcante.NewRedundantRelayDecorator(app.IBCKeeper),
	)
}

package app

import (
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/x/auth/ante"

	ibcante "github.com/cosmos/ibc-go/v8/modules/core/ante"
)

// anteHandler is what every transaction passes before its messages run.
func (app *App) anteHandler() sdk.AnteHandler {
	return sdk.ChainAnteDecorators(
		// sets the gas meter; outermost, since it recovers from running out of gas
		ante.NewSetUpContextDecorator(),
		// refuses extension options nobody here understands
		ante.NewExtensionOptionsDecorator(nil),
		// refuses malformed transactions before anything is charged
		ante.NewValidateBasicDecorator(),
		// a transaction with a timeout height is not included later
		ante.NewTxTimeoutHeightDecorator(),
		// memos have a length
		ante.NewValidateMemoDecorator(app.AccountKeeper),
		// every byte costs gas
		ante.NewConsumeGasForTxSizeDecorator(app.AccountKeeper),
		// the fee is paid by the signer or by a fee grant
		ante.NewDeductFeeDecorator(app.AccountKeeper, app.BankKeeper, app.FeeGrantKeeper, nil),
		// a first transaction tells the account's public key
		ante.NewSetPubKeyDecorator(app.AccountKeeper),
		// the number of signatures is bounded
		ante.NewValidateSigCountDecorator(app.AccountKeeper),
		// verifying costs gas by key type
		ante.NewSigGasConsumeDecorator(app.AccountKeeper, ante.DefaultSigVerificationGasConsumer),
		// signatures are over this chain, this account and this sequence
		ante.NewSigVerificationDecorator(app.AccountKeeper, app.txConfig.SignModeHandler()),
		// the next transaction needs the next sequence
		ante.NewIncrementSequenceDecorator(app.AccountKeeper),
		// relayed packets somebody else has relayed already cost nothing
		ibcante.NewRedundantRelayDecorator(app.IBCKeeper),
	)
}

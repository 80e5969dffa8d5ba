package app

import (
	"context"

	errorsmod "cosmossdk.io/errors"

	sdk "github.com/cosmos/cosmos-sdk/types"
	sdkerrors "github.com/cosmos/cosmos-sdk/types/errors"
	"github.com/cosmos/cosmos-sdk/x/auth/ante"

	ibcante "github.com/cosmos/ibc-go/v8/modules/core/ante"

	committeetypes "github.com/cpchain/cpchain/x/committee/types"
)

// anteHandler is what every transaction passes before its messages run: cheap checks first, and nothing is written before it
// is paid for. A candidate's draw pays nothing and passes a chain of its own.
func (app *App) anteHandler() sdk.AnteHandler {
	paid, draw := app.paidAnte(), app.drawAnte()
	return func(ctx sdk.Context, tx sdk.Tx, simulate bool) (sdk.Context, error) {
		if isDraw(tx) {
			return draw(ctx, tx, simulate)
		}
		return paid(ctx, tx, simulate)
	}
}

func (app *App) paidAnte() sdk.AnteHandler {
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

// drawAnte takes a candidate's draw without a fee. What it may cost the chain is bounded: one signature and one VRF proof are
// verified of whoever is a candidate's agent, and one draw for each candidate and term passes, in the mempool as in a block.
func (app *App) drawAnte() sdk.AnteHandler {
	return sdk.ChainAnteDecorators(
		ante.NewSetUpContextDecorator(),
		ante.NewExtensionOptionsDecorator(nil),
		// Refuses what is not exactly one draw, one agent, no fee, no memo and little gas, before anything is read.
		drawShape{},
		ante.NewValidateBasicDecorator(),
		ante.NewTxTimeoutHeightDecorator(),
		// Refuses who is nobody's agent, the wrong term and a closed window, all without cryptography.
		drawTurn{app.CommitteeKeeper},
		ante.NewConsumeGasForTxSizeDecorator(app.AccountKeeper),
		ante.NewSetPubKeyDecorator(app.AccountKeeper),
		ante.NewValidateSigCountDecorator(app.AccountKeeper),
		ante.NewSigGasConsumeDecorator(app.AccountKeeper, ante.DefaultSigVerificationGasConsumer),
		ante.NewSigVerificationDecorator(app.AccountKeeper, app.txConfig.SignModeHandler()),
		ante.NewIncrementSequenceDecorator(app.AccountKeeper),
		// Verifies the proof and stores the draw: last, since it is what nobody pays for.
		drawStore{app.CommitteeKeeper},
	)
}

// isDraw says whether a transaction claims to be a candidate's draw: any message of it is one.
func isDraw(tx sdk.Tx) bool {
	for _, msg := range tx.GetMsgs() {
		if _, ok := msg.(*committeetypes.MsgSubmitSortition); ok {
			return true
		}
	}
	return false
}

// drawShape refuses what a draw may not have.
type drawShape struct{}

// AnteHandle implements sdk.AnteDecorator.
func (drawShape) AnteHandle(ctx sdk.Context, tx sdk.Tx, simulate bool, next sdk.AnteHandler) (sdk.Context, error) {
	fee, ok := tx.(sdk.FeeTx)
	if !ok {
		return ctx, sdkerrors.ErrTxDecode.Wrap("a draw is a transaction with a fee field")
	}
	memo, ok := tx.(sdk.TxWithMemo)
	switch {
	case !ok || memo.GetMemo() != "":
		return ctx, committeetypes.ErrWrapped.Wrap("it has a memo")
	case len(tx.GetMsgs()) != 1:
		return ctx, committeetypes.ErrWrapped.Wrapf("it has %d messages", len(tx.GetMsgs()))
	case !fee.GetFee().IsZero() || len(fee.FeeGranter()) > 0:
		return ctx, committeetypes.ErrWrapped.Wrap("it names a fee or a granter")
	case !simulate && fee.GetGas() > committeetypes.DrawGas:
		return ctx, errorsmod.Wrapf(sdkerrors.ErrOutOfGas, "a draw may declare %d gas, not %d", committeetypes.DrawGas, fee.GetGas())
	}
	return next(ctx, tx, simulate)
}

// draws is what the ante chain asks of x/committee.
type draws interface {
	CheckTurn(ctx context.Context, msg *committeetypes.MsgSubmitSortition) error
	StoreSortition(ctx context.Context, msg *committeetypes.MsgSubmitSortition) error
}

type drawTurn struct{ draws }

// AnteHandle implements sdk.AnteDecorator.
func (d drawTurn) AnteHandle(ctx sdk.Context, tx sdk.Tx, simulate bool, next sdk.AnteHandler) (sdk.Context, error) {
	if err := d.CheckTurn(ctx, tx.GetMsgs()[0].(*committeetypes.MsgSubmitSortition)); err != nil {
		return ctx, err
	}
	return next(ctx, tx, simulate)
}

type drawStore struct{ draws }

// AnteHandle implements sdk.AnteDecorator.
func (d drawStore) AnteHandle(ctx sdk.Context, tx sdk.Tx, simulate bool, next sdk.AnteHandler) (sdk.Context, error) {
	if err := d.StoreSortition(ctx, tx.GetMsgs()[0].(*committeetypes.MsgSubmitSortition)); err != nil {
		return ctx, err
	}
	return next(ctx, tx, simulate)
}

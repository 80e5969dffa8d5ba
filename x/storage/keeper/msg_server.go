package keeper

import (
	"context"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/cpchain/cpchain/x/storage/types"
)

type msgServer struct{ k Keeper }

var _ types.MsgServer = msgServer{}

// NewMsgServer serves the module's transactions.
func NewMsgServer(k Keeper) types.MsgServer { return msgServer{k: k} }

// SetTerms implements types.MsgServer.
func (s msgServer) SetTerms(ctx context.Context, msg *types.MsgSetTerms) (*types.MsgSetTermsResponse, error) {
	return reply(&types.MsgSetTermsResponse{}, s.k.SetTerms(ctx, msg))
}

// Deposit implements types.MsgServer.
func (s msgServer) Deposit(ctx context.Context, msg *types.MsgDeposit) (*types.MsgDepositResponse, error) {
	return reply(&types.MsgDepositResponse{}, s.k.Deposit(ctx, msg))
}

// Withdraw implements types.MsgServer.
func (s msgServer) Withdraw(ctx context.Context, msg *types.MsgWithdraw) (*types.MsgWithdrawResponse, error) {
	return reply(&types.MsgWithdrawResponse{}, s.k.Withdraw(ctx, msg))
}

// Renew implements types.MsgServer.
func (s msgServer) Renew(ctx context.Context, msg *types.MsgRenew) (*types.MsgRenewResponse, error) {
	return reply(&types.MsgRenewResponse{}, s.k.Renew(ctx, msg))
}

// Prove implements types.MsgServer.
func (s msgServer) Prove(ctx context.Context, msg *types.MsgProve) (*types.MsgProveResponse, error) {
	paid, err := s.k.Prove(ctx, msg)
	return reply(&types.MsgProveResponse{Paid: paid}, err)
}

// Fill implements types.MsgServer.
func (s msgServer) Fill(ctx context.Context, msg *types.MsgFill) (*types.MsgFillResponse, error) {
	bounty, err := s.k.Fill(ctx, msg)
	return reply(&types.MsgFillResponse{Bounty: bounty}, err)
}

// Challenge implements types.MsgServer.
func (s msgServer) Challenge(ctx context.Context, msg *types.MsgChallenge) (*types.MsgChallengeResponse, error) {
	id, err := s.k.Challenge(ctx, msg)
	return reply(&types.MsgChallengeResponse{Id: id}, err)
}

// AnswerChallenge implements types.MsgServer.
func (s msgServer) AnswerChallenge(ctx context.Context, msg *types.MsgAnswerChallenge) (*types.MsgAnswerChallengeResponse, error) {
	return reply(&types.MsgAnswerChallengeResponse{}, s.k.AnswerChallenge(ctx, msg))
}

// Maintain implements types.MsgServer.
func (s msgServer) Maintain(ctx context.Context, msg *types.MsgMaintain) (*types.MsgMaintainResponse, error) {
	until, err := s.k.Maintain(ctx, msg)
	return reply(&types.MsgMaintainResponse{Until: until}, err)
}

// UpdateParams implements types.MsgServer.
func (s msgServer) UpdateParams(ctx context.Context, msg *types.MsgUpdateParams) (*types.MsgUpdateParamsResponse, error) {
	return reply(&types.MsgUpdateParamsResponse{}, s.k.UpdateParams(sdk.UnwrapSDKContext(ctx), msg))
}

// reply is a response, or the error alone.
func reply[T any](res *T, err error) (*T, error) {
	if err != nil {
		return nil, err
	}
	return res, nil
}

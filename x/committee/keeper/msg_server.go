package keeper

import (
	"context"

	sdk "github.com/cosmos/cosmos-sdk/types"
	sdkerrors "github.com/cosmos/cosmos-sdk/types/errors"

	"github.com/cpchain/cpchain/x/committee/types"
)

type msgServer struct{ k Keeper }

var _ types.MsgServer = msgServer{}

// NewMsgServer serves the module's transactions.
func NewMsgServer(k Keeper) types.MsgServer { return msgServer{k: k} }

func (s msgServer) operator(address string) (sdk.AccAddress, error) {
	bz, err := s.k.addresses.StringToBytes(address)
	if err != nil {
		return nil, sdkerrors.ErrInvalidAddress.Wrapf("operator %q: %v", address, err)
	}
	return bz, nil
}

// RegisterCandidate implements types.MsgServer.
func (s msgServer) RegisterCandidate(ctx context.Context, msg *types.MsgRegisterCandidate) (*types.MsgRegisterCandidateResponse, error) {
	operator, err := s.operator(msg.Operator)
	if err != nil {
		return nil, err
	}
	if err := msg.Validate(); err != nil {
		return nil, err
	}
	from, err := s.k.Register(ctx, operator, msg)
	return &types.MsgRegisterCandidateResponse{EligibleFrom: from}, err
}

// UpdateCandidate implements types.MsgServer.
func (s msgServer) UpdateCandidate(ctx context.Context, msg *types.MsgUpdateCandidate) (*types.MsgUpdateCandidateResponse, error) {
	operator, err := s.operator(msg.Operator)
	if err != nil {
		return nil, err
	}
	if err := msg.Validate(); err != nil {
		return nil, err
	}
	from, err := s.k.Update(ctx, operator, msg)
	return &types.MsgUpdateCandidateResponse{EligibleFrom: from}, err
}

// UnregisterCandidate implements types.MsgServer.
func (s msgServer) UnregisterCandidate(ctx context.Context, msg *types.MsgUnregisterCandidate) (*types.MsgUnregisterCandidateResponse, error) {
	operator, err := s.operator(msg.Operator)
	if err != nil {
		return nil, err
	}
	return &types.MsgUnregisterCandidateResponse{}, s.k.Unregister(ctx, operator)
}

// SubmitSortition implements types.MsgServer: the ante chain has done the work.
func (s msgServer) SubmitSortition(ctx context.Context, msg *types.MsgSubmitSortition) (*types.MsgSubmitSortitionResponse, error) {
	level, err := s.k.Submitted(ctx, msg)
	return &types.MsgSubmitSortitionResponse{Level: level}, err
}

// UpdateParams implements types.MsgServer.
func (s msgServer) UpdateParams(ctx context.Context, msg *types.MsgUpdateParams) (*types.MsgUpdateParamsResponse, error) {
	if msg.Authority != s.k.authority {
		return nil, types.ErrAuthority.Wrapf("%s, not %s", msg.Authority, s.k.authority)
	}
	if err := msg.Params.Validate(); err != nil {
		return nil, err
	}
	if err := s.k.params.Set(ctx, msg.Params); err != nil {
		return nil, err
	}
	return &types.MsgUpdateParamsResponse{}, s.k.recheckMembers(ctx)
}

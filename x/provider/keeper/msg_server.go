package keeper

import (
	"context"

	sdk "github.com/cosmos/cosmos-sdk/types"
	sdkerrors "github.com/cosmos/cosmos-sdk/types/errors"

	"github.com/cpchain/cpchain/x/provider/types"
)

type msgServer struct{ k Keeper }

var _ types.MsgServer = msgServer{}

// NewMsgServer serves the module's transactions.
func NewMsgServer(k Keeper) types.MsgServer { return msgServer{k: k} }

// operator decodes a signer's address.
func (s msgServer) operator(address string) (sdk.AccAddress, error) {
	bz, err := s.k.addresses.StringToBytes(address)
	if err != nil {
		return nil, sdkerrors.ErrInvalidAddress.Wrapf("operator %q: %v", address, err)
	}
	return bz, nil
}

// Register implements types.MsgServer.
func (s msgServer) Register(ctx context.Context, msg *types.MsgRegister) (*types.MsgRegisterResponse, error) {
	operator, err := s.operator(msg.Operator)
	if err != nil {
		return nil, err
	}
	id, err := s.k.Register(ctx, operator, msg)
	if err != nil {
		return nil, err
	}
	return &types.MsgRegisterResponse{Id: id}, nil
}

// Update implements types.MsgServer.
func (s msgServer) Update(ctx context.Context, msg *types.MsgUpdate) (*types.MsgUpdateResponse, error) {
	operator, err := s.operator(msg.Operator)
	if err != nil {
		return nil, err
	}
	return &types.MsgUpdateResponse{}, s.k.Update(ctx, operator, msg)
}

// Bond implements types.MsgServer.
func (s msgServer) Bond(ctx context.Context, msg *types.MsgBond) (*types.MsgBondResponse, error) {
	operator, err := s.operator(msg.Operator)
	if err != nil {
		return nil, err
	}
	return &types.MsgBondResponse{}, s.k.Bond(ctx, operator, msg.Amount)
}

// SetPaused implements types.MsgServer.
func (s msgServer) SetPaused(ctx context.Context, msg *types.MsgSetPaused) (*types.MsgSetPausedResponse, error) {
	operator, err := s.operator(msg.Operator)
	if err != nil {
		return nil, err
	}
	return &types.MsgSetPausedResponse{}, s.k.SetPaused(ctx, operator, msg.Paused)
}

// Leave implements types.MsgServer.
func (s msgServer) Leave(ctx context.Context, msg *types.MsgLeave) (*types.MsgLeaveResponse, error) {
	operator, err := s.operator(msg.Operator)
	if err != nil {
		return nil, err
	}
	unbondTime, err := s.k.Leave(ctx, operator)
	if err != nil {
		return nil, err
	}
	return &types.MsgLeaveResponse{UnbondTime: unbondTime}, nil
}

// UpdateParams implements types.MsgServer.
func (s msgServer) UpdateParams(ctx context.Context, msg *types.MsgUpdateParams) (*types.MsgUpdateParamsResponse, error) {
	if msg.Authority != s.k.authority {
		return nil, types.ErrAuthority.Wrapf("%s, not %s", msg.Authority, s.k.authority)
	}
	if err := msg.Params.Validate(); err != nil {
		return nil, err
	}
	return &types.MsgUpdateParamsResponse{}, s.k.params.Set(ctx, msg.Params)
}

package keeper

import (
	"context"

	"github.com/cpchain/cpchain/x/datarights/types"
)

// msgServer decodes the signer; the rules are the keeper's.
type msgServer struct{ k Keeper }

var _ types.MsgServer = msgServer{}

// NewMsgServer serves the module's transactions.
func NewMsgServer(k Keeper) types.MsgServer { return msgServer{k: k} }

// CreateStream implements types.MsgServer.
func (s msgServer) CreateStream(ctx context.Context, msg *types.MsgCreateStream) (*types.MsgCreateStreamResponse, error) {
	owner, err := s.k.account(msg.Owner)
	if err != nil {
		return nil, err
	}
	id, err := s.k.CreateStream(ctx, owner, msg)
	if err != nil {
		return nil, err
	}
	return &types.MsgCreateStreamResponse{Id: id}, nil
}

// UpdateStream implements types.MsgServer.
func (s msgServer) UpdateStream(ctx context.Context, msg *types.MsgUpdateStream) (*types.MsgUpdateStreamResponse, error) {
	owner, err := s.k.account(msg.Owner)
	if err != nil {
		return nil, err
	}
	if err := s.k.UpdateStream(ctx, owner, msg); err != nil {
		return nil, err
	}
	return &types.MsgUpdateStreamResponse{}, nil
}

// SetWriter implements types.MsgServer.
func (s msgServer) SetWriter(ctx context.Context, msg *types.MsgSetWriter) (*types.MsgSetWriterResponse, error) {
	owner, err := s.k.account(msg.Owner)
	if err != nil {
		return nil, err
	}
	epoch, err := s.k.SetWriter(ctx, owner, msg)
	if err != nil {
		return nil, err
	}
	return &types.MsgSetWriterResponse{WriterEpoch: epoch}, nil
}

// BumpWriter implements types.MsgServer.
func (s msgServer) BumpWriter(ctx context.Context, msg *types.MsgBumpWriter) (*types.MsgBumpWriterResponse, error) {
	writer, err := s.k.account(msg.Writer)
	if err != nil {
		return nil, err
	}
	epoch, err := s.k.BumpWriter(ctx, writer, msg)
	if err != nil {
		return nil, err
	}
	return &types.MsgBumpWriterResponse{WriterEpoch: epoch}, nil
}

// Rekey implements types.MsgServer.
func (s msgServer) Rekey(ctx context.Context, msg *types.MsgRekey) (*types.MsgRekeyResponse, error) {
	owner, err := s.k.account(msg.Owner)
	if err != nil {
		return nil, err
	}
	epoch, err := s.k.Rekey(ctx, owner, msg)
	if err != nil {
		return nil, err
	}
	return &types.MsgRekeyResponse{KeyEpoch: epoch}, nil
}

// Anchor implements types.MsgServer.
func (s msgServer) Anchor(ctx context.Context, msg *types.MsgAnchor) (*types.MsgAnchorResponse, error) {
	writer, err := s.k.account(msg.Writer)
	if err != nil {
		return nil, err
	}
	hash, err := s.k.Anchor(ctx, writer, msg)
	if err != nil {
		return nil, err
	}
	return &types.MsgAnchorResponse{Hash: hash}, nil
}

// Disclaim implements types.MsgServer.
func (s msgServer) Disclaim(ctx context.Context, msg *types.MsgDisclaim) (*types.MsgDisclaimResponse, error) {
	operator, err := s.k.account(msg.Operator)
	if err != nil {
		return nil, err
	}
	due, err := s.k.Disclaim(ctx, operator, msg)
	if err != nil {
		return nil, err
	}
	return &types.MsgDisclaimResponse{Due: due}, nil
}

// ShowReceipt implements types.MsgServer. Anybody may.
func (s msgServer) ShowReceipt(ctx context.Context, msg *types.MsgShowReceipt) (*types.MsgShowReceiptResponse, error) {
	slashed, err := s.k.ShowReceipt(ctx, msg)
	if err != nil {
		return nil, err
	}
	return &types.MsgShowReceiptResponse{Slashed: slashed}, nil
}

// RegisterReader implements types.MsgServer.
func (s msgServer) RegisterReader(ctx context.Context, msg *types.MsgRegisterReader) (*types.MsgRegisterReaderResponse, error) {
	owner, err := s.k.account(msg.Owner)
	if err != nil {
		return nil, err
	}
	id, err := s.k.RegisterReader(ctx, owner, msg)
	if err != nil {
		return nil, err
	}
	return &types.MsgRegisterReaderResponse{Id: id}, nil
}

// RotateReader implements types.MsgServer.
func (s msgServer) RotateReader(ctx context.Context, msg *types.MsgRotateReader) (*types.MsgRotateReaderResponse, error) {
	owner, err := s.k.account(msg.Owner)
	if err != nil {
		return nil, err
	}
	version, err := s.k.RotateReader(ctx, owner, msg)
	if err != nil {
		return nil, err
	}
	return &types.MsgRotateReaderResponse{Version: version}, nil
}

// Grant implements types.MsgServer.
func (s msgServer) Grant(ctx context.Context, msg *types.MsgGrant) (*types.MsgGrantResponse, error) {
	owner, err := s.k.account(msg.Owner)
	if err != nil {
		return nil, err
	}
	id, err := s.k.Grant(ctx, owner, msg)
	if err != nil {
		return nil, err
	}
	return &types.MsgGrantResponse{Id: id}, nil
}

// Regrant implements types.MsgServer.
func (s msgServer) Regrant(ctx context.Context, msg *types.MsgRegrant) (*types.MsgRegrantResponse, error) {
	owner, err := s.k.account(msg.Owner)
	if err != nil {
		return nil, err
	}
	asked, err := s.k.Regrant(ctx, owner, msg)
	if err != nil {
		return nil, err
	}
	return &types.MsgRegrantResponse{Asked: asked}, nil
}

// AcceptGrant implements types.MsgServer.
func (s msgServer) AcceptGrant(ctx context.Context, msg *types.MsgAcceptGrant) (*types.MsgAcceptGrantResponse, error) {
	operator, err := s.k.account(msg.Operator)
	if err != nil {
		return nil, err
	}
	if err := s.k.Accept(ctx, operator, msg); err != nil {
		return nil, err
	}
	return &types.MsgAcceptGrantResponse{}, nil
}

// RefuseGrant implements types.MsgServer.
func (s msgServer) RefuseGrant(ctx context.Context, msg *types.MsgRefuseGrant) (*types.MsgRefuseGrantResponse, error) {
	operator, err := s.k.account(msg.Operator)
	if err != nil {
		return nil, err
	}
	if err := s.k.Refuse(ctx, operator, msg); err != nil {
		return nil, err
	}
	return &types.MsgRefuseGrantResponse{}, nil
}

// DeleteStream implements types.MsgServer.
func (s msgServer) DeleteStream(ctx context.Context, msg *types.MsgDeleteStream) (*types.MsgDeleteStreamResponse, error) {
	owner, err := s.k.account(msg.Owner)
	if err != nil {
		return nil, err
	}
	if err := s.k.DeleteStream(ctx, owner, msg.Stream); err != nil {
		return nil, err
	}
	return &types.MsgDeleteStreamResponse{}, nil
}

// RevokeGrant implements types.MsgServer.
func (s msgServer) RevokeGrant(ctx context.Context, msg *types.MsgRevokeGrant) (*types.MsgRevokeGrantResponse, error) {
	owner, err := s.k.account(msg.Owner)
	if err != nil {
		return nil, err
	}
	if err := s.k.Revoke(ctx, owner, msg); err != nil {
		return nil, err
	}
	return &types.MsgRevokeGrantResponse{}, nil
}

// DisputeFragment implements types.MsgServer. Anybody may show the evidence.
func (s msgServer) DisputeFragment(ctx context.Context, msg *types.MsgDisputeFragment) (*types.MsgDisputeFragmentResponse, error) {
	slashed, err := s.k.Dispute(ctx, msg)
	if err != nil {
		return nil, err
	}
	return &types.MsgDisputeFragmentResponse{Slashed: slashed}, nil
}

// DemandFragment implements types.MsgServer.
func (s msgServer) DemandFragment(ctx context.Context, msg *types.MsgDemandFragment) (*types.MsgDemandFragmentResponse, error) {
	demander, err := s.k.account(msg.Demander)
	if err != nil {
		return nil, err
	}
	id, err := s.k.DemandFragment(ctx, demander, msg)
	if err != nil {
		return nil, err
	}
	return &types.MsgDemandFragmentResponse{Id: id}, nil
}

// AnswerDemand implements types.MsgServer.
func (s msgServer) AnswerDemand(ctx context.Context, msg *types.MsgAnswerDemand) (*types.MsgAnswerDemandResponse, error) {
	operator, err := s.k.account(msg.Operator)
	if err != nil {
		return nil, err
	}
	slashed, err := s.k.AnswerDemand(ctx, operator, msg)
	if err != nil {
		return nil, err
	}
	return &types.MsgAnswerDemandResponse{Slashed: slashed}, nil
}

// RefuteDemand implements types.MsgServer.
func (s msgServer) RefuteDemand(ctx context.Context, msg *types.MsgRefuteDemand) (*types.MsgRefuteDemandResponse, error) {
	operator, err := s.k.account(msg.Operator)
	if err != nil {
		return nil, err
	}
	if err := s.k.RefuteDemand(ctx, operator, msg); err != nil {
		return nil, err
	}
	return &types.MsgRefuteDemandResponse{}, nil
}

// DemandCapsule implements types.MsgServer.
func (s msgServer) DemandCapsule(ctx context.Context, msg *types.MsgDemandCapsule) (*types.MsgDemandCapsuleResponse, error) {
	demander, err := s.k.account(msg.Demander)
	if err != nil {
		return nil, err
	}
	id, err := s.k.DemandCapsule(ctx, demander, msg)
	if err != nil {
		return nil, err
	}
	return &types.MsgDemandCapsuleResponse{Id: id}, nil
}

// AnswerCapsule implements types.MsgServer.
func (s msgServer) AnswerCapsule(ctx context.Context, msg *types.MsgAnswerCapsule) (*types.MsgAnswerCapsuleResponse, error) {
	sender, err := s.k.account(msg.Sender)
	if err != nil {
		return nil, err
	}
	if err := s.k.AnswerCapsule(ctx, sender, msg); err != nil {
		return nil, err
	}
	return &types.MsgAnswerCapsuleResponse{}, nil
}

// HandOver implements types.MsgServer.
func (s msgServer) HandOver(ctx context.Context, msg *types.MsgHandOver) (*types.MsgHandOverResponse, error) {
	operator, err := s.k.account(msg.Operator)
	if err != nil {
		return nil, err
	}
	if err := s.k.HandOver(ctx, operator, msg); err != nil {
		return nil, err
	}
	return &types.MsgHandOverResponse{}, nil
}

// TakeOver implements types.MsgServer.
func (s msgServer) TakeOver(ctx context.Context, msg *types.MsgTakeOver) (*types.MsgTakeOverResponse, error) {
	operator, err := s.k.account(msg.Operator)
	if err != nil {
		return nil, err
	}
	if err := s.k.TakeOver(ctx, operator, msg); err != nil {
		return nil, err
	}
	return &types.MsgTakeOverResponse{}, nil
}

// DeclineHandOver implements types.MsgServer.
func (s msgServer) DeclineHandOver(ctx context.Context, msg *types.MsgDeclineHandOver) (*types.MsgDeclineHandOverResponse, error) {
	operator, err := s.k.account(msg.Operator)
	if err != nil {
		return nil, err
	}
	if err := s.k.DeclineHandOver(ctx, operator, msg); err != nil {
		return nil, err
	}
	return &types.MsgDeclineHandOverResponse{}, nil
}

// UpdateParams implements types.MsgServer.
func (s msgServer) UpdateParams(ctx context.Context, msg *types.MsgUpdateParams) (*types.MsgUpdateParamsResponse, error) {
	if err := s.k.SetParams(ctx, msg.Authority, msg.Params); err != nil {
		return nil, err
	}
	return &types.MsgUpdateParamsResponse{}, nil
}

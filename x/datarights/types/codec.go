package types

import (
	"github.com/cosmos/cosmos-sdk/codec"
	"github.com/cosmos/cosmos-sdk/codec/legacy"
	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/msgservice"
)

// RegisterInterfaces makes the module's messages known.
func RegisterInterfaces(registry codectypes.InterfaceRegistry) {
	registry.RegisterImplementations((*sdk.Msg)(nil),
		&MsgCreateStream{}, &MsgUpdateStream{}, &MsgSetWriter{}, &MsgBumpWriter{}, &MsgRekey{}, &MsgAnchor{}, &MsgDisclaim{}, &MsgShowReceipt{},
		&MsgRegisterReader{}, &MsgRotateReader{}, &MsgGrant{}, &MsgRegrant{}, &MsgAcceptGrant{}, &MsgRefuseGrant{}, &MsgRevokeGrant{}, &MsgDeleteStream{},
		&MsgDisputeFragment{}, &MsgDemandFragment{}, &MsgAnswerDemand{}, &MsgRefuteDemand{}, &MsgDemandCapsule{}, &MsgAnswerCapsule{},
		&MsgHandOver{}, &MsgTakeOver{}, &MsgDeclineHandOver{}, &MsgUpdateParams{})
	msgservice.RegisterMsgServiceDesc(registry, &_Msg_serviceDesc)
}

// RegisterLegacyAminoCodec makes the messages signable by hardware wallets.
func RegisterLegacyAminoCodec(cdc *codec.LegacyAmino) {
	legacy.RegisterAminoMsg(cdc, &MsgCreateStream{}, "cpchain/MsgCreateStream")
	legacy.RegisterAminoMsg(cdc, &MsgUpdateStream{}, "cpchain/MsgUpdateStream")
	legacy.RegisterAminoMsg(cdc, &MsgSetWriter{}, "cpchain/MsgSetWriter")
	legacy.RegisterAminoMsg(cdc, &MsgBumpWriter{}, "cpchain/MsgBumpWriter")
	legacy.RegisterAminoMsg(cdc, &MsgRekey{}, "cpchain/MsgRekey")
	legacy.RegisterAminoMsg(cdc, &MsgAnchor{}, "cpchain/MsgAnchor")
	legacy.RegisterAminoMsg(cdc, &MsgRegisterReader{}, "cpchain/MsgRegisterReader")
	legacy.RegisterAminoMsg(cdc, &MsgRotateReader{}, "cpchain/MsgRotateReader")
	legacy.RegisterAminoMsg(cdc, &MsgGrant{}, "cpchain/MsgGrant")
	legacy.RegisterAminoMsg(cdc, &MsgAcceptGrant{}, "cpchain/MsgAcceptGrant")
	legacy.RegisterAminoMsg(cdc, &MsgRefuseGrant{}, "cpchain/MsgRefuseGrant")
	legacy.RegisterAminoMsg(cdc, &MsgDisclaim{}, "cpchain/MsgDisclaim")
	legacy.RegisterAminoMsg(cdc, &MsgShowReceipt{}, "cpchain/MsgShowReceipt")
	legacy.RegisterAminoMsg(cdc, &MsgRegrant{}, "cpchain/MsgRegrant")
	legacy.RegisterAminoMsg(cdc, &MsgRevokeGrant{}, "cpchain/MsgRevokeGrant")
	legacy.RegisterAminoMsg(cdc, &MsgDeleteStream{}, "cpchain/MsgDeleteStream")
	legacy.RegisterAminoMsg(cdc, &MsgDisputeFragment{}, "cpchain/MsgDisputeFragment")
	legacy.RegisterAminoMsg(cdc, &MsgDemandFragment{}, "cpchain/MsgDemandFragment")
	legacy.RegisterAminoMsg(cdc, &MsgAnswerDemand{}, "cpchain/MsgAnswerDemand")
	legacy.RegisterAminoMsg(cdc, &MsgRefuteDemand{}, "cpchain/MsgRefuteDemand")
	legacy.RegisterAminoMsg(cdc, &MsgDemandCapsule{}, "cpchain/MsgDemandCapsule")
	legacy.RegisterAminoMsg(cdc, &MsgAnswerCapsule{}, "cpchain/MsgAnswerCapsule")
	legacy.RegisterAminoMsg(cdc, &MsgHandOver{}, "cpchain/MsgHandOver")
	legacy.RegisterAminoMsg(cdc, &MsgTakeOver{}, "cpchain/MsgTakeOver")
	legacy.RegisterAminoMsg(cdc, &MsgDeclineHandOver{}, "cpchain/MsgDeclineHandOver")
	legacy.RegisterAminoMsg(cdc, &MsgUpdateParams{}, "cpchain/x/datarights/MsgUpdateParams")
}

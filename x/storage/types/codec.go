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
		&MsgSetTerms{}, &MsgDeposit{}, &MsgWithdraw{}, &MsgRenew{}, &MsgProve{}, &MsgFill{}, &MsgChallenge{}, &MsgAnswerChallenge{},
		&MsgMaintain{}, &MsgUpdateParams{})
	msgservice.RegisterMsgServiceDesc(registry, &_Msg_serviceDesc)
}

// RegisterLegacyAminoCodec makes the messages signable by hardware wallets.
func RegisterLegacyAminoCodec(cdc *codec.LegacyAmino) {
	legacy.RegisterAminoMsg(cdc, &MsgSetTerms{}, "cpchain/MsgSetStorageTerms")
	legacy.RegisterAminoMsg(cdc, &MsgDeposit{}, "cpchain/MsgDepositForStorage")
	legacy.RegisterAminoMsg(cdc, &MsgWithdraw{}, "cpchain/MsgWithdrawFromStorage")
	legacy.RegisterAminoMsg(cdc, &MsgRenew{}, "cpchain/MsgRenewDeals")
	legacy.RegisterAminoMsg(cdc, &MsgProve{}, "cpchain/MsgProvePossession")
	legacy.RegisterAminoMsg(cdc, &MsgFill{}, "cpchain/MsgFillSlots")
	legacy.RegisterAminoMsg(cdc, &MsgChallenge{}, "cpchain/MsgChallengeHolder")
	legacy.RegisterAminoMsg(cdc, &MsgAnswerChallenge{}, "cpchain/MsgAnswerChallenge")
	legacy.RegisterAminoMsg(cdc, &MsgMaintain{}, "cpchain/MsgMaintain")
	legacy.RegisterAminoMsg(cdc, &MsgUpdateParams{}, "cpchain/x/storage/MsgUpdateParams")
}

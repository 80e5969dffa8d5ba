package chain

import (
	"github.com/cosmos/gogoproto/proto"

	"cosmossdk.io/x/feegrant"
	"cosmossdk.io/x/tx/signing"

	"github.com/cosmos/cosmos-sdk/client"
	"github.com/cosmos/cosmos-sdk/codec"
	"github.com/cosmos/cosmos-sdk/codec/address"
	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	"github.com/cosmos/cosmos-sdk/std"
	authtx "github.com/cosmos/cosmos-sdk/x/auth/tx"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	vestingtypes "github.com/cosmos/cosmos-sdk/x/auth/vesting/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"

	datarights "github.com/cpchain/cpchain/x/datarights/types"
	provider "github.com/cpchain/cpchain/x/provider/types"
	storage "github.com/cpchain/cpchain/x/storage/types"
)

// AccountPrefix is the bech32 prefix of accounts.
const AccountPrefix = "cpc"

// newCodec knows the messages and accounts off-chain programs use; importing the application would link a whole node.
func newCodec() (codec.Codec, client.TxConfig) {
	registry, err := codectypes.NewInterfaceRegistryWithOptions(codectypes.InterfaceRegistryOptions{
		ProtoFiles: proto.HybridResolver,
		SigningOptions: signing.Options{
			AddressCodec:          address.NewBech32Codec(AccountPrefix),
			ValidatorAddressCodec: address.NewBech32Codec(AccountPrefix + "valoper"),
		},
	})
	if err != nil {
		panic(err) // constant input: only a broken build gets here
	}
	std.RegisterInterfaces(registry)
	authtypes.RegisterInterfaces(registry)
	vestingtypes.RegisterInterfaces(registry)
	banktypes.RegisterInterfaces(registry)
	feegrant.RegisterInterfaces(registry)
	datarights.RegisterInterfaces(registry)
	provider.RegisterInterfaces(registry)
	storage.RegisterInterfaces(registry)
	cdc := codec.NewProtoCodec(registry)
	return cdc, authtx.NewTxConfig(cdc, authtx.DefaultSignModes)
}

func codectypesUnpack(cdc codec.Codec, msg proto.Message) error {
	return codectypes.UnpackInterfaces(msg, cdc.InterfaceRegistry())
}

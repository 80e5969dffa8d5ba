package keeper

import (
	"context"

	"github.com/cometbft/cometbft/crypto/tmhash"
	"github.com/cosmos/gogoproto/proto"

	"github.com/cosmos/cosmos-sdk/crypto/keys/ed25519"
	sdk "github.com/cosmos/cosmos-sdk/types"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"

	"github.com/cpchain/cpchain/x/committee/types"
)

// text is an account as people write it.
func (k Keeper) text(account []byte) string {
	s, err := k.addresses.BytesToString(account)
	if err != nil {
		panic(err) // only an empty address has no text, and none is stored
	}
	return s
}

// account of an address that was checked when it was stored.
func (k Keeper) account(text string) sdk.AccAddress {
	bz, err := k.addresses.StringToBytes(text)
	if err != nil {
		panic(err)
	}
	return bz
}

// consensusKey of a validator: 32 bytes of ed25519. Errors: ErrConsensus for another type of key.
func consensusKey(v stakingtypes.Validator) ([]byte, error) {
	key, err := v.ConsPubKey()
	if err != nil {
		return nil, types.ErrConsensus.Wrap(err.Error())
	}
	ed, ok := key.(*ed25519.PubKey)
	if !ok {
		return nil, types.ErrConsensus.Wrapf("it is of type %s: the committee takes ed25519", key.Type())
	}
	return ed.Key, nil
}

// consAddress of a consensus key, 20 bytes.
func consAddress(key []byte) sdk.ConsAddress { return tmhash.SumTruncated(key) }

// emit sends a typed event.
func emit(ctx context.Context, event proto.Message) error {
	return sdk.UnwrapSDKContext(ctx).EventManager().EmitTypedEvent(event)
}

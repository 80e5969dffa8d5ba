package app

import (
	"bytes"
	"fmt"

	sdk "github.com/cosmos/cosmos-sdk/types"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"

	committeetypes "github.com/cpchain/cpchain/x/committee/types"
)

// genesisMessages says what a genesis transaction may hold: one message that makes a validator and, behind it, at most one that
// makes it a candidate for the committee.
func genesisMessages(msgs []sdk.Msg) error {
	if len(msgs) == 0 || len(msgs) > 2 {
		return fmt.Errorf("a genesis transaction has one MsgCreateValidator and at most one MsgRegisterCandidate, not %d messages", len(msgs))
	}
	create, ok := msgs[0].(*stakingtypes.MsgCreateValidator)
	if !ok {
		return fmt.Errorf("the first message of a genesis transaction is MsgCreateValidator, not %T", msgs[0])
	}
	if len(msgs) == 1 {
		return nil
	}
	register, ok := msgs[1].(*committeetypes.MsgRegisterCandidate)
	if !ok {
		return fmt.Errorf("the second message of a genesis transaction is MsgRegisterCandidate, not %T", msgs[1])
	}
	validator, err := sdk.ValAddressFromBech32(create.ValidatorAddress)
	if err != nil {
		return fmt.Errorf("genesis transaction: %w", err)
	}
	operator, err := sdk.AccAddressFromBech32(register.Operator)
	if err != nil {
		return fmt.Errorf("genesis transaction: %w", err)
	}
	if !bytes.Equal(validator, operator) {
		return fmt.Errorf("the genesis transaction makes validator %s and registers %s: both must be one operator's", validator, operator)
	}
	return register.Validate()
}

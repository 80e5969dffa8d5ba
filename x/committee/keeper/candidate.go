package keeper

import (
	"context"
	"errors"

	"cosmossdk.io/collections"
	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"

	"github.com/cpchain/cpchain/x/committee/types"
)

// vrfFreezeBlocks is for how long after a member left its proposals may still come, and with them its key.
const vrfFreezeBlocks = 3

// Candidate of an operator. Errors: ErrNotFound.
func (k Keeper) Candidate(ctx context.Context, operator sdk.AccAddress) (types.Candidate, error) {
	c, err := k.candidates.Get(ctx, operator)
	if errors.Is(err, collections.ErrNotFound) {
		return types.Candidate{}, types.ErrNotFound.Wrapf("operator %s: register with cpchaind tx committee register", k.text(operator))
	}
	return c, err
}

// Register makes the operator's validator a candidate, and says from which term on it draws.
func (k Keeper) Register(ctx context.Context, operator sdk.AccAddress, msg *types.MsgRegisterCandidate) (uint64, error) {
	has, err := k.candidates.Has(ctx, operator)
	if err != nil {
		return 0, err
	}
	if has {
		return 0, types.ErrExists.Wrapf("%s: change it with update-candidate", msg.Operator)
	}
	validator, err := k.eligibleValidator(ctx, operator)
	if err != nil {
		return 0, err
	}
	key, err := consensusKey(validator)
	if err != nil {
		return 0, err
	}
	chainID := sdk.UnwrapSDKContext(ctx).ChainID()
	if err := types.CheckConsensusProof(chainID, msg.Operator, key, msg.ConsensusKeyProof); err != nil {
		return 0, err
	}
	c := types.Candidate{
		Operator: msg.Operator, ConsensusKey: key, Address: msg.Address,
		RegisteredHeight: sdk.UnwrapSDKContext(ctx).BlockHeight(),
	}
	if err := k.setKeys(ctx, &c, msg.VrfKey, msg.VrfKeyProof, msg.NodeKey, msg.NodeKeyProof, msg.Agent); err != nil {
		return 0, err
	}
	if err := k.roomForOne(ctx); err != nil {
		return 0, err
	}
	if c.EligibleFrom, err = k.nextEligible(ctx); err != nil {
		return 0, err
	}
	return c.EligibleFrom, k.saveCandidate(ctx, operator, c)
}

// Update replaces what is set. A new VRF key draws from the second term after it on, as a new candidate does: whoever changed the
// key after the term's input is known would pick the best of many.
func (k Keeper) Update(ctx context.Context, operator sdk.AccAddress, msg *types.MsgUpdateCandidate) (uint64, error) {
	c, err := k.Candidate(ctx, operator)
	if err != nil {
		return 0, err
	}
	old := c
	if msg.Address != "" {
		c.Address = msg.Address
	}
	if err := k.setKeys(ctx, &c, msg.VrfKey, msg.VrfKeyProof, msg.NodeKey, msg.NodeKeyProof, msg.Agent); err != nil {
		return 0, err
	}
	if c.Equal(old) {
		return 0, types.ErrUnchanged.Wrap("the candidate has these values already")
	}
	if string(c.VrfKey) != string(old.VrfKey) {
		if err := k.vrfKeyFree(ctx, c); err != nil {
			return 0, err
		}
		if c.EligibleFrom, err = k.nextEligible(ctx); err != nil {
			return 0, err
		}
	}
	return c.EligibleFrom, k.saveCandidate(ctx, operator, c)
}

// Unregister ends a candidacy. The seat goes at the end of this block.
func (k Keeper) Unregister(ctx context.Context, operator sdk.AccAddress) error {
	c, err := k.Candidate(ctx, operator)
	if err != nil {
		return err
	}
	if err := k.candidates.Remove(ctx, operator); err != nil {
		return err
	}
	if err := k.recheckMembers(ctx); err != nil {
		return err
	}
	return emit(ctx, &types.EventUnregistered{Operator: c.Operator})
}

// setKeys checks and takes over the keys that are given.
func (k Keeper) setKeys(ctx context.Context, c *types.Candidate, vrfKey, vrfProof, nodeKey, nodeProof []byte, agent string) error {
	chainID := sdk.UnwrapSDKContext(ctx).ChainID()
	fresh := c.VrfKey == nil
	if fresh || len(vrfKey) > 0 {
		if err := types.CheckVRFProof(chainID, c.Operator, vrfKey, vrfProof); err != nil {
			return err
		}
		c.VrfKey = vrfKey
	}
	if fresh || len(nodeKey) > 0 {
		id, err := types.CheckNodeProof(chainID, c.Operator, nodeKey, nodeProof)
		if err != nil {
			return err
		}
		c.NodeId = id
	}
	if fresh || agent != "" {
		if err := k.makeAgent(ctx, agent); err != nil {
			return err
		}
		c.Agent = agent
	}
	return nil
}

// makeAgent makes the agent's account, so that it can sign without anybody sending it coins first.
func (k Keeper) makeAgent(ctx context.Context, agent string) error {
	address, err := k.addresses.StringToBytes(agent)
	if err != nil {
		return types.ErrAgent.Wrapf("agent %q: %v", agent, err)
	}
	if k.accounts.GetAccount(ctx, address) == nil {
		k.accounts.SetAccount(ctx, k.accounts.NewAccountWithAddress(ctx, address))
	}
	return nil
}

func (k Keeper) saveCandidate(ctx context.Context, operator sdk.AccAddress, c types.Candidate) error {
	err := k.candidates.Set(ctx, operator, c)
	if errors.Is(err, collections.ErrConflict) {
		return types.ErrTaken.Wrap("VRF key, node id and agent must be this candidate's own")
	}
	if err != nil {
		return err
	}
	return emit(ctx, &types.EventRegistered{Operator: c.Operator, EligibleFrom: c.EligibleFrom})
}

// eligibleValidator finds the operator's validator, which must not be jailed or about to leave, and bonded enough of its own.
func (k Keeper) eligibleValidator(ctx context.Context, operator sdk.AccAddress) (stakingtypes.Validator, error) {
	validator, err := k.staking.GetValidator(ctx, sdk.ValAddress(operator))
	if err != nil {
		return validator, types.ErrValidator.Wrapf("%v: make one with cpchaind tx staking create-validator first", err)
	}
	if validator.IsJailed() {
		return validator, types.ErrValidator.Wrap("it is jailed: unjail it first")
	}
	params, err := k.params.Get(ctx)
	if err != nil {
		return validator, err
	}
	own, err := k.selfBond(ctx, operator, validator)
	if err != nil {
		return validator, err
	}
	if own.LT(params.SelfBondMinUcpc) {
		return validator, types.ErrSelfBond.Wrapf("%s ucpc, at least %s: delegate to your own validator", own, params.SelfBondMinUcpc)
	}
	return validator, nil
}

// selfBond is what an operator has bonded with its own validator, in ucpc, rounded down.
func (k Keeper) selfBond(ctx context.Context, operator sdk.AccAddress, validator stakingtypes.Validator) (math.Int, error) {
	delegation, err := k.staking.GetDelegation(ctx, operator, sdk.ValAddress(operator))
	if errors.Is(err, stakingtypes.ErrNoDelegation) {
		return math.ZeroInt(), nil
	}
	if err != nil {
		return math.Int{}, err
	}
	return validator.TokensFromSharesTruncated(delegation.Shares).TruncateInt(), nil
}

func (k Keeper) roomForOne(ctx context.Context) error {
	params, err := k.params.Get(ctx)
	if err != nil {
		return err
	}
	known := uint32(0)
	err = k.candidates.Walk(ctx, nil, func([]byte, types.Candidate) (bool, error) {
		known++
		return known == params.MaxCandidates, nil
	})
	if err != nil {
		return err
	}
	if known == params.MaxCandidates {
		return types.ErrFull.Wrapf("%d", params.MaxCandidates)
	}
	return nil
}

// nextEligible is the first term whose snapshot is not taken yet, but for one more: the term after the next.
func (k Keeper) nextEligible(ctx context.Context) (uint64, error) {
	term, err := k.term.Get(ctx)
	if errors.Is(err, collections.ErrNotFound) {
		return 1, nil // a genesis transaction: in time for the first snapshot
	}
	return term.Number + 2, err
}

// vrfKeyFree refuses a new VRF key while proofs under the old one may come. Errors: ErrFrozen.
func (k Keeper) vrfKeyFree(ctx context.Context, c types.Candidate) error {
	committee, err := k.committee.Get(ctx)
	if err != nil {
		return err
	}
	for _, s := range committee.Seats {
		if s.Operator == c.Operator {
			return types.ErrFrozen.Wrap("the candidate sits in the committee: change the key after its seat has gone")
		}
	}
	former, err := k.former.Get(ctx, consAddress(c.ConsensusKey))
	if err == nil {
		return types.ErrFrozen.Wrapf("the candidate has just left the committee: try after height %d", former.Until)
	}
	if errors.Is(err, collections.ErrNotFound) {
		return nil
	}
	return err
}

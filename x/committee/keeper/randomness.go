package keeper

import (
	"bytes"
	"context"
	"errors"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/cpchain/cpchain/pkg/election"
	"github.com/cpchain/cpchain/pkg/vrf"
	"github.com/cpchain/cpchain/x/committee/types"
)

// prunedPerBlock bounds how many rows of each history go in a block: more than come, so that histories shrink to their params.
const prunedPerBlock = 20

// newestRandomness is the value of the last block that was mixed.
func (k Keeper) newestRandomness(ctx context.Context) (election.Randomness, error) {
	newest, err := k.randomness.Iterate(ctx, new(collections.Range[uint64]).Descending())
	if err != nil {
		return election.Randomness{}, err
	}
	defer newest.Close()
	if !newest.Valid() {
		return election.Randomness{}, types.ErrGenesis.Wrap("the randomness chain has no value")
	}
	row, err := newest.Value()
	if err != nil {
		return election.Randomness{}, err
	}
	return election.Randomness(row.Value), nil
}

// Seed is the randomness that whoever draws in this block may use: the value this block's proposer has just mixed. It implements
// the port of x/provider.
func (k Keeper) Seed(ctx context.Context) ([]byte, error) {
	r, err := k.newestRandomness(ctx)
	return r[:], err
}

// BlockInput is what the proposer of a height proves its VRF output at.
func (k Keeper) BlockInput(ctx context.Context, height int64) ([]byte, error) {
	previous, err := k.newestRandomness(ctx)
	if err != nil {
		return nil, err
	}
	return election.BlockInput(sdk.UnwrapSDKContext(ctx).ChainID(), height, previous), nil
}

// ProposerKey is the VRF key of a member, or of one that has just left; false where the proposer is neither, or no candidate.
func (k Keeper) ProposerKey(ctx context.Context, proposer sdk.ConsAddress) (vrf.PublicKey, bool, error) {
	_, key, err := k.proposer(ctx, proposer)
	if err != nil || len(key) != vrf.PublicKeySize {
		return vrf.PublicKey{}, false, err
	}
	return vrf.PublicKey(key), true, nil
}

// proposer finds the operator and VRF key behind a consensus address; both are empty where it is nobody's.
func (k Keeper) proposer(ctx context.Context, address sdk.ConsAddress) (string, []byte, error) {
	committee, err := k.committee.Get(ctx)
	if err != nil {
		return "", nil, err
	}
	for _, s := range committee.Seats {
		if s.Operator != "" && bytes.Equal(consAddress(s.ConsensusKey), address) {
			return s.Operator, s.VrfKey, nil
		}
	}
	former, err := k.former.Get(ctx, address)
	if errors.Is(err, collections.ErrNotFound) {
		return "", nil, nil
	}
	return former.Operator, former.VrfKey, err
}

// Mix takes the proposer's randomness into the chain of values. Without a proof, or with one that does not verify, the block
// mixes in that it was skipped, which a known proposer pays for in reputation at the term's end. No proposer can cause an error.
func (k Keeper) Mix(ctx context.Context, proposer sdk.ConsAddress, proof []byte) error {
	c := sdk.UnwrapSDKContext(ctx)
	previous, err := k.newestRandomness(ctx)
	if err != nil {
		return err
	}
	operator, key, err := k.proposer(ctx, proposer)
	if err != nil {
		return err
	}
	row := types.Randomness{Skipped: true}
	next := previous.Skip()
	if output, ok := verified(key, election.BlockInput(c.ChainID(), c.BlockHeight(), previous), proof); ok {
		next, row.Skipped = previous.Mix(output[:]), false
	}
	row.Value = next[:]
	if err := k.randomness.Set(ctx, at(c.BlockHeight()), row); err != nil {
		return err
	}
	if operator != "" && len(key) > 0 {
		if err := k.countProposal(ctx, operator, proposer, row.Skipped); err != nil {
			return err
		}
	}
	return k.pruneRandomness(ctx, c.BlockHeight())
}

func verified(key, input, proof []byte) (vrf.Output, bool) {
	if len(key) != vrf.PublicKeySize || len(proof) == 0 {
		return vrf.Output{}, false
	}
	output, err := vrf.PublicKey(key).Verify(input, proof)
	return output, err == nil
}

func (k Keeper) countProposal(ctx context.Context, operator string, proposer sdk.ConsAddress, skipped bool) error {
	services, err := k.services.Get(ctx)
	if err != nil {
		return err
	}
	for i := range services.Services {
		s := &services.Services[i]
		if !bytes.Equal(s.ConsensusAddress, proposer) {
			continue
		}
		s.Proposals++
		if skipped {
			s.Skipped++
		}
		if err := k.services.Set(ctx, services); err != nil {
			return err
		}
	}
	if !skipped {
		return nil
	}
	return emit(ctx, &types.EventRandomnessSkipped{Height: sdk.UnwrapSDKContext(ctx).BlockHeight(), Operator: operator})
}

func (k Keeper) pruneRandomness(ctx context.Context, height int64) error {
	params, err := k.params.Get(ctx)
	if err != nil || height <= params.RandomnessBlocks {
		return err
	}
	return prune(ctx, k.randomness, new(collections.Range[uint64]).EndExclusive(at(height-params.RandomnessBlocks)))
}

// prune deletes the first few rows of a range.
func prune[K, V any](ctx context.Context, m collections.Map[K, V], r collections.Ranger[K]) error {
	var old []K
	err := m.Walk(ctx, r, func(key K, _ V) (bool, error) {
		old = append(old, key)
		return len(old) == prunedPerBlock, nil
	})
	if err != nil {
		return err
	}
	for _, key := range old {
		if err := m.Remove(ctx, key); err != nil {
			return err
		}
	}
	return nil
}

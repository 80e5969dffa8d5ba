package simulation

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"fmt"

	"github.com/cosmos/cosmos-sdk/testutil/simsx"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/cpchain/cpchain/pkg/vrf"
	"github.com/cpchain/cpchain/x/committee/keeper"
	"github.com/cpchain/cpchain/x/committee/types"
)

const (
	// tries is how many random accounts are looked at for one that fits.
	tries = 20
	// keysEach is how many VRF keys an account has, one after another.
	keysEach = 3
)

// VRFKey of an account, which a draw must find again.
func VRFKey(account simsx.SimAccount, number int) vrf.PrivateKey {
	return vrf.FromSeed(sha256.Sum256(fmt.Appendf(account.PrivKey.Bytes(), "vrf key %d", number)))
}

// MsgRegisterFactory registers an operator whose validator can be a candidate. Its state is thrown away, so that it may try.
func MsgRegisterFactory(k keeper.Keeper) simsx.SimMsgFactoryFn[*types.MsgRegisterCandidate] {
	return func(ctx context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, *types.MsgRegisterCandidate) {
		operator := anyAccount(data, reporter, func(a simsx.SimAccount) bool {
			_, err := k.Candidate(ctx, a.Address)
			return errors.Is(err, types.ErrNotFound)
		})
		agent := data.AnyAccount(reporter)
		if reporter.IsSkipped() {
			return nil, nil
		}
		r := data.Rand()
		msg := &types.MsgRegisterCandidate{Operator: operator.AddressBech32, Agent: agent.AddressBech32, Address: randomAddress(r)}
		var err error
		if msg.ConsensusKeyProof, err = operator.ConsKey.Sign(possession(ctx, types.PurposeConsensus, operator)); err != nil {
			reporter.Fail(err)
		}
		msg.VrfKey, msg.VrfKeyProof = provedVRF(ctx, operator, r.Intn(keysEach))
		msg.NodeKey, msg.NodeKeyProof = newNodeKey(ctx, r, operator)
		_, err = k.Register(ctx, operator.Address, msg)
		return one(reporter, operator, err), msg
	}
}

// MsgUpdateFactory changes a candidate's address, and now and then its keys or agent.
func MsgUpdateFactory(k keeper.Keeper) simsx.SimMsgFactoryFn[*types.MsgUpdateCandidate] {
	return func(ctx context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, *types.MsgUpdateCandidate) {
		operator := anyCandidate(ctx, k, data, reporter)
		agent := data.AnyAccount(reporter)
		if reporter.IsSkipped() {
			return nil, nil
		}
		r := data.Rand()
		msg := &types.MsgUpdateCandidate{Operator: operator.AddressBech32, Address: randomAddress(r)}
		if r.Bool() {
			msg.VrfKey, msg.VrfKeyProof = provedVRF(ctx, operator, r.Intn(keysEach))
		}
		if r.Bool() {
			msg.NodeKey, msg.NodeKeyProof = newNodeKey(ctx, r, operator)
		}
		if r.Bool() {
			msg.Agent = agent.AddressBech32
		}
		_, err := k.Update(ctx, operator.Address, msg)
		return one(reporter, operator, err), msg
	}
}

// MsgUnregisterFactory ends a candidacy.
func MsgUnregisterFactory(k keeper.Keeper) simsx.SimMsgFactoryFn[*types.MsgUnregisterCandidate] {
	return func(ctx context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, *types.MsgUnregisterCandidate) {
		operator := anyCandidate(ctx, k, data, reporter)
		if reporter.IsSkipped() {
			return nil, nil
		}
		return []simsx.SimAccount{operator}, &types.MsgUnregisterCandidate{Operator: operator.AddressBech32}
	}
}

// MsgSubmitSortitionFactory draws for a candidate that has not drawn in the running term. The message is good only in a transaction
// that the application's ante chain takes for a draw: alone, of the agent, without fee.
func MsgSubmitSortitionFactory(k keeper.Keeper) simsx.SimMsgFactoryFn[*types.MsgSubmitSortition] {
	return func(ctx context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, *types.MsgSubmitSortition) {
		term, err := k.RunningTerm(ctx)
		if err != nil {
			reporter.Fail(err)
			return nil, nil
		}
		var msg *types.MsgSubmitSortition
		operator := anyAccount(data, reporter, func(a simsx.SimAccount) bool {
			c, err := k.Candidate(ctx, a.Address)
			if err != nil {
				return false
			}
			msg = &types.MsgSubmitSortition{Agent: c.Agent, Operator: c.Operator, Term: term.Number, Proof: make([]byte, vrf.ProofSize)}
			return k.CheckTurn(ctx, msg) == nil
		})
		if reporter.IsSkipped() {
			return nil, nil
		}
		for number := range keysEach { // the snapshot has one of them
			key := VRFKey(operator, number)
			_, msg.Proof = key.Prove(term.Input)
			if err = k.StoreSortition(ctx, msg); err == nil {
				return []simsx.SimAccount{data.GetAccount(reporter, msg.Agent)}, msg
			}
		}
		reporter.Fail(fmt.Errorf("no key of the candidate draws: %w", err))
		return nil, nil
	}
}

// MsgUpdateParamsFactory proposes random params to governance.
func MsgUpdateParamsFactory() simsx.SimMsgFactoryFn[*types.MsgUpdateParams] {
	return func(_ context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, *types.MsgUpdateParams) {
		return nil, &types.MsgUpdateParams{Authority: data.ModuleAccountAddress(reporter, "gov"), Params: RandomParams(data.Rand().Rand)}
	}
}

// one signs, where a try went well. Refusals that depend on what others did are expected; a bad proof is not.
func one(reporter simsx.SimulationReporter, operator simsx.SimAccount, err error) []simsx.SimAccount {
	for _, expected := range []error{types.ErrValidator, types.ErrSelfBond, types.ErrConsensus, types.ErrTaken, types.ErrFull, types.ErrFrozen, types.ErrUnchanged} {
		if errors.Is(err, expected) {
			reporter.Skip(err.Error())
			return nil
		}
	}
	if err != nil {
		reporter.Fail(err)
	}
	return []simsx.SimAccount{operator}
}

func anyAccount(data *simsx.ChainDataSource, reporter simsx.SimulationReporter, fits func(simsx.SimAccount) bool) simsx.SimAccount {
	return data.AnyAccountN(tries, reporter, simsx.SimAccountFilterFn(fits))
}

// anyCandidate picks an account that is a candidate, or sets the reporter to skip.
func anyCandidate(ctx context.Context, k keeper.Keeper, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) simsx.SimAccount {
	return anyAccount(data, reporter, func(a simsx.SimAccount) bool {
		_, err := k.Candidate(ctx, a.Address)
		return err == nil
	})
}

func possession(ctx context.Context, purpose string, operator simsx.SimAccount) []byte {
	return types.PossessionBytes(purpose, sdk.UnwrapSDKContext(ctx).ChainID(), operator.AddressBech32)
}

func provedVRF(ctx context.Context, operator simsx.SimAccount, number int) (key, proof []byte) {
	secret := VRFKey(operator, number)
	public := secret.Public()
	_, proof = secret.Prove(possession(ctx, types.PurposeVRF, operator))
	return public[:], proof
}

func newNodeKey(ctx context.Context, r *simsx.XRand, operator simsx.SimAccount) (key, proof []byte) {
	seed := make([]byte, ed25519.SeedSize)
	r.Read(seed)
	secret := ed25519.NewKeyFromSeed(seed)
	return secret.Public().(ed25519.PublicKey), ed25519.Sign(secret, possession(ctx, types.PurposeNode, operator))
}

func randomAddress(r *simsx.XRand) string {
	return fmt.Sprintf("192.0.2.%d:%d", r.Intn(256), 1+r.Intn(65_535))
}

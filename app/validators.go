package app

import (
	"context"
	"encoding/json"
	"errors"
	"slices"

	abci "github.com/cometbft/cometbft/abci/types"

	"cosmossdk.io/core/appmodule"
	"cosmossdk.io/math"
	evidencetypes "cosmossdk.io/x/evidence/types"

	"github.com/cosmos/cosmos-sdk/codec"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/module"
	"github.com/cosmos/cosmos-sdk/x/distribution"
	distrkeeper "github.com/cosmos/cosmos-sdk/x/distribution/keeper"
	"github.com/cosmos/cosmos-sdk/x/genutil"
	genutiltypes "github.com/cosmos/cosmos-sdk/x/genutil/types"
	slashingtypes "github.com/cosmos/cosmos-sdk/x/slashing/types"
	"github.com/cosmos/cosmos-sdk/x/staking"
	stakingkeeper "github.com/cosmos/cosmos-sdk/x/staking/keeper"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"
)

// x/committee alone decides who validates (R4.2). The SDK's modules that would decide too are wrapped here: they keep their
// books and return no validator updates, since two modules that return some stop the chain.

var (
	_ module.HasGenesis           = stakingModule{}
	_ appmodule.HasBeginBlocker   = stakingModule{}
	_ appmodule.HasEndBlocker     = stakingModule{}
	_ module.HasABCIGenesis       = genutilModule{}
	_ appmodule.HasBeginBlocker   = distributionModule{}
	_ slashingtypes.StakingKeeper = slashingStake{}
	_ evidencetypes.StakingKeeper = evidenceStake{}
)

// stakingModule bonds and unbonds validators without seating them.
type stakingModule struct {
	staking.AppModule
	keeper committeeStake
}

// InitGenesis implements module.HasGenesis in place of HasABCIGenesis.
func (m stakingModule) InitGenesis(ctx sdk.Context, cdc codec.JSONCodec, bz json.RawMessage) {
	m.AppModule.InitGenesis(ctx, cdc, bz)
}

// EndBlock implements appmodule.HasEndBlocker in place of HasABCIEndBlock: bonds and unbonds where there is anything to, and drops
// the updates. One block more than changed anything runs all of it, which forgets the updates that x/staking keeps.
func (m stakingModule) EndBlock(ctx context.Context) error {
	changed, err := m.keeper.ChangedSince(ctx, sdk.UnwrapSDKContext(ctx).BlockHeight()-1)
	if err != nil {
		return err
	}
	if !changed {
		if changed, err = due(ctx, m.keeper.Keeper); err != nil || !changed {
			return err
		}
	}
	_, err = m.AppModule.EndBlock(ctx)
	return err
}

// BeginBlock keeps the header that IBC checks a counterparty's client against. The SDK would keep all bonded validators with
// each of 10,000 headers, gigabytes at a thousand candidates; nobody reads them.
func (m stakingModule) BeginBlock(ctx context.Context) error {
	kept, err := m.keeper.HistoricalEntries(ctx)
	if err != nil {
		return err
	}
	header := sdk.UnwrapSDKContext(ctx).BlockHeader()
	for h := header.Height - int64(kept); h > 0; h-- { // one, or more where the parameter has been lowered
		if _, err := m.keeper.GetHistoricalInfo(ctx, h); err != nil {
			break // nothing older is kept
		}
		if err := m.keeper.DeleteHistoricalInfo(ctx, h); err != nil {
			return err
		}
	}
	if kept == 0 {
		return nil
	}
	return m.keeper.SetHistoricalInfo(ctx, header.Height, &stakingtypes.HistoricalInfo{Header: header})
}

// genutilModule runs the genesis transactions, and then has x/committee seat its first members.
type genutilModule struct {
	genutil.AppModuleBasic
	app *App
}

// IsOnePerModuleType implements depinject's marker.
func (genutilModule) IsOnePerModuleType() {}

// IsAppModule implements appmodule.AppModule.
func (genutilModule) IsAppModule() {}

// ConsensusVersion implements module.HasConsensusVersion.
func (genutilModule) ConsensusVersion() uint64 { return 1 }

// InitGenesis implements module.HasABCIGenesis.
func (m genutilModule) InitGenesis(ctx sdk.Context, cdc codec.JSONCodec, bz json.RawMessage) []abci.ValidatorUpdate {
	var state genutiltypes.GenesisState
	cdc.MustUnmarshalJSON(bz, &state)
	if _, err := genutil.InitGenesis(ctx, m.app.StakingKeeper, m.app, state, m.app.txConfig); err != nil {
		panic(err) // a genesis that can't be run starts no chain
	}
	updates, err := m.app.CommitteeKeeper.SeatGenesis(ctx)
	if err != nil {
		panic(err)
	}
	return updates
}

// ExportGenesis implements module.HasABCIGenesis: what genesis transactions did is in the other modules' state.
func (m genutilModule) ExportGenesis(_ sdk.Context, cdc codec.JSONCodec) json.RawMessage {
	return m.DefaultGenesis(cdc)
}

// distributionModule pays for blocks signed.
type distributionModule struct {
	distribution.AppModule
	keeper  distrkeeper.Keeper
	staking *stakingkeeper.Keeper
}

// BeginBlock shares the last block's fees out among the seats that signed the block before; the share of those that did not
// goes to the community pool. To pay the signers only, and all of it, would reward a proposer for leaving votes out.
func (m distributionModule) BeginBlock(ctx context.Context) error {
	c := sdk.UnwrapSDKContext(ctx)
	if c.BlockHeight() > 1 {
		var seats int64
		var signed []abci.VoteInfo
		for _, vote := range c.VoteInfos() {
			seats += vote.Validator.Power
			if vote.BlockIdFlag == blockSigned {
				signed = append(signed, vote)
			}
		}
		if err := m.allocate(c, seats, signed); err != nil {
			return err
		}
	}
	return m.keeper.SetPreviousProposerConsAddr(ctx, sdk.ConsAddress(c.BlockHeader().ProposerAddress))
}

// allocate shares fees out by seats. Where a signer's validator is gone, which x/distribution takes for a reason to stop the chain, its
// share goes to the community pool.
func (m distributionModule) allocate(ctx sdk.Context, seats int64, signed []abci.VoteInfo) error {
	branch, write := ctx.CacheContext()
	err := m.keeper.AllocateTokens(branch, seats, signed)
	if errors.Is(err, stakingtypes.ErrNoValidatorFound) {
		gone := func(vote abci.VoteInfo) bool {
			_, err := m.staking.GetValidatorByConsAddr(ctx, vote.Validator.Address)
			return errors.Is(err, stakingtypes.ErrNoValidatorFound)
		}
		return m.keeper.AllocateTokens(ctx, seats, slices.DeleteFunc(signed, gone))
	}
	if err != nil {
		return err
	}
	write()
	return nil
}

// tokensAt is what a member of the committee had bonded at a height. x/committee knows, whose keeper is made after x/slashing's.
func (app *App) tokensAt(ctx context.Context, cons sdk.ConsAddress, height int64) (tokens math.Int, known bool, err error) {
	return app.CommitteeKeeper.TokensAt(ctx, cons, height)
}

// slashingStake is x/staking as x/slashing sees it. All seats have equal power, so that the power CometBFT reports says nothing
// about stake: what is slashed is a fraction of the tokens bonded when the infraction happened. Today's tokens would not do
// either: whoever unbonds half before the evidence arrives would save half.
type slashingStake struct {
	*stakingkeeper.Keeper
	tokensAt func(ctx context.Context, cons sdk.ConsAddress, height int64) (tokens math.Int, known bool, err error)
}

// IsValidatorJailed implements slashingtypes.StakingKeeper. A validator that is gone may still have votes to come, and sits on where nobody
// else could: x/slashing would stop the chain at them. They count as those of one that is jailed, not at all.
func (s slashingStake) IsValidatorJailed(ctx context.Context, cons sdk.ConsAddress) (bool, error) {
	jailed, err := s.Keeper.IsValidatorJailed(ctx, cons)
	if errors.Is(err, stakingtypes.ErrNoValidatorFound) {
		return true, nil
	}
	return jailed, err
}

// Slash implements slashingtypes.StakingKeeper.
func (s slashingStake) Slash(ctx context.Context, cons sdk.ConsAddress, height, _ int64, fraction math.LegacyDec) (math.Int, error) {
	power, err := s.power(ctx, cons, height)
	if err != nil {
		return math.Int{}, err
	}
	return s.Keeper.Slash(ctx, cons, height, power, fraction)
}

// SlashWithInfractionReason implements slashingtypes.StakingKeeper.
func (s slashingStake) SlashWithInfractionReason(ctx context.Context, cons sdk.ConsAddress, height, _ int64, fraction math.LegacyDec,
	reason stakingtypes.Infraction,
) (math.Int, error) {
	power, err := s.power(ctx, cons, height)
	if err != nil {
		return math.Int{}, err
	}
	return s.Keeper.SlashWithInfractionReason(ctx, cons, height, power, fraction, reason)
}

// power is the stake at a height in x/staking's unit, ucpc (see PowerReduction). Without a record, what is bonded now.
func (s slashingStake) power(ctx context.Context, cons sdk.ConsAddress, height int64) (int64, error) {
	tokens, known, err := s.tokensAt(ctx, cons, height)
	if err != nil {
		return 0, err
	}
	if !known {
		validator, err := s.ValidatorByConsAddr(ctx, cons)
		if err != nil {
			return 0, err
		}
		tokens = validator.GetTokens()
	}
	return sdk.TokensToConsensusPower(tokens, s.PowerReduction(ctx)), nil
}

// evidenceStake is x/staking as x/evidence sees it. CometBFT takes evidence until it is too old in blocks and in time, which may be long
// after the bond was paid out and the validator deleted. x/evidence would stop the chain at it; it ignores what is of no validator.
type evidenceStake struct{ *stakingkeeper.Keeper }

// ValidatorByConsAddr implements evidencetypes.StakingKeeper; nil where there is none.
func (s evidenceStake) ValidatorByConsAddr(ctx context.Context, cons sdk.ConsAddress) (stakingtypes.ValidatorI, error) {
	validator, err := s.Keeper.ValidatorByConsAddr(ctx, cons)
	if errors.Is(err, stakingtypes.ErrNoValidatorFound) {
		return nil, nil //nolint:nilnil // what x/evidence takes for nobody
	}
	return validator, err
}

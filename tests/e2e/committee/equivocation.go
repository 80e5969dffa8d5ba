package main

import (
	"context"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"time"

	"github.com/cometbft/cometbft/crypto/tmhash"
	"github.com/cometbft/cometbft/privval"
	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"
	cmttypes "github.com/cometbft/cometbft/types"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
	slashingtypes "github.com/cosmos/cosmos-sdk/x/slashing/types"

	"github.com/cpchain/cpchain/app"
	"github.com/cpchain/cpchain/tests/e2e/chain"
	committee "github.com/cpchain/cpchain/x/committee/types"
)

// stake of each candidate in ucpc, as testnet init-files bonds it by default.
const stake = 1_000_000_000_000

// signTwice has a member sign two blocks of one height, unbond half of its stake before anybody shows the votes, and be slashed for all
// that it had bonded when it signed.
func (s *story) signTwice(ctx context.Context) error {
	if err := s.earlyInTerm(ctx); err != nil {
		return err
	}
	i, err := s.aMember(ctx)
	if err != nil {
		return err
	}
	node := s.net.Nodes[i]
	infraction, err := s.height(ctx)
	if err != nil {
		return err
	}
	evidence, err := s.equivocation(ctx, node, infraction)
	if err != nil {
		return err
	}
	_, err = s.net.TxAt(ctx, node.Home, "validator", "staking", "unbond", node.Validator, fmt.Sprintf("%d%s", stake/2, app.BaseDenom))
	if err != nil {
		return fmt.Errorf("unbonding half: %w", err)
	}
	before, err := s.supply(ctx)
	if err != nil {
		return err
	}
	if _, err := s.rpc.BroadcastEvidence(ctx, evidence); err != nil {
		return fmt.Errorf("evidence: %w", err)
	}
	s.gone[i] = true
	var at *committee.Boundary
	if err := s.until(ctx, "the removal of a double signer", 15, func(int64) (bool, error) {
		at, err = s.removal(ctx, node.Operator, infraction, committee.REASON_TOMBSTONED)
		return at != nil, err
	}); err != nil {
		return err
	}
	node.Kill()
	after, err := s.supply(ctx)
	if err != nil {
		return err
	}
	if err := s.punished(ctx, node, evidence, before.Sub(after)); err != nil {
		return err
	}
	why, err := s.why(ctx, node.Operator)
	s.say("member node%d signed twice at %d and unbonded half: removed at %d, %s ucpc burnt, tombstoned. %s", i, infraction, at.Height, before.Sub(after), why)
	return err
}

// punished checks what became of a double signer: all that it had bonded when it signed counts, not the half that it still has.
func (s *story) punished(ctx context.Context, node *chain.Node, evidence *cmttypes.DuplicateVoteEvidence, burnt math.Int) error {
	want := math.NewInt(stake / 20)
	s.checks["double_signer_burnt_ucpc"] = burnt.Int64()
	if err := s.check("double_signer_slashed_by_stake_at_infraction", burnt.Equal(want), "burnt %s, 5 %% of what was bonded are %s", burnt, want); err != nil {
		return err
	}
	var info slashingtypes.QuerySigningInfoResponse
	address := sdk.ConsAddress(evidence.VoteA.ValidatorAddress).String()
	if err := s.ask(ctx, 0, slashingQuery+"SigningInfo", &slashingtypes.QuerySigningInfoRequest{ConsAddress: address}, &info); err != nil {
		return err
	}
	if err := s.check("double_signer_tombstoned", info.ValSigningInfo.Tombstoned, "%+v", info.ValSigningInfo); err != nil {
		return err
	}
	told, text, err := s.explained(ctx, node.Operator, "signed two blocks of one height")
	if err != nil {
		return err
	}
	return s.check("double_signer_explained", told, "%s", text)
}

// equivocation is two precommits of a member's key for one height: for the block there is, and for one that never was.
func (s *story) equivocation(ctx context.Context, node *chain.Node, height int64) (*cmttypes.DuplicateVoteEvidence, error) {
	key := privval.LoadFilePVEmptyState(filepath.Join(node.Home, "config", "priv_validator_key.json"), "").Key
	set, err := validators(ctx, s.rpc, height)
	if err != nil {
		return nil, err
	}
	index, member := set.GetByAddress(key.Address)
	if member == nil {
		return nil, fmt.Errorf("%s does not vote at %d", node.Name, height)
	}
	block, err := s.rpc.Block(ctx, &height)
	if err != nil {
		return nil, err
	}
	vote := func(id cmttypes.BlockID) (*cmttypes.Vote, error) {
		v := &cmttypes.Vote{
			Type: cmtproto.PrecommitType, Height: height, BlockID: id, Timestamp: block.Block.Time.Add(time.Second),
			ValidatorAddress: key.Address, ValidatorIndex: index,
		}
		v.Signature, err = key.PrivKey.Sign(cmttypes.VoteSignBytes(s.net.ChainID, v.ToProto()))
		return v, err
	}
	first, err := vote(block.BlockID)
	if err != nil {
		return nil, err
	}
	other := tmhash.Sum([]byte("another block"))
	second, err := vote(cmttypes.BlockID{Hash: other, PartSetHeader: cmttypes.PartSetHeader{Total: 1, Hash: other}})
	if err != nil {
		return nil, err
	}
	evidence, err := cmttypes.NewDuplicateVoteEvidence(first, second, block.Block.Time, set)
	if err != nil {
		return nil, err
	}
	if err := evidence.ValidateBasic(); err != nil {
		return nil, fmt.Errorf("evidence %s: %w", hex.EncodeToString(evidence.Hash()), err)
	}
	return evidence, nil
}

func (s *story) supply(ctx context.Context) (math.Int, error) {
	var res banktypes.QuerySupplyOfResponse
	err := s.ask(ctx, 0, bankQuery+"SupplyOf", &banktypes.QuerySupplyOfRequest{Denom: app.BaseDenom}, &res)
	return res.Amount.Amount, err
}

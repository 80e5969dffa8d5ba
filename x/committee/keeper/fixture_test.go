package keeper

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"
	cmted25519 "github.com/cometbft/cometbft/crypto/ed25519"
	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"
	cmttypes "github.com/cometbft/cometbft/types"
	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"
	storetypes "cosmossdk.io/store/types"

	"github.com/cosmos/cosmos-sdk/codec"
	"github.com/cosmos/cosmos-sdk/codec/address"
	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	"github.com/cosmos/cosmos-sdk/crypto/keys/ed25519"
	"github.com/cosmos/cosmos-sdk/runtime"
	"github.com/cosmos/cosmos-sdk/testutil"
	sdk "github.com/cosmos/cosmos-sdk/types"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	slashingtypes "github.com/cosmos/cosmos-sdk/x/slashing/types"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"

	"github.com/cpchain/cpchain/pkg/election"
	"github.com/cpchain/cpchain/pkg/vrf"
	"github.com/cpchain/cpchain/x/committee/types"
	reputation "github.com/cpchain/cpchain/x/reputation/types"
)

const (
	testChain     = "test-1"
	testAuthority = "gov"
	selfBond      = 1_000_000_000
)

// bonds is x/staking as the committee sees it.
type bonds struct {
	rows map[string]stakingtypes.Validator
	// lookups counts what GetValidator was asked.
	lookups int
	// seen is what ChangedSince looked at last.
	seen string
	// changed says that this was not what it had looked at before.
	changed bool
}

// ChangedSince goes by the blocks at which it is asked: what changed since the last of them, or at it.
func (b *bonds) ChangedSince(context.Context, int64) (bool, error) {
	now, before := fmt.Sprintf("%v", b.rows), b.changed
	b.changed = now != b.seen
	b.seen = now
	return b.changed || before, nil
}

func (b *bonds) GetValidator(_ context.Context, operator sdk.ValAddress) (stakingtypes.Validator, error) {
	b.lookups++
	v, found := b.rows[string(operator)]
	if !found {
		return v, stakingtypes.ErrNoValidatorFound
	}
	return v, nil
}

func (b *bonds) GetBondedValidatorsByPower(context.Context) ([]stakingtypes.Validator, error) {
	var list []stakingtypes.Validator
	for _, key := range slices.Sorted(maps.Keys(b.rows)) {
		if v := b.rows[key]; v.IsBonded() {
			list = append(list, v)
		}
	}
	slices.SortStableFunc(list, func(a, b stakingtypes.Validator) int { return -a.Tokens.BigInt().Cmp(b.Tokens.BigInt()) })
	return list, nil
}

// GetDelegation: all of a validator's tokens are its operator's own.
func (b *bonds) GetDelegation(_ context.Context, _ sdk.AccAddress, operator sdk.ValAddress) (stakingtypes.Delegation, error) {
	v, found := b.rows[string(operator)]
	if !found {
		return stakingtypes.Delegation{}, stakingtypes.ErrNoDelegation
	}
	return stakingtypes.Delegation{Shares: v.DelegatorShares}, nil
}

// signers is x/slashing as the committee sees it.
type signers struct {
	infos map[string]slashingtypes.ValidatorSigningInfo
}

func (s *signers) GetValidatorSigningInfo(_ context.Context, cons sdk.ConsAddress) (slashingtypes.ValidatorSigningInfo, error) {
	info, found := s.infos[string(cons)]
	if !found {
		return info, slashingtypes.ErrNoSigningInfoFound
	}
	return info, nil
}

func (s *signers) SetValidatorSigningInfo(_ context.Context, cons sdk.ConsAddress, info slashingtypes.ValidatorSigningInfo) error {
	s.infos[string(cons)] = info
	return nil
}

func (s *signers) HasValidatorSigningInfo(_ context.Context, cons sdk.ConsAddress) bool {
	_, found := s.infos[string(cons)]
	return found
}

func (s *signers) IsTombstoned(_ context.Context, cons sdk.ConsAddress) bool {
	return s.infos[string(cons)].Tombstoned
}

// opinions is x/reputation as the committee sees it.
type opinions struct {
	scores map[string]uint32
	term   uint64
	heard  []string
	bonds  []string
	seen   string
}

// LoweredSince goes by the blocks at which it is asked.
func (o *opinions) LoweredSince(context.Context, int64) (bool, error) {
	now := fmt.Sprint(o.scores)
	lowered := now != o.seen
	o.seen = now
	return lowered, nil
}

func (o *opinions) Score(_ context.Context, operator sdk.AccAddress) (uint32, error) {
	if score, found := o.scores[string(operator)]; found {
		return score, nil
	}
	return 1_000, nil
}

func (o *opinions) BeginTerm(_ context.Context, term uint64) error {
	o.term = term
	return nil
}

func (o *opinions) Report(_ context.Context, e reputation.Evidence) error {
	if e.Kind != reputation.KIND_BOND {
		o.heard = append(o.heard, fmt.Sprintf("%s %s", e.Operator, e.Text))
	} else {
		o.bonds = append(o.bonds, fmt.Sprintf("%s %s", e.Operator, e.Text))
	}
	return e.Validate()
}

// book of accounts.
type book struct{ known map[string]bool }

func (b *book) GetAccount(_ context.Context, a sdk.AccAddress) sdk.AccountI {
	if !b.known[string(a)] {
		return nil
	}
	return authtypes.NewBaseAccountWithAddress(a)
}

func (b *book) NewAccountWithAddress(_ context.Context, a sdk.AccAddress) sdk.AccountI {
	return authtypes.NewBaseAccountWithAddress(a)
}

func (b *book) SetAccount(_ context.Context, a sdk.AccountI) { b.known[string(a.GetAddress())] = true }

// operator of a validator with all its keys.
type operator struct {
	name      string
	account   sdk.AccAddress
	consensus *ed25519.PrivKey
	node      cmted25519.PrivKey
	vrf       vrf.PrivateKey
	agent     sdk.AccAddress
}

func newOperator(i int) *operator {
	var seed [32]byte
	binary.BigEndian.PutUint64(seed[:], uint64(i)+1)
	account := sdk.AccAddress(fmt.Sprintf("operator-%011d", i))
	return &operator{
		name: account.String(), account: account, consensus: ed25519.GenPrivKeyFromSecret(append(seed[:], 'c')),
		node: cmted25519.GenPrivKeyFromSecret(append(seed[:], 'n')), vrf: vrf.FromSeed(seed), agent: sdk.AccAddress(fmt.Sprintf("agent----%011d", i)),
	}
}

func (o *operator) cons() sdk.ConsAddress { return sdk.ConsAddress(o.consensus.PubKey().Address()) }

// registration is a valid message of the operator.
func (o *operator) registration() *types.MsgRegisterCandidate {
	bytesFor := func(purpose string) []byte { return types.PossessionBytes(purpose, testChain, o.name) }
	consensusProof, err := o.consensus.Sign(bytesFor(types.PurposeConsensus))
	if err != nil {
		panic(err)
	}
	nodeProof, err := o.node.Sign(bytesFor(types.PurposeNode))
	if err != nil {
		panic(err)
	}
	public := o.vrf.Public()
	_, vrfProof := o.vrf.Prove(bytesFor(types.PurposeVRF))
	return &types.MsgRegisterCandidate{
		Operator: o.name, ConsensusKeyProof: consensusProof, VrfKey: public[:], VrfKeyProof: vrfProof,
		NodeKey: o.node.PubKey().Bytes(), NodeKeyProof: nodeProof, Address: "192.0.2.1:26656", Agent: o.agent.String(),
	}
}

// fixture is the module with a real store and neighbours that keep state, driven block by block as the application does.
type fixture struct {
	t          testing.TB
	ctx        sdk.Context
	k          Keeper
	bonds      *bonds
	signers    *signers
	reputation *opinions
	accounts   *book
	operators  []*operator
	set        *cmttypes.ValidatorSet // as CometBFT has it after the updates so far

	skip   map[string]bool // by operator: proposes without randomness
	silent map[string]bool // does not draw
	away   map[string]bool // does not sign
	hold   bool            // nobody draws
}

func newKeeper(t testing.TB, f *fixture) {
	t.Helper()
	key := storetypes.NewKVStoreKey(types.StoreKey)
	params := cmtproto.ConsensusParams{Evidence: &cmtproto.EvidenceParams{MaxAgeNumBlocks: 60, MaxAgeDuration: time.Minute}}
	f.ctx = testutil.DefaultContext(key, storetypes.NewTransientStoreKey("transient")).WithChainID(testChain).
		WithBlockHeight(0).WithBlockTime(time.Unix(1_700_000_000, 0)).WithConsensusParams(params)
	f.k = NewKeeper(codec.NewProtoCodec(codectypes.NewInterfaceRegistry()), runtime.NewKVStoreService(key),
		address.NewBech32Codec("cosmos"), testAuthority, f.bonds, f.signers, f.reputation, f.accounts)
}

// newFixture has n bonded validators, all candidates since genesis but for the last few.
func newFixture(t testing.TB, params types.Params, n, late int) *fixture {
	t.Helper()
	f := &fixture{
		t: t, bonds: &bonds{rows: map[string]stakingtypes.Validator{}}, signers: &signers{map[string]slashingtypes.ValidatorSigningInfo{}},
		reputation: &opinions{scores: map[string]uint32{}}, accounts: &book{map[string]bool{}},
		skip: map[string]bool{}, silent: map[string]bool{}, away: map[string]bool{},
	}
	newKeeper(t, f)
	require.NoError(t, params.Validate())
	require.NoError(t, f.k.InitGenesis(f.ctx, &types.GenesisState{Params: params, Seed: []byte("seed")}))
	for i := range n {
		o := f.addValidator(i)
		if i < n-late {
			_, err := f.k.Register(f.ctx, o.account, o.registration())
			require.NoError(t, err)
		}
	}
	f.start()
	if t, ok := t.(*testing.T); ok {
		t.Cleanup(func() { require.NoError(t, f.k.CheckInvariants(f.ctx)) })
	}
	return f
}

func (f *fixture) start() {
	updates, err := f.k.SeatGenesis(f.ctx)
	require.NoError(f.t, err)
	list, err := cmttypes.PB2TM.ValidatorUpdates(updates)
	require.NoError(f.t, err)
	f.set = cmttypes.NewValidatorSet(list)
}

// addValidator bonds a new operator's validator.
func (f *fixture) addValidator(i int) *operator {
	o := newOperator(i)
	f.operators = append(f.operators, o)
	f.bond(o, selfBond)
	return o
}

func (f *fixture) bond(o *operator, tokens int64) {
	public, err := codectypes.NewAnyWithValue(o.consensus.PubKey())
	require.NoError(f.t, err)
	f.bonds.rows[string(o.account)] = stakingtypes.Validator{
		OperatorAddress: sdk.ValAddress(o.account).String(), ConsensusPubkey: public, Status: stakingtypes.Bonded,
		Tokens: math.NewInt(tokens), DelegatorShares: math.LegacyNewDec(tokens),
	}
	f.signers.infos[string(o.cons())] = slashingtypes.ValidatorSigningInfo{}
}

func (f *fixture) change(o *operator, how func(*stakingtypes.Validator)) {
	v := f.bonds.rows[string(o.account)]
	how(&v)
	f.bonds.rows[string(o.account)] = v
}

func (f *fixture) jail(o *operator) {
	f.change(o, func(v *stakingtypes.Validator) { v.Jailed, v.Status = true, stakingtypes.Unbonding })
}

func (f *fixture) unjail(o *operator) {
	f.change(o, func(v *stakingtypes.Validator) { v.Jailed, v.Status = false, stakingtypes.Bonded })
}

func (f *fixture) byCons(cons []byte) *operator {
	for _, o := range f.operators {
		if string(o.cons()) == string(cons) {
			return o
		}
	}
	return nil
}

func (f *fixture) committee() types.Committee {
	c, err := f.k.committee.Get(f.ctx)
	require.NoError(f.t, err)
	return c
}

func (f *fixture) seated() []string {
	var names []string
	for _, s := range f.committee().Seats {
		if s.Operator != "" {
			names = append(names, s.Operator)
		}
	}
	return names
}

func (f *fixture) sits(o *operator) bool { return slices.Contains(f.seated(), o.name) }

func (f *fixture) term() types.Term {
	term, err := f.k.term.Get(f.ctx)
	require.NoError(f.t, err)
	return term
}

// draw sends an operator's proof, as the ante chain does.
func (f *fixture) draw(o *operator) error {
	term := f.term()
	_, proof := o.vrf.Prove(term.Input)
	return f.k.StoreSortition(f.ctx, &types.MsgSubmitSortition{Agent: o.agent.String(), Operator: o.name, Term: term.Number, Proof: proof})
}

// block runs one block: its proposer mixes, everybody signs and draws who is not told otherwise, and the updates must be what
// CometBFT takes.
func (f *fixture) block() {
	f.t.Helper()
	f.begin()
	term := f.term()
	if height := f.ctx.BlockHeight(); !f.hold && height == term.Open && len(term.Input) > 0 {
		for _, o := range f.operators {
			if _, err := f.k.Candidate(f.ctx, o.account); err != nil || f.silent[o.name] {
				continue
			}
			public := o.vrf.Public()
			if s, err := f.k.snapshots.Get(f.ctx, joinTerm(term.Number, o.account)); err == nil && bytes.Equal(s.VrfKey, public[:]) {
				require.NoError(f.t, f.draw(o)) // whose key is newer than the snapshot waits
			}
		}
	}
	f.end()
}

// begin starts a block: votes, randomness, BeginBlock.
func (f *fixture) begin() {
	f.t.Helper()
	height := f.ctx.BlockHeight() + 1
	var votes []abci.VoteInfo
	for _, v := range f.set.Validators {
		flag := cmtproto.BlockIDFlagCommit
		if o := f.byCons(v.Address); o != nil && f.away[o.name] {
			flag = cmtproto.BlockIDFlagAbsent
		}
		votes = append(votes, abci.VoteInfo{Validator: abci.Validator{Address: v.Address, Power: v.VotingPower}, BlockIdFlag: flag})
	}
	f.ctx = f.ctx.WithBlockHeight(height).WithBlockTime(f.ctx.BlockTime().Add(time.Second)).WithVoteInfos(votes).
		WithEventManager(sdk.NewEventManager())
	proposer := f.set.Validators[int(height)%len(f.set.Validators)].Address
	var proof []byte
	if o := f.byCons(proposer); o != nil && !f.skip[o.name] {
		input, err := f.k.BlockInput(f.ctx, height)
		require.NoError(f.t, err)
		_, proof = o.vrf.Prove(input)
	}
	require.NoError(f.t, f.k.Mix(f.ctx, sdk.ConsAddress(proposer), proof))
	require.NoError(f.t, f.k.BeginBlock(f.ctx))
}

// end ends a block and hands its updates to CometBFT's own rules.
func (f *fixture) end() []abci.ValidatorUpdate {
	f.t.Helper()
	updates, err := f.k.EndBlock(f.ctx)
	require.NoError(f.t, err)
	if len(updates) > 0 {
		changes, err := cmttypes.PB2TM.ValidatorUpdates(updates)
		require.NoError(f.t, err)
		require.NoError(f.t, f.set.UpdateWithChangeSet(changes), "height %d", f.ctx.BlockHeight())
	}
	require.Equal(f.t, len(f.seated()), f.set.Size(), "height %d", f.ctx.BlockHeight())
	return updates
}

// blocks runs n of them.
func (f *fixture) blocks(n int) {
	f.t.Helper()
	for range n {
		f.block()
	}
}

// toTerm runs to the last block before a term.
func (f *fixture) toTerm(number uint64) {
	f.t.Helper()
	for f.term().Number < number {
		f.block()
	}
}

// toHeight runs up to and with a height.
func (f *fixture) toHeight(height int64) {
	f.t.Helper()
	for f.ctx.BlockHeight() < height {
		f.block()
	}
}

func smallParams() types.Params {
	p := types.LocalParams()
	p.SelfBondMinUcpc = math.NewInt(1_000)
	return p
}

func cohortSeats(size, cohort int) (from, to int) {
	c := election.CohortSize(size)
	return cohort * c, min(size, (cohort+1)*c)
}

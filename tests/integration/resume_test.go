package integration

import (
	"maps"
	"slices"
	"testing"

	cmttypes "github.com/cometbft/cometbft/types"
	"github.com/stretchr/testify/require"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/cpchain/cpchain/app"
	"github.com/cpchain/cpchain/app/apptest"
	committee "github.com/cpchain/cpchain/x/committee/types"
)

// ownModules are this project's parts of the state.
var ownModules = []string{"committee", "reputation", "provider", "datarights"}

// midTerm is a chain in its fourth term, with some of its draws in and none ranked, a member on parole, and one that has just left.
func midTerm(t *testing.T) *fleet {
	t.Helper()
	genesis, people := fleetGenesis(t, 16, 2, fleetParams())
	f := newFleet(t, 11, people, apptest.Open(t, genesis))
	f.skipping[people[3].operator()] = true
	f.toTerm(3)
	f.cheat(f.member())
	f.toTerm(4)
	f.toHeight(f.term().Open + 5)
	f.block(f.chains[0].Sign(f.member().Account, &committee.MsgUnregisterCandidate{Operator: f.member().operator()}))
	return f
}

// member is somebody who sits.
func (f *fleet) member() *candidate {
	for _, v := range f.sets.Next.Validators {
		if who := f.byConsensus(v.Address); who != nil {
			return who
		}
	}
	f.t.Fatal("nobody whose key is known sits")
	return nil
}

// exportOf is the committee's part of an instance's state.
func exportOf(t *testing.T, f *fleet, c *apptest.Chain) *committee.GenesisState {
	t.Helper()
	g, err := c.CommitteeKeeper.ExportGenesis(f.read(c))
	require.NoError(t, err)
	return g
}

// A chain exported in mid-term has the same committee, validators, randomness and pending draws, elects whom the chain elects that was
// not exported, and comes to the same state.
func TestAChainExportedInMidTermElectsWhomItWouldHaveElected(t *testing.T) {
	f := midTerm(t)
	was := exportOf(t, f, f.chains[0])
	require.NotEmpty(t, was.Former)
	require.Less(t, len(was.Ranks), len(was.Draws), "draws are pending")
	require.Positive(t, slices.IndexFunc(was.Draws, func(d committee.DrawRecord) bool { return d.Term == was.Term.Number }))

	next, height := f.chains[0].Successor(f.now)
	res, err := next.Init(height)
	require.NoError(t, err)
	after := next.InitialState(height)
	for _, name := range ownModules {
		require.Equal(t, compact(t, next.Genesis.State[name]), compact(t, after[name]), "bytes of %s", name)
	}
	sets, err := apptest.FirstSets(res.Validators)
	require.NoError(t, err)
	require.Equal(t, f.sets.Next.Size(), sets.Current.Size())
	for _, v := range sets.Current.Validators {
		_, same := f.sets.Next.GetByAddress(v.Address)
		require.NotNil(t, same)
		require.Equal(t, v.VotingPower, same.VotingPower)
	}

	first := f.chains[0]
	for range 3 * was.Params.TermBlocks {
		block := f.empty()
		f.giveKey(first, block.ProposerAddress)
		block.Txs = f.draws()
		one, two := first.Apply(block), next.Apply(block)
		require.Equal(t, one.ValidatorUpdates, two.ValidatorUpdates, "height %d", block.Height)
		require.NoError(t, f.sets.Rotate(one.ValidatorUpdates))
		f.last, f.now = block, block.Time
		f.check()
		require.NoError(t, next.CheckInvariants(f.read(next)))
	}
	require.Equal(t, was.Term.Number+3, f.term().Number)
	before, now := exportOf(t, f, first), exportOf(t, f, next)
	require.Equal(t, before, now)
	require.NotEqual(t, was.Committee.Seats, now.Committee.Seats, "elections changed it")
}

// The exported chain, alone as CometBFT starts it, goes on for terms with the sets of its genesis.
func TestAnExportedChainGoesOnAlone(t *testing.T) {
	f := midTerm(t)
	next, height := f.chains[0].Successor(f.now)
	res, err := next.Init(height)
	require.NoError(t, err)
	f.sets, err = apptest.FirstSets(res.Validators)
	require.NoError(t, err)
	term := f.term().Number
	first := f.empty() // there is no commit before it, and no state to propose from
	next.Apply(first)
	f.chains, f.last, f.now = []*apptest.Chain{next}, first, first.Time
	require.NoError(t, f.sets.Rotate(nil))
	f.toTerm(term + 3)
	f.check()
}

// What no export can be is refused when the file is checked and when a chain is started by it.
func TestACorruptedExportIsRefused(t *testing.T) {
	f := midTerm(t)
	exported, _ := f.chains[0].Successor(f.now)
	cdc := f.chains[0].Codec()
	for name, spoil := range map[string]func(*committee.GenesisState){
		"a committee of nobody":           func(g *committee.GenesisState) { g.Committee.Seats = nil },
		"somebody twice in the committee": func(g *committee.GenesisState) { g.Committee.Seats[1] = g.Committee.Seats[0] },
		"a seat of much power":            func(g *committee.GenesisState) { g.Committee.Seats[0].Power = cmttypes.MaxTotalVotingPower },
		"no randomness":                   func(g *committee.GenesisState) { g.Randomness = nil },
		"a draw of nobody":                func(g *committee.GenesisState) { g.Draws[0].Operator = sdk.AccAddress("nobody").String() },
		"a draw twice":                    func(g *committee.GenesisState) { g.Draws = append(g.Draws, g.Draws[0]) },
		"a proof cut short":               func(g *committee.GenesisState) { g.Draws[0].Draw.Proof = g.Draws[0].Draw.Proof[:79] },
		"a term that ends before it ends": func(g *committee.GenesisState) { g.Term.Last = g.Term.Close },
		"seats without a term":            func(g *committee.GenesisState) { g.Term = nil },
		"two candidates of one key":       func(g *committee.GenesisState) { g.Candidates[1].VrfKey = g.Candidates[0].VrfKey },
		"a key that is no point":          func(g *committee.GenesisState) { g.Candidates[0].VrfKey = make([]byte, 32) },
		"a stake of nobody":               func(g *committee.GenesisState) { g.Stakes[0].ConsensusAddress = nil },
	} {
		t.Run(name, func(t *testing.T) {
			var g committee.GenesisState
			cdc.MustUnmarshalJSON(exported.Genesis.State[committee.ModuleName], &g)
			spoil(&g)
			state := maps.Clone(exported.Genesis.State)
			state[committee.ModuleName] = cdc.MustMarshalJSON(&g)
			template := apptest.Template()
			require.ErrorIs(t, template.Basics().ValidateGenesis(cdc, template.TxConfig(), state), committee.ErrGenesis)
			requireNoStart(t, exported.Genesis, state, f.height()+1)
		})
	}
}

// So is a committee that the bonds don't make, which the committee's part alone does not show: the first block's votes would be of
// nobody, and stop the chain.
func TestAnExportWhoseCommitteeDoesNotFitTheBondsIsRefused(t *testing.T) {
	f := midTerm(t)
	exported, _ := f.chains[0].Successor(f.now)
	cdc := f.chains[0].Codec()
	for name, spoil := range map[string]func(*committee.Seat){
		"a key of no validator":                    func(s *committee.Seat) { s.ConsensusKey[0] ^= 1 },
		"an operator of no validator":              func(s *committee.Seat) { s.Operator = f.chains[0].Genesis.Accounts[33].Address.String() },
		"a stake that is not the one that is kept": func(s *committee.Seat) { s.Tokens = s.Tokens.AddRaw(1) },
	} {
		t.Run(name, func(t *testing.T) {
			var g committee.GenesisState
			cdc.MustUnmarshalJSON(exported.Genesis.State[committee.ModuleName], &g)
			spoil(&g.Committee.Seats[0])
			g.Services[0].Operator = g.Committee.Seats[0].Operator
			require.NoError(t, g.Validate())
			state := maps.Clone(exported.Genesis.State)
			state[committee.ModuleName] = cdc.MustMarshalJSON(&g)
			requireNoStart(t, exported.Genesis, state, f.height()+1)
		})
	}
}

// requireNoStart wants InitChain to end, as it does where a module can't take its part of a genesis.
func requireNoStart(t *testing.T, like *apptest.Genesis, state app.GenesisState, height int64) {
	t.Helper()
	genesis := *like
	genesis.State = state
	fresh := apptest.Open(t, &genesis)
	refuse := func() (cause any) {
		defer func() {
			if panicked := recover(); panicked != nil {
				cause = panicked
			}
		}()
		_, err := fresh.Init(height)
		return err
	}
	err, refused := refuse().(error)
	require.True(t, refused, "the chain starts")
	require.ErrorIs(t, err, committee.ErrGenesis)
}

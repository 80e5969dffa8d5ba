package sim

import (
	"context"
	"math/rand"
	"slices"
	"strings"
	"time"

	"github.com/cosmos/cosmos-sdk/testutil/simsx"
	sdk "github.com/cosmos/cosmos-sdk/types"
	simtypes "github.com/cosmos/cosmos-sdk/types/simulation"
	govv1 "github.com/cosmos/cosmos-sdk/x/gov/types/v1"

	"github.com/cpchain/cpchain/app"
)

// weighted is a factory and how often it is drawn, relative to the others.
type weighted struct {
	weight  uint32
	factory simsx.SimMsgFactoryX
}

// factories of all modules; it implements simsx.Registry.
type factories []weighted

// othersShare divides the weights of the SDK's messages: it is our modules that are to be tried most.
const othersShare = 4

// Add implements simsx.Registry.
func (f *factories) Add(weight uint32, factory simsx.SimMsgFactoryX) {
	if !own(factory) {
		weight = (weight + othersShare - 1) / othersShare
	}
	if weight > 0 {
		*f = append(*f, weighted{weight, factory})
	}
}

// own tells whether a factory makes a message of this project's modules.
func own(factory simsx.SimMsgFactoryX) bool {
	return strings.HasPrefix(sdk.MsgTypeURL(factory.MsgType()), "/cpchain.")
}

// draw picks a factory by weight.
func (f factories) draw(r *rand.Rand) simsx.SimMsgFactoryX {
	total := 0
	for _, w := range f {
		total += int(w.weight)
	}
	at := r.Intn(total)
	for _, w := range f {
		if at -= int(w.weight); at < 0 {
			return w.factory
		}
	}
	panic("a draw beyond the weights")
}

// defaultWeights takes the weights that the modules name.
var defaultWeights = simsx.WeightSourceFn(func(_ string, weight uint32) uint32 { return weight })

// ownProposals keeps the proposals of our modules. Those of the SDK's modules would set what this chain does not allow:
// another coin to bond, for one.
type ownProposals struct{ simsx.UniqueTypeRegistry }

// Add implements simsx.Registry.
func (o ownProposals) Add(weight uint32, factory simsx.SimMsgFactoryX) {
	if own(factory) {
		o.UniqueTypeRegistry.Add(weight, factory)
	}
}

// factoriesOf collects what every wired module offers, in the order of their names.
func factoriesOf(a *app.App) factories {
	var all factories
	var names []string
	proposals := ownProposals{simsx.NewUniqueTypeRegistry()}
	for name, m := range a.Modules().Modules {
		names = append(names, name)
		if m, ok := m.(simsx.HasProposalMsgsX); ok {
			m.ProposalMsgsX(defaultWeights, proposals)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		switch m := a.Modules().Modules[name].(type) {
		case simsx.HasWeightedOperationsX:
			m.WeightedOperationsX(defaultWeights, &all)
		case simsx.HasWeightedOperationsXWithProposals:
			m.WeightedOperationsX(defaultWeights, &all, proposals.Iterator(), nil)
		}
	}
	return all
}

// planned is a factory to be used at its time, such as a vote on a proposal.
type planned struct {
	due     time.Time
	factory simsx.SimMsgFactoryX
}

// plan implements simsx.FutureOpsRegistry.
type plan []planned

// Add implements simsx.FutureOpsRegistry.
func (p *plan) Add(due time.Time, factory simsx.SimMsgFactoryX) {
	*p = append(*p, planned{due, factory})
}

// take removes and returns what is due, oldest first.
func (p *plan) take(now time.Time) []simsx.SimMsgFactoryX {
	slices.SortStableFunc(*p, func(a, b planned) int { return a.due.Compare(b.due) })
	var due []simsx.SimMsgFactoryX
	for len(*p) > 0 && !(*p)[0].due.After(now) {
		due = append(due, (*p)[0].factory)
		*p = (*p)[1:]
	}
	return due
}

// elect plans that everybody votes for a proposal.
func (p *plan) elect(proposal uint64, due time.Time, voters []simtypes.Account) {
	for _, voter := range voters {
		p.Add(due, simsx.SimMsgFactoryFn[*govv1.MsgVote](
			func(_ context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, *govv1.MsgVote) {
				from := data.GetAccount(reporter, voter.AddressBech32)
				return []simsx.SimAccount{from}, govv1.NewMsgVote(voter.Address, proposal, govv1.OptionYes, "")
			}))
	}
}

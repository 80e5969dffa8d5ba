package integration

import (
	"testing"

	abci "github.com/cometbft/cometbft/abci/types"
	"github.com/stretchr/testify/require"

	sdk "github.com/cosmos/cosmos-sdk/types"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"

	"github.com/cpchain/cpchain/app/apptest"
)

// unbondedBlocks is after how many blocks of a fleet a bond is paid out, and the validator gone that had no other.
const unbondedBlocks = 65

// leave has an operator unbond all it has.
func (f *fleet) leave(who *candidate) []byte {
	return f.chains[0].Sign(who.Account, stakingtypes.NewMsgUndelegate(who.operator(), who.validator().String(), ucpc(apptest.Stake)))
}

func (f *fleet) exists(who *candidate) bool {
	_, err := f.chains[0].StakingKeeper.GetValidator(f.ctx(), who.validator())
	return err == nil
}

// CometBFT takes evidence until it is too old in blocks and in time. Where blocks take longer than the second that its age in blocks is
// reckoned by, that is long after the bond was paid out: such evidence must not stop the chain.
func TestEvidenceAgainstAValidatorThatIsGoneStopsNothing(t *testing.T) {
	genesis, people := fleetGenesis(t, 12, 0, fleetParams())
	f := newFleet(t, 3, people, apptest.Open(t, genesis))
	f.blocks(3)
	who := f.member()
	late := []abci.Misbehavior{f.evidence(who.consensus.PubKey().Address(), f.last)}
	f.block(f.leave(who))
	f.blocks(unbondedBlocks)
	require.False(t, f.exists(who))

	before := f.chains[0].BankKeeper.GetSupply(f.ctx(), "ucpc")
	block := f.propose(f.chains[0], nil)
	block.Misbehavior = late
	f.apply(block)
	require.Equal(t, before, f.chains[0].BankKeeper.GetSupply(f.ctx(), "ucpc"), "nothing is left to slash")
	f.blocks(3)
}

// Where every operator has left and every bond was paid out, the last members go on until somebody bonds again, who takes over.
func TestTheLastMembersStayUntilSomebodyBonds(t *testing.T) {
	genesis, people := fleetGenesis(t, 6, 0, fleetParams())
	c := newChurn(t, 4, people, apptest.Open(t, genesis))
	c.blocks(3)
	last := c.member()
	for _, who := range people {
		c.block(c.leave(who))
	}
	c.blocks(unbondedBlocks + len(people))
	for _, who := range people {
		require.False(t, c.exists(who), "%d", who.number)
	}
	require.Positive(t, c.sets.Current.Size())
	c.blocks(2 * int(fleetParams().TermBlocks))

	c.signed = map[string]bool{}
	c.block(c.sign(last, c.startAnew(last)...)...)
	c.blocks(3)
	require.True(t, c.exists(last))
	require.Equal(t, 1, c.sets.Current.Size())
	require.Equal(t, last.consensus.PubKey().Address(), c.sets.Current.Validators[0].Address, "under its new key")
	tokens, known, err := c.chains[0].CommitteeKeeper.TokensAt(c.ctx(), sdk.ConsAddress(c.sets.Current.Validators[0].Address), c.height())
	require.NoError(t, err)
	require.True(t, known)
	require.Equal(t, ucpc(apptest.Stake).Amount, tokens)
}

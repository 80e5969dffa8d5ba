package app

import (
	"bytes"
	"context"
	"testing"

	abci "github.com/cometbft/cometbft/abci/types"
	cmttypes "github.com/cometbft/cometbft/types"
	"github.com/stretchr/testify/require"

	"cosmossdk.io/log"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/cpchain/cpchain/pkg/vrf"
)

// chainOfOne has one member, and remembers what was mixed.
type chainOfOne struct {
	member sdk.ConsAddress
	key    vrf.PublicKey
	mixed  []byte
	mixes  int
}

func (c *chainOfOne) ProposerKey(_ context.Context, proposer sdk.ConsAddress) (vrf.PublicKey, bool, error) {
	return c.key, bytes.Equal(proposer, c.member), nil
}

func (c *chainOfOne) BlockInput(_ context.Context, height int64) ([]byte, error) {
	return []byte{byte(height)}, nil
}

func (c *chainOfOne) Mix(_ context.Context, _ sdk.ConsAddress, proof []byte) error {
	c.mixed = proof
	c.mixes++
	return nil
}

// newTestProposals is a node with a key, whose standard handlers take what fits and accept what holds no randomness.
func newTestProposals(key *vrf.PrivateKey, chain *chainOfOne) *proposals {
	return &proposals{
		randomness: chain, key: key, logger: log.NewNopLogger(),
		prepare: func(_ sdk.Context, req *abci.RequestPrepareProposal) (*abci.ResponsePrepareProposal, error) {
			var txs [][]byte
			room := req.MaxTxBytes
			for _, tx := range req.Txs {
				if room -= cmttypes.ComputeProtoSizeForTxs([]cmttypes.Tx{tx}); room < 0 {
					break
				}
				txs = append(txs, tx)
			}
			return &abci.ResponsePrepareProposal{Txs: txs}, nil
		},
		process: func(_ sdk.Context, req *abci.RequestProcessProposal) (*abci.ResponseProcessProposal, error) {
			if hasRandomness(req.Txs) {
				return &abci.ResponseProcessProposal{Status: abci.ResponseProcessProposal_REJECT}, nil
			}
			return &abci.ResponseProcessProposal{Status: abci.ResponseProcessProposal_ACCEPT}, nil
		},
	}
}

func testKey(b byte) vrf.PrivateKey { return vrf.FromSeed([vrf.SeedSize]byte{b}) }

func TestAProposalProvesRandomnessAndStillFits(t *testing.T) {
	key := testKey(1)
	member := sdk.ConsAddress("member--------------")
	p := newTestProposals(&key, &chainOfOne{member: member, key: key.Public()})
	txs := [][]byte{bytes.Repeat([]byte{1}, 100), bytes.Repeat([]byte{2}, 100), bytes.Repeat([]byte{3}, 100)}
	all := cmttypes.ComputeProtoSizeForTxs([]cmttypes.Tx{txs[0], txs[1], txs[2]})
	entry := cmttypes.ComputeProtoSizeForTxs([]cmttypes.Tx{randomnessEntry(make([]byte, vrf.ProofSize))})
	for _, c := range []struct {
		room int64
		want int
	}{{all + entry, 4}, {all + entry - 1, 3}, {entry, 1}} {
		res, err := p.Prepare(sdk.Context{}, &abci.RequestPrepareProposal{Txs: txs, MaxTxBytes: c.room, Height: 7, ProposerAddress: member})
		require.NoError(t, err)
		require.Len(t, res.Txs, c.want)
		var size []cmttypes.Tx
		for _, tx := range res.Txs {
			size = append(size, tx)
		}
		require.LessOrEqual(t, cmttypes.ComputeProtoSizeForTxs(size), c.room)
		require.Equal(t, abci.ResponseProcessProposal_ACCEPT, process(t, p, member, 7, res.Txs))
	}
}

func process(t *testing.T, p *proposals, proposer []byte, height int64, txs [][]byte) abci.ResponseProcessProposal_ProposalStatus {
	t.Helper()
	res, err := p.Process(sdk.Context{}, &abci.RequestProcessProposal{Txs: txs, Height: height, ProposerAddress: proposer})
	require.NoError(t, err)
	return res.Status
}

func TestProposalsWithBadRandomnessAreRejected(t *testing.T) {
	key, other := testKey(1), testKey(2)
	member := sdk.ConsAddress("member--------------")
	p := newTestProposals(nil, &chainOfOne{member: member, key: key.Public()})
	_, good := key.Prove([]byte{7})
	_, foreign := other.Prove([]byte{7})
	_, stale := key.Prove([]byte{6})
	tx := []byte("a transaction")
	for name, c := range map[string]struct {
		proposer []byte
		txs      [][]byte
		want     abci.ResponseProcessProposal_ProposalStatus
	}{
		"a good proof":                {member, [][]byte{randomnessEntry(good), tx}, abci.ResponseProcessProposal_ACCEPT},
		"no proof":                    {member, [][]byte{tx}, abci.ResponseProcessProposal_ACCEPT},
		"nothing":                     {member, nil, abci.ResponseProcessProposal_ACCEPT},
		"another key's proof":         {member, [][]byte{randomnessEntry(foreign)}, abci.ResponseProcessProposal_REJECT},
		"another height's proof":      {member, [][]byte{randomnessEntry(stale)}, abci.ResponseProcessProposal_REJECT},
		"a proof cut short":           {member, [][]byte{randomnessEntry(good[:79])}, abci.ResponseProcessProposal_REJECT},
		"a tag without a proof":       {member, [][]byte{randomnessEntry(nil)}, abci.ResponseProcessProposal_REJECT},
		"a proof in the second place": {member, [][]byte{tx, randomnessEntry(good)}, abci.ResponseProcessProposal_REJECT},
		"two proofs":                  {member, [][]byte{randomnessEntry(good), randomnessEntry(good)}, abci.ResponseProcessProposal_REJECT},
		"an unknown proposer's proof": {[]byte("somebody"), [][]byte{randomnessEntry(good)}, abci.ResponseProcessProposal_REJECT},
		"no proposer":                 {nil, [][]byte{randomnessEntry(good)}, abci.ResponseProcessProposal_REJECT},
	} {
		t.Run(name, func(t *testing.T) { require.Equal(t, c.want, process(t, p, c.proposer, 7, c.txs)) })
	}
}

func TestANodeWithoutTheRegisteredKeyProposesAllTheSame(t *testing.T) {
	key, other := testKey(1), testKey(2)
	member := sdk.ConsAddress("member--------------")
	for _, own := range []*vrf.PrivateKey{nil, &other} {
		p := newTestProposals(own, &chainOfOne{member: member, key: key.Public()})
		res, err := p.Prepare(sdk.Context{}, &abci.RequestPrepareProposal{Txs: [][]byte{{1}}, MaxTxBytes: 1000, ProposerAddress: member})
		require.NoError(t, err)
		require.Equal(t, [][]byte{{1}}, res.Txs)
	}
	p := newTestProposals(&key, &chainOfOne{member: member, key: key.Public()})
	res, err := p.Prepare(sdk.Context{}, &abci.RequestPrepareProposal{Txs: [][]byte{{1}}, MaxTxBytes: 1000, ProposerAddress: []byte("another")})
	require.NoError(t, err)
	require.Equal(t, [][]byte{{1}}, res.Txs, "another proposer's key is not ours")
}

func TestWhatIsMixedIsTheFirstEntryOnly(t *testing.T) {
	key := testKey(1)
	_, proof := key.Prove([]byte{7})
	for _, c := range []struct {
		txs  [][]byte
		want []byte
	}{
		{[][]byte{randomnessEntry(proof), {1}}, proof},
		{[][]byte{{1}, randomnessEntry(proof)}, nil}, // replayed or synced: Process never saw it
		{nil, nil},
	} {
		chain := &chainOfOne{}
		require.NoError(t, newTestProposals(nil, chain).PreBlock(sdk.Context{}, &abci.RequestFinalizeBlock{Txs: c.txs}))
		require.Equal(t, c.want, chain.mixed)
		require.Equal(t, 1, chain.mixes)
	}
}

func TestWhoLooksAtABlockReadsItsRandomness(t *testing.T) {
	plain := newEncoding().txConfig
	looking := BlockTxConfig{plain}
	entry := randomnessEntry([]byte{0xab, 0xcd})
	tx, err := looking.TxDecoder()(entry)
	require.NoError(t, err)
	require.Empty(t, tx.GetMsgs())
	require.Equal(t, "randomness of the block's proposer: abcd", tx.(sdk.TxWithMemo).GetMemo())
	_, err = plain.TxDecoder()(entry)
	require.Error(t, err, "the application does not take it for a transaction")
	_, err = looking.TxDecoder()([]byte("neither"))
	require.Error(t, err)
}

package chain_test

import (
	stded25519 "crypto/ed25519"
	"crypto/rand"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"
	"github.com/cometbft/cometbft/crypto/ed25519"
	"github.com/cometbft/cometbft/crypto/tmhash"
	cmtbytes "github.com/cometbft/cometbft/libs/bytes"
	"github.com/cometbft/cometbft/libs/log"
	cmtversion "github.com/cometbft/cometbft/proto/tendermint/version"
	coretypes "github.com/cometbft/cometbft/rpc/core/types"
	rpcserver "github.com/cometbft/cometbft/rpc/jsonrpc/server"
	rpctypes "github.com/cometbft/cometbft/rpc/jsonrpc/types"
	cmttypes "github.com/cometbft/cometbft/types"
	"github.com/cometbft/cometbft/version"
	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/cpchain/cpchain/app/apptest"
	"github.com/cpchain/cpchain/offchain/chain"
	"github.com/cpchain/cpchain/offchain/chain/light"
	"github.com/cpchain/cpchain/pkg/seal"
	provider "github.com/cpchain/cpchain/x/provider/types"
)

// committee is how many validators sign; they are all others every term blocks.
const (
	committee = 4
	term      = 3
)

// lightNode is the real application with headers that validators signed, behind an RPC that can be made to lie.
type lightNode struct {
	*rpcNode
	blocks  map[int64]*cmttypes.LightBlock
	results map[int64][]*abci.ExecTxResult
	first   int64
	// last block that made a header; app hash and results it left.
	appHash, resultsHash []byte
	lastID               cmttypes.BlockID

	// lies: each changes an answer before it is sent.
	lieRow    func(*abci.ResponseQuery)
	lieHeader func(*cmttypes.LightBlock) *cmttypes.LightBlock
	lieTx     func(*coretypes.ResultTx)
	lastShown int64
}

func newLightNode(t testing.TB) *lightNode {
	t.Helper()
	n := &lightNode{
		rpcNode: &rpcNode{app: apptest.New(t, 3, 1), seen: map[string]*coretypes.ResultTx{}},
		blocks:  map[int64]*cmttypes.LightBlock{}, results: map[int64][]*abci.ExecTxResult{},
	}
	n.made = n.sign
	for range 5 {
		n.block()
	}
	mux := http.NewServeMux()
	rpcserver.RegisterRPCFuncs(mux, map[string]*rpcserver.RPCFunc{
		"status":            rpcserver.NewRPCFunc(n.status, ""),
		"abci_query":        rpcserver.NewRPCFunc(n.answer, "path,data,height,prove"),
		"broadcast_tx_sync": rpcserver.NewRPCFunc(n.broadcastAndFollow, "tx"),
		"tx_search":         rpcserver.NewRPCFunc(n.find, "query,prove,page,per_page,order_by"),
		"commit":            rpcserver.NewRPCFunc(n.commit, "height"),
		"validators":        rpcserver.NewRPCFunc(n.validators, "height,page,per_page"),
		"block_results":     rpcserver.NewRPCFunc(n.blockResults, "height"),
	}, log.NewNopLogger())
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	n.url = server.URL
	return n
}

func keysAt(height int64) []ed25519.PrivKey {
	keys := make([]ed25519.PrivKey, committee)
	for i := range keys {
		keys[i] = ed25519.GenPrivKeyFromSecret(fmt.Appendf(nil, "term %d validator %d", height/term, i))
	}
	return keys
}

func setOf(keys []ed25519.PrivKey) *cmttypes.ValidatorSet {
	vals := make([]*cmttypes.Validator, len(keys))
	for i, k := range keys {
		vals[i] = cmttypes.NewValidator(k.PubKey(), 10)
	}
	return cmttypes.NewValidatorSet(vals)
}

// sign makes the header of the block the application has just executed.
func (n *lightNode) sign(txs cmttypes.Txs, res *abci.ResponseFinalizeBlock) {
	height := n.app.LastBlockHeight()
	if n.first == 0 {
		n.first = height
	}
	keys := keysAt(height)
	header := cmttypes.Header{
		Version: cmtversion.Consensus{Block: version.BlockProtocol}, ChainID: apptest.ChainID, Height: height, Time: n.app.TimeAt(height),
		LastBlockID: n.lastID, DataHash: txs.Hash(), AppHash: n.appHash, LastResultsHash: n.resultsHash, ConsensusHash: tmhash.Sum(nil),
		LastCommitHash: tmhash.Sum(nil), EvidenceHash: tmhash.Sum(nil), ProposerAddress: keys[0].PubKey().Address(),
		ValidatorsHash: setOf(keys).Hash(), NextValidatorsHash: setOf(keysAt(height + 1)).Hash(),
	}
	lb := signed(header, keys, committee)
	n.blocks[height], n.results[height] = lb, res.TxResults
	n.lastID = lb.Commit.BlockID
	n.appHash, n.resultsHash = res.AppHash, cmttypes.NewResults(res.TxResults).Hash()
}

// signed has the first signers of the validators with these keys sign a header.
func signed(header cmttypes.Header, keys []ed25519.PrivKey, signers int) *cmttypes.LightBlock {
	set := setOf(keys)
	id := cmttypes.BlockID{Hash: header.Hash(), PartSetHeader: cmttypes.PartSetHeader{Total: 1, Hash: tmhash.Sum(header.Hash())}}
	commit := &cmttypes.Commit{Height: header.Height, BlockID: id, Signatures: make([]cmttypes.CommitSig, len(keys))}
	for i := range commit.Signatures {
		commit.Signatures[i] = cmttypes.NewCommitSigAbsent()
	}
	for _, k := range keys[:signers] {
		at, val := set.GetByAddress(k.PubKey().Address())
		commit.Signatures[at] = cmttypes.CommitSig{BlockIDFlag: cmttypes.BlockIDFlagCommit, ValidatorAddress: val.Address, Timestamp: header.Time}
		sig, err := k.Sign(commit.VoteSignBytes(header.ChainID, at))
		if err != nil {
			panic(err)
		}
		commit.Signatures[at].Signature = sig
	}
	return &cmttypes.LightBlock{SignedHeader: &cmttypes.SignedHeader{Header: &header, Commit: commit}, ValidatorSet: set}
}

func (n *lightNode) tip() int64 {
	if n.lastShown != 0 {
		return n.lastShown
	}
	return n.app.LastBlockHeight()
}

func (n *lightNode) shown(height *int64) (*cmttypes.LightBlock, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	at := n.tip()
	if height != nil {
		at = *height
	}
	lb, ok := n.blocks[at]
	if !ok {
		return nil, fmt.Errorf("height %d is not available, lowest height is %d", at, n.first)
	}
	if n.lieHeader != nil {
		return n.lieHeader(lb), nil
	}
	return lb, nil
}

func (n *lightNode) commit(_ *rpctypes.Context, height *int64) (*coretypes.ResultCommit, error) {
	lb, err := n.shown(height)
	if err != nil {
		return nil, err
	}
	return &coretypes.ResultCommit{SignedHeader: *lb.SignedHeader, CanonicalCommit: true}, nil
}

func (n *lightNode) validators(_ *rpctypes.Context, height *int64, _, _ *int) (*coretypes.ResultValidators, error) {
	lb, err := n.shown(height)
	if err != nil {
		return nil, err
	}
	return &coretypes.ResultValidators{BlockHeight: lb.Height, Validators: lb.ValidatorSet.Validators, Count: committee, Total: committee}, nil
}

func (n *lightNode) blockResults(_ *rpctypes.Context, height *int64) (*coretypes.ResultBlockResults, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return &coretypes.ResultBlockResults{Height: *height, TxsResults: n.results[*height]}, nil
}

func (n *lightNode) answer(ctx *rpctypes.Context, path string, data cmtbytes.HexBytes, height int64, prove bool) (*coretypes.ResultABCIQuery, error) {
	res, err := n.query(ctx, path, data, height, prove)
	if err == nil && n.lieRow != nil {
		n.lieRow(&res.Response)
	}
	return res, err
}

func (n *lightNode) broadcastAndFollow(ctx *rpctypes.Context, tx cmttypes.Tx) (*coretypes.ResultBroadcastTx, error) {
	res, err := n.broadcast(ctx, tx)
	n.mu.Lock()
	defer n.mu.Unlock()
	n.block()
	return res, err
}

func (n *lightNode) find(ctx *rpctypes.Context, query string, prove bool, page, per *int, order string) (*coretypes.ResultTxSearch, error) {
	found, err := n.search(ctx, query, prove, page, per, order)
	if err != nil || len(found.Txs) == 0 || n.lieTx == nil {
		return found, err
	}
	changed := *found.Txs[0]
	n.lieTx(&changed)
	return &coretypes.ResultTxSearch{Txs: []*coretypes.ResultTx{&changed}, TotalCount: 1}, nil
}

// config of a client that trusts the node's first header. The clock stands at the newest block.
func (n *lightNode) config(t testing.TB) chain.Config {
	t.Helper()
	return chain.Config{
		RPC: n.url, ChainID: apptest.ChainID, GasPrices: "0.001ucpc", Home: t.TempDir(), MaxAge: time.Minute, Timeout: 2 * time.Second,
		Clock: func() time.Time { return n.app.TimeAt(n.app.LastBlockHeight()).Add(time.Second) },
		Trust: chain.Trust{
			Mode: chain.TrustLight, Height: n.first, Hash: n.blocks[n.first].Hash().String(), PeriodSeconds: 14 * 24 * 3600,
		},
	}
}

func (n *lightNode) dialLight(t testing.TB) *chain.Client {
	t.Helper()
	c, err := chain.Dial(t.Context(), n.config(t))
	require.NoError(t, err)
	return c
}

func (n *lightNode) requireLie(t *testing.T, err error, claimed, proved string) {
	t.Helper()
	var lie *light.LieError
	require.ErrorAs(t, err, &lie)
	require.Equal(t, n.url, lie.Node)
	require.NotZero(t, lie.Height)
	require.Contains(t, lie.Claimed, claimed)
	require.Contains(t, lie.Proved, proved)
	require.NotErrorIs(t, err, chain.ErrNotFound, "a lie is no absence")
}

func TestProvedRowsAreThoseANodeTells(t *testing.T) {
	n := newLightNode(t)
	n.register(t)
	plain, c := n.dial(t), n.dialLight(t)
	want, err := plain.Provider(t.Context(), 1)
	require.NoError(t, err)
	got, err := c.Provider(t.Context(), 1)
	require.NoError(t, err)
	require.Equal(t, want, got)
	byOperator, err := c.ProviderByOperator(t.Context(), want.Operator)
	require.NoError(t, err)
	require.Equal(t, want, byOperator)
	all, err := c.Holders(t.Context(), 0)
	require.NoError(t, err)
	wantAll, err := plain.Holders(t.Context(), 0)
	require.NoError(t, err)
	require.Equal(t, wantAll, all)
	key, err := c.PeerKey(t.Context(), 1, 1)
	require.NoError(t, err)
	require.Equal(t, want.PeerKey, key)
	params, err := c.ProviderParams(t.Context())
	require.NoError(t, err)
	wantParams, err := plain.ProviderParams(t.Context())
	require.NoError(t, err)
	require.Equal(t, wantParams, params)
	boundaries, err := c.Boundaries(t.Context())
	require.NoError(t, err)
	wantBoundaries, err := plain.Boundaries(t.Context())
	require.NoError(t, err)
	require.Equal(t, wantBoundaries, boundaries)
	byKey, err := c.ProviderByPeerKey(t.Context(), want.PeerKey)
	require.NoError(t, err)
	require.Equal(t, want, byKey)
	_, err = c.Pool(t.Context(), boundaries[0].Height)
	require.ErrorContains(t, err, "without a value, which no proof can show", "the pool was empty then")
	_, err = c.Deal(t.Context(), 1, 0)
	require.ErrorIs(t, err, chain.ErrNotFound)
	_, err = c.Provider(t.Context(), 9)
	require.ErrorIs(t, err, chain.ErrNotFound)
	require.ErrorContains(t, err, "proved not to exist")
	_, err = c.Grant(t.Context(), 1)
	require.ErrorIs(t, err, chain.ErrNotFound)
}

// register makes the third account a provider, by a client that trusts nobody.
func (n *lightNode) register(t *testing.T) {
	t.Helper()
	s := n.signer(t, n.dialLight(t), 2)
	_, err := s.Submit(t.Context(), chain.TxOptions{}, registration(t, s.Address()))
	require.NoError(t, err)
}

func registration(t *testing.T, operator string) *provider.MsgRegister {
	t.Helper()
	peer := stded25519.NewKeyFromSeed(make([]byte, 32))
	public := peer.Public().(stded25519.PublicKey)
	box, err := seal.NewBox(rand.Reader)
	require.NoError(t, err)
	sealKey := box.Public()
	proof, err := box.ProvePossession(rand.Reader, provider.SealKeyProofBytes(apptest.ChainID, operator, sealKey[:]))
	require.NoError(t, err)
	return &provider.MsgRegister{
		Operator: operator, Moniker: "node", Addresses: []string{"/ip4/127.0.0.1/tcp/4180"}, CapacityBytes: 1 << 20, Storage: true, Proxy: true,
		StoragePriceUcpc: math.ZeroInt(), ReencryptionPriceUcpc: math.ZeroInt(), Bond: sdk.NewInt64Coin("ucpc", 1_000_000_000),
		PeerKey: public, PeerKeyProof: stded25519.Sign(peer, provider.PeerKeyProofBytes(apptest.ChainID, operator, public)),
		SealKey: sealKey[:], SealKeyProof: proof,
	}
}

func TestARowANodeChangesIsALie(t *testing.T) {
	n := newLightNode(t)
	n.register(t)
	c := n.dialLight(t)
	n.lieRow = func(r *abci.ResponseQuery) {
		if r.ProofOps != nil && len(r.Value) > 0 {
			r.Value[len(r.Value)-1] ^= 1
		}
	}
	_, err := c.Provider(t.Context(), 1)
	n.requireLie(t, err, "to have the value", "its proof does not lead to app hash")
}

func TestARowANodeDropsIsALie(t *testing.T) {
	for name, lie := range map[string]func(*abci.ResponseQuery){
		"with the proof of the value": func(r *abci.ResponseQuery) { r.Value = nil },
		"with no proof":               func(r *abci.ResponseQuery) { r.Value, r.ProofOps = nil, nil },
	} {
		t.Run(name, func(t *testing.T) {
			n := newLightNode(t)
			n.register(t)
			c := n.dialLight(t)
			n.lieRow = lie
			_, err := c.Provider(t.Context(), 1)
			n.requireLie(t, err, "not to exist", "proof")
		})
	}
}

func TestTheProofOfAnotherRowOrOfAnEarlierStateIsALie(t *testing.T) {
	n := newLightNode(t)
	c := n.dialLight(t)
	var old *abci.ResponseQuery
	n.lieRow = func(r *abci.ResponseQuery) {
		if r.ProofOps != nil && old == nil {
			kept := *r
			old = &kept
		}
	}
	_, err := c.Provider(t.Context(), 1) // proved absent, truly
	require.ErrorIs(t, err, chain.ErrNotFound)
	n.lieRow = nil
	n.register(t)
	n.lieRow = func(r *abci.ResponseQuery) {
		if r.ProofOps != nil {
			*r = *old
		}
	}
	_, err = n.dialLight(t).Provider(t.Context(), 1)
	n.requireLie(t, err, "not to exist", "its proof does not lead to app hash")
}

func TestARowInAListThatIsNotOnChainIsALie(t *testing.T) {
	n := newLightNode(t)
	c := n.dialLight(t)
	forged, err := (&provider.QueryProvidersResponse{Providers: []provider.QueryProviderResponse{{Provider: provider.Provider{Id: 7}}}}).Marshal()
	require.NoError(t, err)
	n.lieRow = func(r *abci.ResponseQuery) {
		if r.ProofOps == nil {
			r.Value = forged
		}
	}
	answer := make(chan error)
	go func() {
		_, err := c.Holders(t.Context(), 0)
		answer <- err
	}()
	// the newest block might have made it, so the client waits for the next
	for {
		select {
		case err := <-answer:
			n.requireLie(t, err, "Providers finds something", "proved not to exist")
			return
		case <-time.After(100 * time.Millisecond):
			n.mu.Lock()
			n.block()
			n.mu.Unlock()
		}
	}
}

func TestANodeThatShowsAnOldHeightIsNotBelieved(t *testing.T) {
	n := newLightNode(t)
	old := n.app.LastBlockHeight()
	for range 40 {
		n.block()
	}
	n.lastShown = old
	cfg := n.config(t)
	cfg.MaxAge = 10 * time.Second
	c, err := chain.Dial(t.Context(), cfg)
	require.NoError(t, err)
	_, err = c.Provider(t.Context(), 1)
	require.ErrorIs(t, err, chain.ErrUnavailable)
	require.ErrorContains(t, err, n.url)
	require.ErrorContains(t, err, "old, over 10s: is it behind, or does it hold new blocks back?")
}

func TestAHeaderThatTooLittlePowerSignedIsALie(t *testing.T) {
	for name, forge := range map[string]func(*cmttypes.LightBlock) *cmttypes.LightBlock{
		"two of four validators": func(lb *cmttypes.LightBlock) *cmttypes.LightBlock {
			h := *lb.Header
			h.AppHash = tmhash.Sum([]byte("forged"))
			return signed(h, keysAt(lb.Height), 2)
		},
		"validators of the forger's own": func(lb *cmttypes.LightBlock) *cmttypes.LightBlock {
			h, own := *lb.Header, keysAt(1_000_000)
			h.AppHash, h.ValidatorsHash, h.NextValidatorsHash = tmhash.Sum([]byte("forged")), setOf(own).Hash(), setOf(own).Hash()
			return signed(h, own, committee)
		},
		"a header that its commit is not of": func(lb *cmttypes.LightBlock) *cmttypes.LightBlock {
			h := *lb.Header
			h.AppHash = tmhash.Sum([]byte("forged"))
			return &cmttypes.LightBlock{SignedHeader: &cmttypes.SignedHeader{Header: &h, Commit: lb.Commit}, ValidatorSet: lb.ValidatorSet}
		},
	} {
		t.Run(name, func(t *testing.T) {
			n := newLightNode(t)
			c := n.dialLight(t)
			honest := n.app.LastBlockHeight()
			for range 4 {
				n.block()
			}
			n.lieHeader = func(lb *cmttypes.LightBlock) *cmttypes.LightBlock {
				if lb.Height <= honest {
					return lb
				}
				return forge(lb)
			}
			_, err := c.Provider(t.Context(), 1)
			n.requireLie(t, err, "header", "")
			n.lieHeader = nil
			_, err = c.Provider(t.Context(), 1)
			require.ErrorIs(t, err, chain.ErrNotFound, "an honest answer is taken again")
		})
	}
}

func TestACommitteeThatTurnsOverWhollyIsFollowedByBisection(t *testing.T) {
	n := newLightNode(t)
	cfg := n.config(t)
	for range 50 * term {
		n.block()
	}
	cfg.MaxAge = time.Hour
	c, err := chain.Dial(t.Context(), cfg)
	require.NoError(t, err)
	tip, err := c.Tip(t.Context())
	require.NoError(t, err)
	require.Equal(t, n.app.LastBlockHeight()-1, tip.Height)

	again, err := chain.Dial(t.Context(), cfg)
	require.NoError(t, err, "what was verified is on disk")
	after, err := again.Tip(t.Context())
	require.NoError(t, err)
	require.Equal(t, tip, after)
}

func TestAnExpiredHeaderSaysWhatToDo(t *testing.T) {
	n := newLightNode(t)
	cfg := n.config(t)
	cfg.Clock = func() time.Time { return n.app.TimeAt(n.first).Add(15 * 24 * time.Hour) }
	_, err := chain.Dial(t.Context(), cfg)
	var expired *light.ExpiredError
	require.ErrorAs(t, err, &expired)
	for _, words := range []string{"older than the trusting period of 336h0m0s", "--trust-height", "--trust-hash", "trust_hash", "/commit", cfg.Home} {
		require.ErrorContains(t, err, words)
	}
}

func TestAnotherFirstHeaderThanTheTrustedOneIsALie(t *testing.T) {
	n := newLightNode(t)
	cfg := n.config(t)
	cfg.Trust.Hash = n.blocks[n.first+1].Hash().String()
	_, err := chain.Dial(t.Context(), cfg)
	n.requireLie(t, err, "hash "+n.blocks[n.first].Hash().String(), "trust_hash is "+cfg.Trust.Hash)
}

func TestAWitnessWithAnotherHeaderStopsTheClient(t *testing.T) {
	n, other := newLightNode(t), newLightNode(t)
	cfg := n.config(t)
	cfg.Trust.Witnesses = []string{other.url}
	c, err := chain.Dial(t.Context(), cfg)
	require.NoError(t, err)
	other.lieHeader = func(lb *cmttypes.LightBlock) *cmttypes.LightBlock {
		if lb.Height == n.first {
			return lb
		}
		h := *lb.Header
		h.AppHash = tmhash.Sum([]byte("forged"))
		return signed(h, keysAt(lb.Height), committee)
	}
	_, err = c.Provider(t.Context(), 1)
	n.requireLie(t, err, "header", other.url)
}

func TestATransactionANodeOnlyClaimsIsALie(t *testing.T) {
	for name, lie := range map[string]struct {
		change func(*coretypes.ResultTx)
		proved string
	}{
		"it is not in the block": {func(r *coretypes.ResultTx) { r.Proof = cmttypes.Txs{r.Tx, []byte("more")}.Proof(0) }, "data hash"},
		"it is another one":      {func(r *coretypes.ResultTx) { r.Tx = []byte("other") }, "another transaction"},
		"it failed":              {func(r *coretypes.ResultTx) { r.TxResult.Code = 0; r.TxResult.Data = []byte{1} }, "proved to have code"},
	} {
		t.Run(name, func(t *testing.T) {
			n := newLightNode(t)
			c := n.dialLight(t)
			s := n.signer(t, c, 0)
			n.lieTx = lie.change
			_, err := s.Submit(t.Context(), chain.TxOptions{}, n.send(0, 1, 1))
			n.requireLie(t, err, "to be included", lie.proved)
		})
	}
}

func TestADamagedHeaderSaysWhatToDelete(t *testing.T) {
	n := newLightNode(t)
	cfg := n.config(t)
	_, err := chain.Dial(t.Context(), cfg)
	require.NoError(t, err)
	dir := filepath.Join(cfg.Home, "headers")
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, entries, 1)
	require.NoError(t, os.WriteFile(filepath.Join(dir, entries[0].Name()), []byte("rot"), 0o600))
	_, err = chain.Dial(t.Context(), cfg)
	require.ErrorContains(t, err, "delete the folder "+dir)
}

func TestHeadersAreReadByManyAtOnce(t *testing.T) {
	n := newLightNode(t)
	n.register(t)
	c := n.dialLight(t)
	errs := make(chan error, 16)
	for range cap(errs) {
		go func() {
			_, err := c.Provider(t.Context(), 1)
			errs <- err
		}()
	}
	for range cap(errs) {
		require.NoError(t, <-errs)
	}
}

func BenchmarkRow(b *testing.B) {
	n := newLightNode(b)
	c := n.dialLight(b)
	res, err := n.query(nil, "/store/provider/key", provider.ParamsPoint(), n.app.LastBlockHeight()-1, true)
	require.NoError(b, err)
	b.ReportMetric(float64(res.Response.ProofOps.Size()), "proof-bytes")
	for b.Loop() {
		if _, err := c.ProviderParams(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}

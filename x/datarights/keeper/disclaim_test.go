package keeper

import (
	"crypto/ed25519"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cpchain/cpchain/pkg/merkle"
	"github.com/cpchain/cpchain/pkg/timechain"
	"github.com/cpchain/cpchain/x/datarights/types"
)

// received is a bundle whose anchor has real roots over eight shards and their receipts.
type received struct {
	*fixture
	stream   uint64
	receipts []types.Receipt
	shards   []merkle.Hash
}

// receive anchors a bundle whose receipts are signed by the holders, but those of the slots left out, which the writer made up.
func receive(f *fixture, unsent ...int) *received {
	w := &received{fixture: f, stream: f.stream("buoy-1")}
	m := f.nextAnchor(w.stream)
	var leaves []merkle.Hash
	for slot, id := range m.Anchor.Placement {
		label := fmt.Sprint("shard ", slot)
		r := types.Receipt{
			ChainId: testChain, Provider: id, PeerKeyVersion: 1, Stream: w.stream, Index: uint32(slot), Cid: rawCID(label), TreeRoot: hash(label),
			Size_: m.Anchor.ShardBytes, TicketHash: hash("ticket" + label),
		}
		signer := peerKey(id)
		for _, other := range unsent {
			if other == slot {
				signer = writerKey
			}
		}
		r.Signature = ed25519.Sign(signer, types.ReceiptSignBytes(r))
		w.receipts = append(w.receipts, r)
		w.shards = append(w.shards, merkle.LeafHash(timechain.ShardLeafData(r.Cid, merkle.Hash(r.TreeRoot))))
		leaves = append(leaves, merkle.LeafHash(bytesOfReceipt(r)))
	}
	shardRoot, receiptRoot := merkle.Root(w.shards), merkle.Root(leaves)
	m.Anchor.ShardRoot, m.Anchor.ReceiptRoot = shardRoot[:], receiptRoot[:]
	f.sign(m)
	_, err := f.msg.Anchor(f.ctx, m)
	require.NoError(f.t, err)
	return w
}

func bytesOfReceipt(r types.Receipt) []byte {
	bz, err := r.Marshal()
	if err != nil {
		panic(err)
	}
	return bz
}

func (w *received) disclaim(id uint64, slot uint32) error {
	_, err := w.msg.Disclaim(w.ctx, &types.MsgDisclaim{Operator: w.text(operator(id)), Stream: w.stream, Slot: slot})
	return err
}

// showing is what anybody with the receipts sends.
func (w *received) showing(slot int) *types.MsgShowReceipt {
	var leaves []merkle.Hash
	for _, r := range w.receipts {
		leaves = append(leaves, merkle.LeafHash(bytesOfReceipt(r)))
	}
	return &types.MsgShowReceipt{
		Sender: w.text(w.bob), Stream: w.stream, Slot: uint32(slot), Receipt: bytesOfReceipt(w.receipts[slot]),
		ReceiptPath: w.path(leaves, slot), ShardPath: w.path(w.shards, slot),
	}
}

func (w *received) path(leaves []merkle.Hash, i int) [][]byte {
	proof, err := merkle.Proof(leaves, i)
	require.NoError(w.t, err)
	var path [][]byte
	for _, h := range proof {
		path = append(path, h[:])
	}
	return path
}

func (w *received) endAt(height int64) {
	w.ctx = w.ctx.WithBlockHeight(height)
	require.NoError(w.t, w.k.EndBlock(w.ctx))
}

func (w *received) holder(slot int) uint64 {
	d, err := w.providers.Deal(w.ctx, w.stream, 0)
	require.NoError(w.t, err)
	return d.Slots[slot].Provider
}

func TestADisclaimNobodyRefutesEmptiesTheSlot(t *testing.T) {
	w := receive(newFixture(t), 2)
	require.NoError(t, w.disclaim(3, 2))
	due := w.ctx.BlockHeight() + types.DefaultParams().DisclaimBlocks
	require.Equal(t, []*types.EventDisclaimed{{Stream: w.stream, Slot: 2, Provider: 3, Due: due}}, events[*types.EventDisclaimed](w.fixture))
	w.refuses(types.ErrReceipt, func() error { _, err := w.msg.ShowReceipt(w.ctx, w.showing(2)); return err }) // made up by the writer
	w.refuses(types.ErrDisclaim, func() error { return w.disclaim(3, 2) })
	w.endAt(due - 1)
	require.EqualValues(t, 3, w.holder(2))
	w.endAt(due)
	require.Zero(t, w.holder(2))
	require.Equal(t, []*types.EventDisclaimEnded{{Stream: w.stream, Slot: 2, Provider: 3}}, events[*types.EventDisclaimEnded](w.fixture))
	require.EqualValues(t, testBond, w.providers.rows[3].Bond.Amount.Int64(), "who never received it loses nothing")
	w.refuses(types.ErrNoDisclaim, func() error { _, err := w.msg.ShowReceipt(w.ctx, w.showing(2)); return err })
}

func TestWhoDisclaimsWhatItSignedForLoses(t *testing.T) {
	w := receive(newFixture(t))
	require.NoError(t, w.disclaim(3, 2))
	w.ctx = w.ctx.WithBlockHeight(w.ctx.BlockHeight() + types.DefaultParams().DisclaimBlocks) // the last height that is in time
	res, err := w.msg.ShowReceipt(w.ctx, w.showing(2))
	require.NoError(t, err)
	require.EqualValues(t, testBond/10, res.Slashed.Amount.Int64())
	require.Contains(t, (*w.told)[len(*w.told)-1], "disclaimed one it had signed for")
	w.refuses(types.ErrNoDisclaim, func() error { _, err := w.msg.ShowReceipt(w.ctx, w.showing(2)); return err })
	w.refuses(types.ErrDisclaim, func() error { return w.disclaim(3, 2) })
	w.endAt(w.ctx.BlockHeight())
	require.EqualValues(t, 3, w.holder(2), "it stays named")
	require.Empty(t, events[*types.EventDisclaimEnded](w.fixture))
	w.ctx = w.ctx.WithBlockHeight(w.ctx.BlockHeight() + 1)
	w.refuses(types.ErrDisclaim, func() error { return w.disclaim(3, 2) })
}

func TestDisclaimRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		want   error
		change func(w *received)
		id     uint64
		slot   uint32
	}{
		"D-DCL-1: who operates nothing":              {types.ErrDisclaim, func(w *received) { delete(w.providers.rows, 3) }, 3, 2},
		"D-DCL-1: another's slot":                    {types.ErrDisclaim, func(*received) {}, 4, 2},
		"D-DCL-1: a slot that is none":               {types.ErrDisclaim, func(*received) {}, 3, 8},
		"D-DCL-1: a slot that was emptied":           {types.ErrDisclaim, func(w *received) { w.providers.deals[[2]uint64{w.stream, 0}].Slots[2].Provider = 0 }, 3, 2},
		"D-DCL-1: a bundle that is not anchored":     {types.ErrNotFound, func(w *received) { w.stream = 9 }, 3, 2},
		"D-DCL-2: a bundle anchored a while ago":     {types.ErrDisclaim, func(w *received) { w.ctx = w.ctx.WithBlockHeight(111 + types.DefaultParams().DisclaimBlocks) }, 3, 2},
		"D-DCL-1: a deal that is over, or was never": {types.ErrDisclaim, func(w *received) { delete(w.providers.deals, [2]uint64{w.stream, 0}) }, 3, 2},
	} {
		t.Run(name, func(t *testing.T) {
			w := receive(newFixture(t))
			deals := w.providers.clone().deals
			c.change(w)
			w.refuses(c.want, func() error { return w.disclaim(c.id, c.slot) })
			w.providers.deals = deals
		})
	}
}

func TestShowReceiptRefuses(t *testing.T) {
	resign := func(w *received, m *types.MsgShowReceipt, change func(*types.Receipt)) {
		r := w.receipts[2]
		change(&r)
		r.Signature = ed25519.Sign(peerKey(3), types.ReceiptSignBytes(r))
		m.Receipt = bytesOfReceipt(r)
	}
	for name, change := range map[string]func(w *received, m *types.MsgShowReceipt){
		"nothing":            func(_ *received, m *types.MsgShowReceipt) { m.Receipt = nil },
		"too much":           func(_ *received, m *types.MsgShowReceipt) { m.Receipt = make([]byte, 513) },
		"paths too long":     func(_ *received, m *types.MsgShowReceipt) { m.ShardPath = make([][]byte, 33) },
		"no receipt":         func(_ *received, m *types.MsgShowReceipt) { m.Receipt = []byte{255} },
		"another form of it": func(_ *received, m *types.MsgShowReceipt) { m.Receipt = append(m.Receipt, 0x98, 0x06, 0x01) },
		"another slot's":     func(w *received, m *types.MsgShowReceipt) { m.Receipt = bytesOfReceipt(w.receipts[3]) },
		"another chain's": func(w *received, m *types.MsgShowReceipt) {
			resign(w, m, func(r *types.Receipt) { r.ChainId = "other-1" })
		},
		"another bundle's":    func(w *received, m *types.MsgShowReceipt) { resign(w, m, func(r *types.Receipt) { r.Seq = 1 }) },
		"one of another size": func(w *received, m *types.MsgShowReceipt) { resign(w, m, func(r *types.Receipt) { r.Size_++ }) },
		"one for another shard": func(w *received, m *types.MsgShowReceipt) {
			resign(w, m, func(r *types.Receipt) { r.TreeRoot = hash("other") })
		},
		"one the anchor does not commit to": func(w *received, m *types.MsgShowReceipt) {
			resign(w, m, func(r *types.Receipt) { r.TicketHash = hash("other") })
		},
		"a short tree root": func(w *received, m *types.MsgShowReceipt) {
			resign(w, m, func(r *types.Receipt) { r.TreeRoot = r.TreeRoot[1:] })
		},
		"a short path":        func(_ *received, m *types.MsgShowReceipt) { m.ReceiptPath = m.ReceiptPath[1:] },
		"a path of no hashes": func(_ *received, m *types.MsgShowReceipt) { m.ShardPath[0] = m.ShardPath[0][1:] },
	} {
		t.Run(name, func(t *testing.T) {
			w := receive(newFixture(t))
			require.NoError(t, w.disclaim(3, 2))
			m := w.showing(2)
			change(w, m)
			w.refuses(types.ErrReceipt, func() error { _, err := w.msg.ShowReceipt(w.ctx, m); return err })
		})
	}
	w := receive(newFixture(t))
	w.refuses(types.ErrNoDisclaim, func() error { _, err := w.msg.ShowReceipt(w.ctx, w.showing(2)); return err })
	require.NoError(t, w.disclaim(3, 2))
	w.providers.peerKeys[3] = [][]byte{public(writerKey)}
	w.refuses(types.ErrReceipt, func() error { _, err := w.msg.ShowReceipt(w.ctx, w.showing(2)); return err }) // not the key that signed
}

func TestDisclaimsEndAFewPerBlockAndStopNothing(t *testing.T) {
	w := receive(newFixture(t), 0, 1, 2)
	params := types.DefaultParams()
	params.DisclaimsPerBlock = 2
	_, err := w.msg.UpdateParams(w.ctx, &types.MsgUpdateParams{Authority: testAuthority, Params: params})
	require.NoError(t, err)
	for slot := range uint32(3) {
		require.NoError(t, w.disclaim(uint64(slot)+1, slot))
	}
	w.providers.deals[[2]uint64{w.stream, 0}].Slots[1].Provider = 9 // somebody else has it by now
	events[*types.EventDisclaimEnded](w.fixture)
	due := w.ctx.BlockHeight() + params.DisclaimBlocks
	w.endAt(due)
	require.Zero(t, w.holder(0))
	require.EqualValues(t, 9, w.holder(1))
	require.EqualValues(t, 3, w.holder(2), "the third waits for the next block")
	w.endAt(due + 1)
	require.Zero(t, w.holder(2))
	ended := events[*types.EventDisclaimEnded](w.fixture)
	require.Len(t, ended, 3)
	require.Contains(t, ended[1].Error, "not the provider's any more")
}

func TestGenesisCarriesDisclaims(t *testing.T) {
	w := receive(newFixture(t))
	require.NoError(t, w.disclaim(3, 2))
	require.NoError(t, w.disclaim(4, 3))
	_, err := w.msg.ShowReceipt(w.ctx, w.showing(3))
	require.NoError(t, err)
	g, err := w.k.ExportGenesis(w.ctx)
	require.NoError(t, err)
	require.NoError(t, g.Validate())
	require.Len(t, g.Disclaims, 2)
	for name, spoil := range map[string]func(*types.GenesisState){
		"without anchor":   func(g *types.GenesisState) { g.Disclaims[0].Seq = 7 },
		"without provider": func(g *types.GenesisState) { g.Disclaims[0].Provider = 0 },
		"without end":      func(g *types.GenesisState) { g.Disclaims[0].Due = 0 },
		"twice":            func(g *types.GenesisState) { g.Disclaims[1] = g.Disclaims[0] },
	} {
		broken := *g
		broken.Disclaims = append([]types.Disclaim(nil), g.Disclaims...)
		spoil(&broken)
		require.ErrorIs(t, broken.Validate(), types.ErrGenesis, name)
	}
	again := newFixture(t)
	again.bank, again.providers = w.bank, w.providers
	again.k.bank, again.k.provider, again.k.storage = w.bank, w.providers, w.providers
	require.NoError(t, again.k.InitGenesis(again.ctx, g))
	second, err := again.k.ExportGenesis(again.ctx)
	require.NoError(t, err)
	require.Equal(t, g.Disclaims, second.Disclaims)
	broken, _ := w.ctx.CacheContext()
	require.NoError(t, w.k.disclaimsDue.Clear(broken, nil))
	require.ErrorContains(t, w.k.CheckInvariants(broken), "is not queued")
}

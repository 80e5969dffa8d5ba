package storage

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/cpchain/cpchain/offchain/storage/client"
	"github.com/cpchain/cpchain/offchain/storage/wire"
	"github.com/cpchain/cpchain/pkg/seal"
	datarights "github.com/cpchain/cpchain/x/datarights/types"
)

// A parcel is attacked entry by entry; the good one is taken. Intervals 0..4 closed, 5 and 6 open.
func TestParcelAttacks(t *testing.T) {
	w := newWorld(t)
	r := w.newReader(7)
	g := w.newGrant(5, r, 0, 6, 5, 1, 2, 3)
	other := w.newGrant(6, r, 0, 6, 5, 1, 2, 3)
	require.Greater(t, len(g.nodes), 3)
	last := len(g.nodes) - 1
	elsewhere := func(i int) wire.ParcelEntry { return g.parcels[2].Entries[i] }

	good, err := checkParcel(testChain, 1, g.row, g.parcels[1])
	require.NoError(t, err)
	require.Len(t, good, len(g.nodes))

	flip := func(b []byte) []byte {
		c := slices.Clone(b)
		c[len(c)-1] ^= 1
		return c
	}
	for name, c := range map[string]struct {
		change func(*wire.Parcel)
		words  string
	}{
		"for another chain":                  {func(p *wire.Parcel) { p.ChainId = "other" }, "other"},
		"for another grant":                  {func(p *wire.Parcel) { p.Grant = 6 }, "grant 6"},
		"for another provider":               {func(p *wire.Parcel) { p.Provider = 2 }, "provider 2"},
		"an entry missing":                   {func(p *wire.Parcel) { p.Entries = p.Entries[1:] }, "entries for"},
		"an entry too many":                  {func(p *wire.Parcel) { p.Entries = append(p.Entries, p.Entries[0]) }, "entries for"},
		"an entry twice, another missing":    {func(p *wire.Parcel) { p.Entries[1] = p.Entries[0] }, "leaf 0"},
		"entries in another order":           {func(p *wire.Parcel) { p.Entries[0], p.Entries[1] = p.Entries[1], p.Entries[0] }, "entry 0"},
		"another proxy's entry":              {func(p *wire.Parcel) { p.Entries[0] = elsewhere(0) }, "entry 0"},
		"another proxy's leaf at its place":  {func(p *wire.Parcel) { p.Entries[0].Leaf = elsewhere(0).Leaf }, "entry 0"},
		"another node's leaf at its place":   {func(p *wire.Parcel) { p.Entries[0].Leaf = p.Entries[1].Leaf }, "entry 0"},
		"a leaf of another grant":            {func(p *wire.Parcel) { p.Entries[0].Leaf = other.parcels[1].Entries[0].Leaf }, "entry 0"},
		"a leaf changed":                     {func(p *wire.Parcel) { p.Entries[0].Leaf = flip(p.Entries[0].Leaf) }, "entry 0"},
		"a leaf cut short":                   {func(p *wire.Parcel) { p.Entries[0].Leaf = p.Entries[0].Leaf[:9] }, "entry 0"},
		"a path changed":                     {func(p *wire.Parcel) { p.Entries[0].Path[0] = flip(p.Entries[0].Path[0]) }, "entry 0"},
		"a path cut short":                   {func(p *wire.Parcel) { p.Entries[0].Path = p.Entries[0].Path[1:] }, "entry 0"},
		"a share changed":                    {func(p *wire.Parcel) { p.Entries[0].FragmentKey = flip(p.Entries[0].FragmentKey) }, "entry 0"},
		"another proxy's share":              {func(p *wire.Parcel) { p.Entries[0].FragmentKey = elsewhere(0).FragmentKey }, "entry 0"},
		"a share of another grant":           {func(p *wire.Parcel) { p.Entries[0].FragmentKey = other.parcels[1].Entries[0].FragmentKey }, "entry 0"},
		"a share of zero":                    {func(p *wire.Parcel) { p.Entries[0].FragmentKey = make([]byte, 32) }, "entry 0"},
		"a share of another length":          {func(p *wire.Parcel) { p.Entries[0].FragmentKey = nil }, "0 bytes"},
		"a closed node without its capsule":  {func(p *wire.Parcel) { p.Entries[0].Capsule = nil }, "missing"},
		"a capsule changed":                  {func(p *wire.Parcel) { p.Entries[0].Capsule = flip(p.Entries[0].Capsule) }, "capsule"},
		"another node's capsule":             {func(p *wire.Parcel) { p.Entries[0].Capsule = p.Entries[1].Capsule }, "capsule"},
		"a foreign capsule for an open node": {func(p *wire.Parcel) { p.Entries[last].Capsule = p.Entries[0].Capsule }, "capsule"},
	} {
		t.Run(name, func(t *testing.T) {
			p := clone(t, g.parcels[1])
			c.change(&p)
			_, err := checkParcel(testChain, 1, g.row, p)
			require.ErrorIs(t, err, errParcel)
			require.ErrorContains(t, err, c.words)
		})
	}
	_, err = checkParcel(testChain, 4, g.row, g.parcels[1])
	require.ErrorIs(t, err, errParcel, "a provider that is no proxy")
}

func clone(t *testing.T, p wire.Parcel) wire.Parcel {
	t.Helper()
	bz, err := p.Marshal()
	require.NoError(t, err)
	var c wire.Parcel
	require.NoError(t, c.Unmarshal(bz))
	return c
}

func TestABadParcelIsRefusedOnChainWithTheReason(t *testing.T) {
	w := newWorld(t)
	w.start(1)
	r := w.newReader(7)
	g := w.newGrant(5, r, 0, 3, 100, 1, 2)
	p := clone(t, g.parcels[1])
	p.Entries[0].Capsule = nil
	conn := w.dial(1, w.asOwner())
	reply, err := conn.PushParcel(t.Context(), 5, w.sealed(p, 1))
	require.NoError(t, err)
	require.Equal(t, wire.PARCEL_STATE_REFUSED, reply.State)
	refusal, ok := w.awaitTx().(*datarights.MsgRefuseGrant)
	require.True(t, ok)
	require.Equal(t, uint64(5), refusal.Grant)
	require.Contains(t, refusal.Reason, "capsule is missing")
	require.Equal(t, reply.Reason, refusal.Reason)
	again, err := conn.PushParcel(t.Context(), 5, w.sealed(g.parcels[1], 1))
	require.NoError(t, err)
	require.Equal(t, wire.PARCEL_STATE_REFUSED, again.State, "a word given on chain stays")
}

func TestReasonsFitTheChainWhateverTheyQuote(t *testing.T) {
	reason := reasonOf(badParcel("it is of %s", strings.Repeat("ä\xff", maxReason)))
	require.LessOrEqual(t, len(reason), maxReason)
	require.True(t, utf8.ValidString(reason))
	require.Contains(t, reason, "bad parcel")
}

func TestOnlyTheOwnerPushesParcelsAndOnlyWhatOpens(t *testing.T) {
	w := newWorld(t)
	w.start(1)
	r := w.newReader(7)
	g := w.newGrant(5, r, 0, 3, 100, 1, 2)
	w.newGrant(6, r, 0, 3, 100, 2, 3)
	over := w.newGrant(7, r, 0, 3, 100, 1, 2)
	w.chain.edit(func() {
		row := over.row
		row.Status = datarights.GRANT_STATUS_REVOKED
		w.chain.grants[7] = row
	})
	good := w.sealed(g.parcels[1], 1)
	push := func(id client.Identity, grant uint64, sealed []byte) error {
		_, err := w.dial(1, id).PushParcel(t.Context(), grant, sealed)
		return err
	}
	requireCode(t, push(nil, 5, good), wire.CODE_UNAUTHENTICATED, "no session")
	requireCode(t, push(signerOf(newAccount()), 5, good), wire.CODE_DENIED, "only the owner")
	requireCode(t, push(r.identity(), 5, good), wire.CODE_DENIED, "only the owner")
	requireCode(t, push(w.asOwner(), 5, []byte("rubbish")), wire.CODE_BAD_REQUEST, "does not open")
	requireCode(t, push(w.asOwner(), 5, w.sealed(over.parcels[1], 1)), wire.CODE_BAD_REQUEST, "does not open")
	requireCode(t, push(w.asOwner(), 6, good), wire.CODE_DENIED, "no proxy of grant 6")
	requireCode(t, push(w.asOwner(), 7, w.sealed(over.parcels[1], 1)), wire.CODE_DENIED, "over")
	requireCode(t, push(w.asOwner(), 99, good), wire.CODE_NOT_FOUND, "not on chain")
	plain, err := seal.SealTo(w.nodes[1].deps.Self.SealKey.Public(), []byte(wire.ParcelInfo), wire.ParcelAAD(testChain, 5, 1), []byte{0xff})
	require.NoError(t, err)
	requireCode(t, push(w.asOwner(), 5, plain), wire.CODE_BAD_REQUEST, "parcel")
	require.Empty(t, w.chain.txs, "none of this reached the chain")

	require.NoError(t, push(w.asOwner(), 5, good))
	w.awaitTx()
}

func FuzzParcel(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{0x22, 0x00})
	g := datarights.Grant{Id: 1, LastInterval: 3, Split: 9, Leaves: 1, Proxies: []datarights.GrantProxy{{Provider: 1}}}
	f.Fuzz(func(t *testing.T, b []byte) {
		var p wire.Parcel
		if p.Unmarshal(b) != nil {
			return
		}
		p.ChainId, p.Grant, p.Provider = testChain, 1, 1
		_, err := checkParcel(testChain, 1, g, p)
		require.Error(t, err)
	})
}

package overlay

import (
	"context"
	"crypto/ed25519"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpchain/cpchain/offchain/storage/wire"
	datarights "github.com/cpchain/cpchain/x/datarights/types"
	provider "github.com/cpchain/cpchain/x/provider/types"
)

var errNoRow = errors.New("no such row")

// rows is a chain with one stream, one anchor and three providers, of which 1 and 2 hold bundle 1.
type rows struct {
	writer ed25519.PublicKey
	proxy  provider.Status // of provider 3
	down   bool
	asked  int
}

func public(b byte) ed25519.PublicKey { return testKey(b).Public().(ed25519.PublicKey) }

func (r *rows) Stream(_ context.Context, id uint64) (datarights.Stream, datarights.Head, error) {
	r.asked++
	if id != 1 || r.down {
		return datarights.Stream{}, datarights.Head{}, errNoRow
	}
	return datarights.Stream{Id: 1, Writer: datarights.Writer{Key: r.writer}}, datarights.Head{}, nil
}

func (r *rows) Anchor(_ context.Context, stream, seq uint64) (datarights.QueryAnchorResponse, error) {
	r.asked++
	if stream != 1 || seq != 1 || r.down {
		return datarights.QueryAnchorResponse{}, errNoRow
	}
	return datarights.QueryAnchorResponse{
		Row:       datarights.AnchorRow{Anchor: datarights.Anchor{Stream: 1, Seq: 1, ManifestCid: wire.CID([]byte{1})}},
		Placement: datarights.Placement{Providers: []uint64{1, 2}},
	}, nil
}

func (r *rows) Provider(_ context.Context, id uint64) (provider.Provider, error) {
	r.asked++
	if id < 1 || id > 3 || r.down {
		return provider.Provider{}, errNoRow
	}
	return provider.Provider{Id: id, PeerKey: public(10 + byte(id)), Proxy: id == 3, Status: r.proxy}, nil
}

func TestChainAuthority(t *testing.T) {
	facts := &rows{writer: public(1), proxy: provider.STATUS_ACTIVE}
	byHolder := func(id uint64, key byte, change func(*wire.Hint)) wire.Hint {
		h := wire.Hint{ChainId: chainID, Stream: 1, Seq: 1, Providers: []uint64{1, 2}, ManifestCid: wire.CID([]byte{1})}
		change(&h)
		return SignHint(h, id, testKey(key), epoch)
	}
	as := func(*wire.Hint) {}
	for name, c := range map[string]struct {
		hint wire.Hint
		ok   bool
	}{
		"lets the writer speak":                          {hint(1, testKey(1), epoch), true},
		"lets the writer speak before the anchor":        {hint(7, testKey(1), epoch), true},
		"refuses who is not the writer":                  {hint(1, testKey(2), epoch), false},
		"lets a holder repeat the placement":             {byHolder(1, 11, as), true},
		"refuses a holder's word against the placement":  {byHolder(1, 11, func(h *wire.Hint) { h.Providers = []uint64{1} }), false},
		"refuses a holder's word against the manifest":   {byHolder(1, 11, func(h *wire.Hint) { h.ManifestCid = wire.CID(nil) }), false},
		"refuses a provider that holds nothing":          {byHolder(3, 13, as), false},
		"refuses a key that is not the provider's":       {byHolder(1, 12, as), false},
		"refuses a holder of a bundle that is not there": {byHolder(1, 11, func(h *wire.Hint) { h.Seq = 2 }), false},
		"refuses another chain":                          {byHolder(1, 11, func(h *wire.Hint) { h.ChainId = "other" }), false},
	} {
		t.Run(name, func(t *testing.T) {
			err := NewChainAuthority(chainID, facts, at(epoch)).Hint(t.Context(), c.hint)
			require.Equal(t, c.ok, err == nil, "%v", err)
		})
	}
}

func TestChainAuthorityOnKeys(t *testing.T) {
	facts := &rows{writer: public(1), proxy: provider.STATUS_ACTIVE}
	word := func(id uint64, key byte) error {
		k := wire.KeyHint{ChainId: chainID, Stream: 1, FirstSeq: 1}
		return NewChainAuthority(chainID, facts, at(epoch)).KeyHint(t.Context(), SignKeyHint(k, id, testKey(key), epoch))
	}
	require.NoError(t, word(0, 1), "the writer")
	require.NoError(t, word(2, 12), "a holder of the data")
	require.NoError(t, word(3, 13), "an active proxy")
	require.Error(t, word(0, 2), "a stranger")
	require.Error(t, word(3, 12), "another provider's key")
	facts.proxy = provider.STATUS_LEFT
	require.Error(t, word(3, 13), "a proxy that has left")
}

func TestVerdictsAreRememberedAMinuteButNotFailures(t *testing.T) {
	now := epoch
	facts := &rows{writer: public(1), down: true}
	a := NewChainAuthority(chainID, facts, func() time.Time { return now })
	h := hint(1, testKey(1), epoch)
	require.Error(t, a.Hint(t.Context(), h), "what the chain cannot confirm is refused")
	facts.down = false
	require.NoError(t, a.Hint(t.Context(), h), "and asked again")
	facts.asked, facts.writer = 0, public(2)
	require.NoError(t, a.Hint(t.Context(), h))
	require.Zero(t, facts.asked)
	now = now.Add(verdictLife)
	require.ErrorIs(t, a.Hint(t.Context(), h), errForeignSigner, "a writer that was replaced")
}

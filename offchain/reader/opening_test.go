package reader

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	datarights "github.com/cpchain/cpchain/x/datarights/types"
)

// What proxies did not give may come by a demand on chain: the opening goes on with it.
func TestAnOpeningGoesOnWithAnswersThatCameAnotherWay(t *testing.T) {
	w := newWorld(t)
	w.down[2], w.down[3] = true, true
	f := &Fetcher{Chain: w, Network: w, Workers: 1}
	ctx := context.Background()
	o, err := f.Ask(ctx, w.grant, 2, 5)
	require.NoError(t, err)
	require.False(t, o.Enough())
	_, err = o.Open(w.reader)
	require.ErrorIs(t, err, ErrTooFewAnswers)
	shut := o.Shut()
	require.Len(t, shut, len(w.built.Nodes))
	for i, s := range shut {
		require.EqualValues(t, i, s.Number)
		require.Equal(t, []uint64{2, 3}, s.Silent)
		require.NotEmpty(t, s.Capsule, "the proxy that answered has shown it")
		a, err := w.answer(2, w.grant.Id, s.Node)
		require.NoError(t, err)
		bad := a
		bad.Fragment = append([]byte(nil), a.Fragment...)
		bad.Fragment[70] ^= 1
		require.Error(t, o.Add(ctx, bad), "not what the proxy signed")
		require.NoError(t, o.Add(ctx, a))
		require.NoError(t, o.Add(ctx, a), "twice counts once")
	}
	require.True(t, o.Enough())
	_, err = o.Open(w.reader)
	require.NoError(t, err)
	stranger, err := w.answer(1, w.grant.Id, shut[0].Node)
	require.NoError(t, err)
	stranger.Provider = 77
	require.ErrorContains(t, o.Add(ctx, stranger), "has no parcel")
}

// The reader asks who holds a parcel by the row, and takes its answers for the drawn proxy's leaf.
func TestAReaderFollowsAParcelThatWasHandedOver(t *testing.T) {
	w := newWorld(t)
	w.grant.Proxies[0].HandedTo = []datarights.Holder{{Provider: 9, PeerKeyVersion: 1}}
	w.handed = map[uint64]uint64{9: 1}
	w.down[2] = true
	_, report, err := w.fetch(w.reader, w, 2, 5)
	require.NoError(t, err)
	require.Equal(t, []uint64{9, 3}, report.ProxiesUsed)
}

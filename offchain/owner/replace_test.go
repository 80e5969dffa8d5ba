package owner

import (
	"testing"

	"github.com/stretchr/testify/require"

	datarights "github.com/cpchain/cpchain/x/datarights/types"
)

// proxies are rows in the states given, asked at height 10 times their id.
func proxies(states ...datarights.ProxyState) datarights.Grant {
	g := datarights.Grant{Status: datarights.GRANT_STATUS_LIVE}
	for i, state := range states {
		g.Proxies = append(g.Proxies, datarights.GrantProxy{Provider: uint64(i + 1), State: state, Height: int64(i+1) * 10})
	}
	return g
}

const (
	asked    = datarights.PROXY_STATE_ASKED
	accepted = datarights.PROXY_STATE_ACCEPTED
	refused  = datarights.PROXY_STATE_REFUSED
	spare    = datarights.PROXY_STATE_SPARE
	replaced = datarights.PROXY_STATE_REPLACED
)

func TestWhoRefusedOrIsSilentIsReplacedByAsManySparesAsThereAre(t *testing.T) {
	for name, c := range map[string]struct {
		g      datarights.Grant
		height int64
		who    []uint64
		due    int64
	}{
		"nobody is silent yet":                  {proxies(accepted, asked, asked, spare), 119, nil, 120},
		"the first is silent":                   {proxies(accepted, asked, asked, spare), 120, []uint64{2}, 0},
		"both are, and there is one spare":      {proxies(accepted, asked, asked, spare), 130, []uint64{2}, 0},
		"both are, and there are two spares":    {proxies(accepted, asked, asked, spare, spare), 130, []uint64{2, 3}, 0},
		"one refused, the other may yet answer": {proxies(refused, asked, spare, spare), 11, []uint64{1}, 0},
		"everybody has answered":                {proxies(accepted, accepted, replaced, spare), 999, nil, 0},
		"no spare is left":                      {proxies(asked, refused, replaced), 999, nil, 0},
	} {
		who, due := Replaceable(c.g, c.height, 100)
		require.Equal(t, c.who, who, name)
		require.Equal(t, c.due, due, name)
	}
}

func TestParcelsAreKeptWhileASpareMayNeedThem(t *testing.T) {
	require.True(t, Finished(proxies(accepted, accepted, spare)))
	require.True(t, Finished(proxies(accepted, refused)), "nobody can take the place")
	require.False(t, Finished(proxies(accepted, refused, spare)))
	require.False(t, Finished(proxies(accepted, asked)))
	pending := proxies(accepted, accepted)
	pending.Status = datarights.GRANT_STATUS_PENDING
	require.False(t, Finished(pending))
}

package types

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAllowsAtEveryBoundary(t *testing.T) {
	live := Grant{FirstInterval: 10, LastInterval: 20, ExpiresAt: 1000, Status: GRANT_STATUS_LIVE}
	pending, revoked := live, live
	pending.Status = GRANT_STATUS_PENDING
	revoked.Status, revoked.RevokedAt = GRANT_STATUS_REVOKED, 500
	one := live
	one.FirstInterval, one.LastInterval = 0, 0
	rekeyed := live
	rekeyed.KeyEpoch = 2
	all := live
	all.FirstInterval, all.LastInterval = 0, 1<<32-1

	for _, c := range []struct {
		name     string
		grant    Grant
		interval uint32
		unix     int64
		want     Reason
	}{
		{"opens an interval inside the range", live, 15, 500, ReasonOK},
		{"opens the first interval of the range", live, 10, 500, ReasonOK},
		{"opens the last interval of the range", live, 20, 500, ReasonOK},
		{"does not open the interval before the range", live, 9, 500, ReasonBeforeRange},
		{"does not open the interval after the range", live, 21, 500, ReasonAfterRange},
		{"opens a range of one interval", one, 0, 500, ReasonOK},
		{"does not open the interval after a range of one", one, 1, 500, ReasonAfterRange},
		{"opens the very last interval there is", all, 1<<32 - 1, 500, ReasonOK},
		{"opens in the last second before the expiry", live, 15, 999, ReasonOK},
		{"is over at the expiry second exactly", live, 15, 1000, ReasonExpired},
		{"stays over after the expiry", live, 15, 1001, ReasonExpired},
		{"opens at any time before, the clock going back included", live, 15, -1, ReasonOK},
		{"does not open while its proxies have not accepted", pending, 15, 500, ReasonPending},
		{"expires also when it was never accepted", pending, 15, 1000, ReasonExpired},
		{"does not open once revoked", revoked, 15, 600, ReasonRevoked},
		{"does not open once revoked, whatever the clock says", revoked, 15, 499, ReasonRevoked},
		{"tells the revocation rather than the expiry", revoked, 15, 2000, ReasonRevoked},
		{"tells the revocation rather than the range", revoked, 99, 600, ReasonRevoked},
		{"tells the expiry rather than the range", live, 99, 1000, ReasonExpired},
		{"tells the waiting rather than the range", pending, 99, 500, ReasonPending},
		{"does not open an interval sealed under a later key epoch", rekeyed, 15, 500, ReasonKeyEpoch},
		{"tells the range rather than the key epoch", rekeyed, 9, 500, ReasonBeforeRange},
		{"tells the end rather than the key epoch", rekeyed, 15, 1000, ReasonExpired},
		{"opens nothing of a row that is none", Grant{}, 0, -1, ReasonPending},
		{"opens nothing of a row of unknown status", Grant{ExpiresAt: 10, Status: 9}, 0, 0, ReasonPending},
	} {
		t.Run(c.name, func(t *testing.T) {
			ok, reason := Allows(c.grant, 0, c.interval, c.unix)
			require.Equal(t, c.want, reason)
			require.Equal(t, c.want == ReasonOK, ok)
			require.NotEqual(t, string(reason), reason.String(), "every reason has words")
		})
	}
	require.Equal(t, "unheard of", Reason("unheard of").String())
}

func TestEndOfAGrantIsItsExpiryOrItsRevocation(t *testing.T) {
	g := Grant{ExpiresAt: 1000, Status: GRANT_STATUS_LIVE}
	require.EqualValues(t, 1000, g.End())
	g.Status, g.RevokedAt = GRANT_STATUS_REVOKED, 500
	require.EqualValues(t, 500, g.End())
	g.RevokedAt = 1500
	require.EqualValues(t, 1000, g.End())
}

// FuzzAllows: whatever the row, an interval opens only inside the range, before the end, of a live grant.
func FuzzAllows(f *testing.F) {
	f.Add(int32(2), uint32(1), uint32(5), int64(100), int64(0), uint32(0), uint32(3), int64(50))
	f.Add(int32(3), uint32(0), uint32(1<<32-1), int64(1<<62), int64(7), uint32(1), uint32(0), int64(-1))
	f.Fuzz(func(t *testing.T, status int32, first, last uint32, expires, revoked int64, epoch, interval uint32, now int64) {
		g := Grant{Status: GrantStatus(status), FirstInterval: first, LastInterval: last, ExpiresAt: expires, RevokedAt: revoked}
		ok, reason := Allows(g, epoch, interval, now)
		inside := g.Status == GRANT_STATUS_LIVE && first <= interval && interval <= last && now < expires && epoch == 0
		if ok != inside || ok != (reason == ReasonOK) {
			t.Fatalf("%+v, interval %d at %d: %t, %s", g, interval, now, ok, reason)
		}
	})
}

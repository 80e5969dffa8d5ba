package types

import "fmt"

// Reason is the code of why a grant does or doesn't open an interval; String gives the sentence for people.
type Reason string

// Reasons Allows gives.
const (
	ReasonOK          Reason = "ok"
	ReasonPending     Reason = "pending"
	ReasonRevoked     Reason = "revoked"
	ReasonExpired     Reason = "expired"
	ReasonBeforeRange Reason = "before_range"
	ReasonAfterRange  Reason = "after_range"
	ReasonKeyEpoch    Reason = "key_epoch"
)

var _ fmt.Stringer = ReasonOK

// String is the reason in words.
func (r Reason) String() string {
	switch r {
	case ReasonOK:
		return "the grant opens it"
	case ReasonPending:
		return "the grant waits for its proxies' acceptance"
	case ReasonRevoked:
		return "the grant has been revoked"
	case ReasonExpired:
		return "the grant has expired"
	case ReasonBeforeRange:
		return "the interval lies before the granted range"
	case ReasonAfterRange:
		return "the interval lies after the granted range"
	case ReasonKeyEpoch:
		return "the owner has rekeyed the stream: the grant's key epoch ended before the interval"
	}
	return string(r)
}

// Allows tells whether a grant opens an interval, sealed under a key epoch (Stream.KeyEpochAt, or its anchor's), at a time
// (unix seconds). It is a pure function of point keys, so that whoever has them proved can answer alone. The tombstone wins
// over everything; at its expiry second a grant is over. A rekey ends what a grant has beyond it: that is said last, so
// ReasonKeyEpoch means that nothing but the rekey stands in the way.
func Allows(g Grant, epoch, interval uint32, unix int64) (bool, Reason) {
	switch {
	case g.Status == GRANT_STATUS_REVOKED:
		return false, ReasonRevoked
	case unix >= g.ExpiresAt:
		return false, ReasonExpired
	case g.Status != GRANT_STATUS_LIVE:
		return false, ReasonPending
	case interval < g.FirstInterval:
		return false, ReasonBeforeRange
	case interval > g.LastInterval:
		return false, ReasonAfterRange
	case epoch != g.KeyEpoch:
		return false, ReasonKeyEpoch
	}
	return true, ReasonOK
}

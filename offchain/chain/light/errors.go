package light

import (
	"errors"
	"fmt"
	"time"

	cmtlight "github.com/cometbft/cometbft/light"
	"github.com/cometbft/cometbft/light/provider"
)

// ErrUnavailable means that no answer came, or none new enough: another node, or a later moment, may help.
var ErrUnavailable = errors.New("no verified header to be had")

// LieError is what a node said that cannot be so.
type LieError struct {
	// Node is the RPC address; Height the block that was spoken of.
	Node   string
	Height int64
	// Claimed is what the node said, Proved what the proof, or the signatures, say.
	Claimed, Proved string
}

// Error implements error.
func (e *LieError) Error() string {
	return fmt.Sprintf("chain node %s lies: at height %d it claimed %s, but %s: use another node", e.Node, e.Height, e.Claimed, e.Proved)
}

// ExpiredError means that the newest verified header is older than the trusting period: validators that have unbonded
// since could sign anything at no cost, so a new header must be trusted by its hash.
type ExpiredError struct {
	Height int64
	Time   time.Time
	Period time.Duration
	// Dir holds the verified headers.
	Dir string
}

// Error implements error.
func (e *ExpiredError) Error() string {
	return fmt.Sprintf("the newest verified header (height %d of %s) is older than the trusting period of %s: get height and hash of a recent "+
		"block from somebody you trust, such as an explorer or your own node (cpchaind query block --type=height HEIGHT, or its RPC /commit), "+
		"compare two sources, set trust_height and trust_hash in config.toml (what init --trust-height HEIGHT --trust-hash HASH writes) and delete %s",
		e.Height, e.Time.UTC().Format(time.RFC3339), e.Period, e.Dir)
}

// ofHeader says what an error of the light client means.
func (c *Client) ofHeader(err error) error {
	var old cmtlight.ErrOldHeaderExpired
	var failed cmtlight.ErrVerificationFailed
	var invalid cmtlight.ErrInvalidHeader
	var untrusted cmtlight.ErrNewValSetCantBeTrusted
	var bad provider.ErrBadLightBlock
	switch {
	case errors.As(err, &old):
		return c.expired()
	case errors.As(err, &failed):
		if errors.As(failed.Reason, &old) {
			return c.expired()
		}
		return c.lie(failed.To, "a header", failed.Reason)
	case errors.As(err, &invalid), errors.As(err, &untrusted), errors.As(err, &bad):
		return c.lie(c.newest.Height, "a header that follows this one", err)
	case errors.Is(err, cmtlight.ErrLightClientAttack):
		return &LieError{
			Node: c.cfg.RPC, Height: c.newest.Height,
			Claimed: "a header that follows this one", Proved: fmt.Sprintf("a witness of %v has another one that is signed too: one of them lies: %v", c.cfg.Witnesses, err),
		}
	default:
		return fmt.Errorf("%w: chain node %s: %w", ErrUnavailable, c.cfg.RPC, err)
	}
}

func (c *Client) lie(height int64, claimed string, reason error) error {
	return &LieError{Node: c.cfg.RPC, Height: height, Claimed: claimed, Proved: reason.Error()}
}

func (c *Client) expired() error {
	return &ExpiredError{Height: c.newest.Height, Time: c.newest.Time, Period: c.cfg.Period, Dir: c.cfg.Dir}
}

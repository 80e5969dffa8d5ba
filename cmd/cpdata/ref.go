package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/cpchain/cpchain/offchain/chain"
	datarights "github.com/cpchain/cpchain/x/datarights/types"
)

const streamRefHelp = `A stream is named by its number, by <chain-id>/<number>, by the name you gave it, or by <owner>/<name> with the
owner as an address or as a key name of your keyring.`

// stream finds the stream a person names.
func (a *app) stream(ctx context.Context, ref string) (datarights.Stream, datarights.Head, error) {
	c, err := a.chain(ctx)
	if err != nil {
		return datarights.Stream{}, datarights.Head{}, err
	}
	scope, name, scoped := strings.Cut(ref, "/")
	if !scoped {
		name = ref
	}
	if id, err := strconv.ParseUint(name, 10, 64); err == nil {
		if scoped && scope != c.ChainID() {
			return datarights.Stream{}, datarights.Head{}, fmt.Errorf("stream %s is not on chain %s", ref, c.ChainID())
		}
		s, h, err := c.Stream(ctx, id)
		return s, h, wrapStream(ref, err)
	}
	ownerAddr, err := a.ownerAddress(scope, scoped)
	if err != nil {
		return datarights.Stream{}, datarights.Head{}, err
	}
	s, h, err := c.StreamByName(ctx, ownerAddr, name)
	return s, h, wrapStream(ref, err)
}

// ownStream finds a stream of the account that signs: for what only an owner may do.
func (a *app) ownStream(ctx context.Context, ref string) (datarights.Stream, error) {
	s, _, err := a.stream(ctx, ref)
	if err != nil {
		return s, err
	}
	addr, err := a.address()
	if err != nil {
		return s, err
	}
	if s.Owner != addr {
		return s, fmt.Errorf("stream %d belongs to %s, and only its owner can do this; you are %s", s.Id, s.Owner, addr)
	}
	return s, nil
}

func wrapStream(ref string, err error) error {
	if err != nil {
		return fmt.Errorf("stream %q: %w", ref, err)
	}
	return nil
}

func (a *app) ownerAddress(scope string, scoped bool) (string, error) {
	if !scoped {
		return a.address()
	}
	if _, err := chain.Account(scope); err == nil {
		return scope, nil
	}
	keys, err := a.keyring()
	if err != nil {
		return "", err
	}
	record, err := chain.KeyOf(keys, scope)
	if errors.Is(err, chain.ErrNoKey) {
		return "", fmt.Errorf("%q is neither an address nor a key of your keyring", scope)
	}
	if err != nil {
		return "", err
	}
	addr, err := record.GetAddress()
	if err != nil {
		return "", err
	}
	return addr.String(), nil
}

// parseTime reads RFC 3339, or a date alone as its midnight UTC.
func parseTime(flag, text string) (time.Time, error) {
	if t, err := time.Parse(time.RFC3339Nano, text); err == nil {
		return t, nil
	}
	if t, err := time.Parse(time.DateOnly, text); err == nil {
		return t, nil
	}
	return time.Time{}, fmt.Errorf("--%s %q: write it like 2026-03-01T00:00:00Z or 2026-03-01", flag, text)
}

// parseSpan reads a Go duration, or a number of days like 14d.
func parseSpan(flag, text string) (time.Duration, error) {
	if days, ok := strings.CutSuffix(text, "d"); ok {
		if n, err := strconv.ParseUint(days, 10, 16); err == nil {
			return time.Duration(n) * 24 * time.Hour, nil
		}
	}
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		return 0, fmt.Errorf("--%s %q: write it like 90s, 15m, 6h or 14d", flag, text)
	}
	return d, nil
}

// formatMs writes unix milliseconds as parseTime reads them.
func formatMs(ms int64) string { return time.UnixMilli(ms).UTC().Format(time.RFC3339Nano) }

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/cpchain/cpchain/tests/e2e/stack"
)

// Exit codes of cpdata.
const (
	exitRefused = 3
	exitMissing = 4
)

// ownersLeave moves the owners' homes away: from here on nobody but proxies and holders can help a reader.
func (d *demo) ownersLeave(context.Context) error {
	for _, u := range []*stack.User{d.alice, d.bob} {
		if err := os.Rename(u.Home, u.Home+".away"); err != nil {
			return err
		}
	}
	d.gateway.Stop()
	if err := os.Rename(d.gateway.Home, d.gateway.Home+".away"); err != nil {
		return err
	}
	d.say("the gateway is stopped, alice and bob are gone: all three homes, with all keys, are moved away")
	return nil
}

// fetched is what cpdata fetch tells.
type fetched struct {
	Records     uint64   `json:"records"`
	Intervals   uint64   `json:"intervals"`
	SHA256      string   `json:"sha256"`
	ProxiesUsed []uint64 `json:"proxies_used"`
	WallMS      int64    `json:"wall_ms"`
}

// reader is a fresh home with nothing but a reader's keys in it.
func (d *demo) reader(ctx context.Context, of *stack.User, suffix string) (*stack.User, error) {
	u, err := d.FreshHome(ctx, of.Name, filepath.Join(d.dir, "fresh-"+of.Name+suffix))
	if err != nil {
		return nil, err
	}
	return u, of.CopyReader("device", u)
}

func (d *demo) fetch(ctx context.Context, u *stack.User, s *shown, flags ...string) (fetched, error) {
	var got fetched
	out := filepath.Join(u.Home, "fetched.csv")
	args := append([]string{"fetch", "--grant", strconv.FormatUint(s.grant, 10), "--reader", "device", "--out", out}, flags...)
	if err := u.JSON(ctx, &got, args...); err != nil {
		return got, err
	}
	// the shell is the judge, not the program that fetched
	sum, err := sha(ctx, fmt.Sprintf("cat %q", out))
	if err == nil && sum != got.SHA256 {
		err = fmt.Errorf("cpdata says %s, sha256sum says %s", got.SHA256, sum)
	}
	return got, err
}

// read fetches both grants from fresh homes and compares with the shell's cut of the shipped files.
func (d *demo) read(ctx context.Context) error {
	for _, r := range []struct {
		user *stack.User
		of   *shown
		what string
	}{{d.carol, &d.weather, "February of the weather"}, {d.dave, &d.traffic, "a quarter of an hour of traffic"}} {
		u, err := d.reader(ctx, r.user, "")
		if err != nil {
			return err
		}
		got, err := d.fetch(ctx, u, r.of)
		if err != nil {
			return err
		}
		if got.SHA256 != r.of.expected {
			return fmt.Errorf("%s got a file with sha256 %s, the shell cuts one with %s", r.user.Name, got.SHA256, r.of.expected)
		}
		d.result.RecordsVerified += got.Records
		d.say("%s fetched %s from a fresh home: %d records, verified, in %d ms; sha256 %s… is what awk cuts from the shipped file",
			r.user.Name, r.what, got.Records, got.WallMS, got.SHA256[:12])
	}
	return nil
}

// refused expects a command to end with an exit code and a text, and notes the refusal beside its twin.
func (d *demo) refused(attempt, by, twin string, code int, text string, err error) error {
	var run *stack.RunError
	if !errors.As(err, &run) || run.ExitCode != code || !strings.Contains(run.Stderr, text) {
		return fmt.Errorf("%s: expected exit code %d and %q, got: %w", attempt, code, text, orNil(err))
	}
	d.denied(attempt, by, twin)
	return nil
}

func orNil(err error) error {
	if err == nil {
		return errors.New("it worked")
	}
	return err
}

// refusals: what was not granted does not open, each beside something that does.
func (d *demo) refusals(ctx context.Context) error {
	carol, err := d.reader(ctx, d.carol, "-refusals")
	if err != nil {
		return err
	}
	if _, err := d.fetch(ctx, carol, &d.weather, "--from", "2010-02-01T00:00:00Z", "--to", "2010-02-02T00:00:00Z"); err != nil {
		return err
	}
	twin := "carol fetches the first day of February"
	for _, day := range []struct{ name, from, to string }{
		{"the day before", "2010-01-31T00:00:00Z", "2010-02-01T00:00:00Z"},
		{"the day after", "2010-03-01T00:00:00Z", "2010-03-02T00:00:00Z"},
	} {
		_, err := d.fetch(ctx, carol, &d.weather, "--from", day.from, "--to", day.to)
		if err := d.refused("carol asks for "+day.name, "the proxies", twin, exitRefused, "", err); err != nil {
			return err
		}
	}
	dave, err := d.reader(ctx, d.dave, "-refusals")
	if err != nil {
		return err
	}
	_, err = d.fetch(ctx, dave, &d.weather)
	if err := d.refused("dave uses carol's grant with his own keys", "the proxies", "carol uses it", exitRefused, "", err); err != nil {
		return err
	}
	d.say("refused by the proxies: carol the day before and the day after, dave with carol's grant; the same commands worked for what was granted")
	return nil
}

// expiryAndRevocation needs the owners again, each for one transaction.
func (d *demo) expiryAndRevocation(ctx context.Context) error {
	for _, u := range []*stack.User{d.alice, d.bob} {
		if err := os.Rename(u.Home+".away", u.Home); err != nil {
			return err
		}
	}
	short := shown{reader: d.traffic.reader}
	var made struct {
		Grant     uint64 `json:"grant"`
		ExpiresAt int64  `json:"expires_at"`
	}
	err := d.bob.JSON(ctx, &made, "grant", "traffic", "--reader", strconv.FormatUint(short.reader, 10), "--from", trafficFrom, "--to", trafficTo, "--for", "15s")
	if err != nil {
		return err
	}
	short.grant = made.Grant
	dave, err := d.reader(ctx, d.dave, "-expiry")
	if err != nil {
		return err
	}
	if _, err := d.fetch(ctx, dave, &short); err != nil {
		return fmt.Errorf("before it expires: %w", err)
	}
	if err := d.Chain.Nodes[0].WaitHeight(ctx, 1); err != nil {
		return err
	}
	if err := d.waitChainTime(ctx, made.ExpiresAt); err != nil {
		return err
	}
	_, err = d.fetch(ctx, dave, &short)
	if err := d.refused("dave after his second grant expired", "the proxies", "dave before", exitRefused, "expired", err); err != nil {
		return err
	}
	carol, err := d.reader(ctx, d.carol, "-revocation")
	if err != nil {
		return err
	}
	cache := filepath.Join(carol.Home, "cache")
	if _, err := d.fetch(ctx, carol, &d.weather, "--cache", cache); err != nil {
		return fmt.Errorf("before it is revoked: %w", err)
	}
	if _, err := d.alice.Run(ctx, "revoke", strconv.FormatUint(d.weather.grant, 10)); err != nil {
		return err
	}
	_, err = d.fetch(ctx, carol, &d.weather)
	if err := d.refused("carol after alice revoked", "the proxies", "carol before", exitRefused, "revoked", err); err != nil {
		return err
	}
	if _, err := d.fetch(ctx, carol, &d.weather, "--cache", cache, "--offline"); err != nil {
		return fmt.Errorf("what was opened before the revocation: %w", err)
	}
	d.say("a grant of 15 s expired and a grant was revoked: the proxies refuse both; what carol had opened before stays open to her, as the docs say")
	return nil
}

// waitChainTime waits for a block at or after a time.
func (d *demo) waitChainTime(ctx context.Context, unix int64) error {
	node := d.Chain.Nodes[0]
	for time.Now().Unix() <= unix {
		h, err := node.Height(ctx)
		if err != nil {
			return err
		}
		if err := node.WaitHeight(ctx, h+1); err != nil {
			return err
		}
	}
	h, err := node.Height(ctx)
	if err != nil {
		return err
	}
	return node.WaitHeight(ctx, h+2)
}

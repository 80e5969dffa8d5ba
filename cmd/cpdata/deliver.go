package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/cpchain/cpchain/offchain/owner"
	"github.com/cpchain/cpchain/offchain/storage/client"
	"github.com/cpchain/cpchain/pkg/keytree"
	datarights "github.com/cpchain/cpchain/x/datarights/types"
)

func (a *app) outbox(root keytree.Seed) (*owner.Outbox, error) {
	key, err := owner.OutboxKey(root)
	if err != nil {
		return nil, err
	}
	dir := filepath.Join(a.home, "grants")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	return owner.OpenOutbox(dir, key, rand.Reader), nil
}

// deliver brings the parcels and waits for the proxies.
func (a *app) deliver(ctx context.Context, outbox *owner.Outbox, built *owner.Built, id uint64, noWait bool) error {
	net, err := a.network(ctx)
	if err != nil {
		return err
	}
	s, err := a.signer(ctx)
	if err != nil {
		return err
	}
	a.note("grant %d is on chain; bringing the proxies their parcels", id)
	g, err := owner.Deliver(ctx, a.client, net.With(client.OwnerIdentity(s.SignBytes)), built, id, func(s owner.Step) {
		if s.Err != nil {
			a.note("  proxy %d: %v; trying again", s.Provider, s.Err)
			return
		}
		a.note("  proxy %d: %s", s.Provider, s.State)
	})
	if err != nil && (!noWait || !errors.Is(err, context.DeadlineExceeded)) {
		return err
	}
	if owner.Finished(g) {
		if err := outbox.Drop(built.Msg.Root); err != nil {
			return err
		}
	}
	return a.printGrant(ctx, g)
}

func grantPushCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "push ID",
		Short: "bring the proxies of a grant their parcels again, after a crash or with --generate-only",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			id, err := grantID(args[0])
			if err != nil {
				return err
			}
			c, err := a.chain(ctx)
			if err != nil {
				return err
			}
			g, err := c.Grant(ctx, id)
			if err != nil {
				return err
			}
			outbox, built, err := a.kept(g)
			if err != nil {
				return err
			}
			return a.deliver(ctx, outbox, built, id, false)
		},
	}
}

// kept are the parcels of a grant in the outbox.
func (a *app) kept(g datarights.Grant) (*owner.Outbox, *owner.Built, error) {
	root, err := a.root()
	if err != nil {
		return nil, nil, err
	}
	outbox, err := a.outbox(root)
	if err != nil {
		return nil, nil, err
	}
	built, err := outbox.Get(g.Root)
	if err != nil {
		return nil, nil, fmt.Errorf("grant %d: %w", g.Id, err)
	}
	return outbox, built, nil
}

func grantStatusCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "status ID",
		Short: "show a grant and its proxies",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := grantID(args[0])
			if err != nil {
				return err
			}
			c, err := a.chain(cmd.Context())
			if err != nil {
				return err
			}
			g, err := c.Grant(cmd.Context(), id)
			if err != nil {
				return err
			}
			return a.printGrant(cmd.Context(), g)
		},
	}
}

func grantID(text string) (uint64, error) {
	id, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("grant %q: give its number (cpdata grants ls)", text)
	}
	return id, nil
}

func (a *app) printGrant(ctx context.Context, g datarights.Grant) error {
	s, _, err := a.client.Stream(ctx, g.Stream)
	if err != nil {
		return err
	}
	type proxy struct {
		Provider uint64 `json:"provider"`
		State    string `json:"state"`
		// Holder has the parcel now.
		Holder uint64 `json:"holder"`
	}
	proxies := []proxy{}
	accepted := 0
	text := a.grantText(g, s)
	for _, p := range g.Proxies {
		state := strings.ToLower(strings.TrimPrefix(p.State.String(), "PROXY_STATE_"))
		if p.State == datarights.PROXY_STATE_ACCEPTED {
			accepted++
		}
		proxies = append(proxies, proxy{p.Provider, state, p.Holder()})
		text += fmt.Sprintf("\n  proxy %d  %s", p.Provider, state)
		if p.Holder() != p.Provider {
			text += fmt.Sprintf(", handed over to provider %d", p.Holder())
		}
	}
	if len(g.Withheld) > 0 {
		text += fmt.Sprintf("\n  the owner withheld the capsules of %d nodes", len(g.Withheld))
	}
	row := map[string]any{
		"grant": g.Id, "stream": g.Stream, "reader": g.Reader, "first_interval": g.FirstInterval, "last_interval": g.LastInterval,
		"status": grantStatus(g), "threshold": g.Threshold, "accepted": accepted, "proxies": proxies, "withheld": len(g.Withheld), "expires_at": g.ExpiresAt,
		"nodes": int(g.Leaves) / max(len(g.Proxies), 1),
	}
	if end := s.KeyEpochEnd(g.KeyEpoch); end <= uint64(g.LastInterval) {
		row["rekeyed_at_interval"] = end
	}
	return a.print(row, text)
}

package smoke

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpchain/cpchain/offchain/chain"
	"github.com/cpchain/cpchain/offchain/gateway"
	"github.com/cpchain/cpchain/offchain/gateway/replay"
	"github.com/cpchain/cpchain/tests/e2e/stack"
)

const (
	origin = "2026-01-01T00:00:00Z"
	day1   = "2026-01-02T00:00:00Z"
	day2   = "2026-01-03T00:00:00Z"
	schema = `{"time": {"field": "time", "format": "rfc3339"}, "fields": [{"name": "n", "type": "int"}]}`
)

// limit ends everything, processes included, should an event never come.
const limit = 4 * time.Minute

func TestWhatAKilledGatewayAcknowledgedIsFetchedOnce(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	s, err := stack.Start(ctx, t, stack.Config{
		Bin: build(ctx, t), Dir: t.TempDir(), Providers: 3,
		Gateway: func(c *gateway.Config) { c.Seal.PollMillis = 100 },
	})
	require.NoError(t, err)
	g, err := s.StartGateway(ctx)
	require.NoError(t, err)
	alice, err := s.NewUser(ctx, "alice", "1000000000ucpc")
	require.NoError(t, err)
	id := stream(ctx, t, alice, g)

	client := replay.NewClient(g.URL)
	accepted, err := client.Send(ctx, id, "hours-0", hours(t, 0, 12))
	require.NoError(t, err)
	require.False(t, accepted.Duplicate)
	g.Kill()
	require.NoError(t, g.Start(ctx))
	accepted, err = client.Send(ctx, id, "hours-0", hours(t, 0, 12))
	require.NoError(t, err)
	require.True(t, accepted.Duplicate, "what was acknowledged before kill -9 is known after it")
	_, err = client.Send(ctx, id, "hours-12", hours(t, 12, 24))
	require.NoError(t, err)
	through, err := time.Parse(time.RFC3339, day1)
	require.NoError(t, err)
	_, err = client.Flush(ctx, id, through.Add(-time.Nanosecond))
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		status, err := client.Status(ctx)
		return err == nil && status.Streams[0].NextSeq == 1 && !status.Streams[0].Staged
	}, time.Minute, 100*time.Millisecond, "the day is anchored")

	var reader struct{ Reader uint64 }
	require.NoError(t, alice.JSON(ctx, &reader, "reader", "init", "--name", "device"))
	var granted struct{ Grant uint64 }
	require.NoError(t, alice.JSON(ctx, &granted, "grant", "hours", "--reader", fmt.Sprint(reader.Reader), "--from", origin, "--to", day1,
		"--for", "1h", "--threshold", "2", "--proxies", "3"))
	require.Equal(t, numbers(0, 24), fetch(ctx, t, alice, granted.Grant))
	_, err = alice.Run(ctx, "fetch", "--grant", fmt.Sprint(granted.Grant), "--reader", "device", "--from", day1, "--to", day2)
	var refused *stack.RunError
	require.ErrorAs(t, err, &refused, "the day after was not granted")

	lateHolderWithoutBootstrap(ctx, t, s, client, id, alice, granted.Grant)
}

// lateHolderWithoutBootstrap: a node that joins now holds a shard of the next day, although the node everybody came in through has
// died; and a home that comes in through another one still finds the first day.
func lateHolderWithoutBootstrap(ctx context.Context, t *testing.T, s *stack.Stack, client *replay.Client, id uint64, alice *stack.User, grant uint64) {
	late, err := s.AddProvider(ctx)
	require.NoError(t, err)
	require.NoError(t, s.WaitDrawn(ctx))
	s.Providers[0].Kill()
	_, err = client.Send(ctx, id, "hours-24", hours(t, 24, 48))
	require.NoError(t, err)
	through, err := time.Parse(time.RFC3339, day2)
	require.NoError(t, err)
	_, err = client.Flush(ctx, id, through.Add(-time.Nanosecond))
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		status, err := client.Status(ctx)
		return err == nil && status.Streams[0].NextSeq == 2 && !status.Streams[0].Staged
	}, 2*time.Minute, 100*time.Millisecond, "the second day is anchored")
	node, err := chain.Dial(ctx, chain.Config{RPC: s.RPC(), GasPrices: "0.001ucpc"})
	require.NoError(t, err)
	anchor, err := node.Anchor(ctx, id, 1)
	require.NoError(t, err)
	require.Contains(t, anchor.Placement.Providers, late.ID)
	require.NotContains(t, anchor.Placement.Providers, s.Providers[0].ID)

	fresh, err := s.FreshHome(ctx, "fresh", filepath.Join(t.TempDir(), "fresh"))
	require.NoError(t, err)
	require.NoError(t, alice.CopyReader("device", fresh))
	require.Equal(t, numbers(0, 24), fetch(ctx, t, fresh, grant))
}

// build builds the binaries that ship; the build cache makes this a matter of linking.
func build(ctx context.Context, t *testing.T) string {
	dir := t.TempDir()
	root, err := filepath.Abs("../../..")
	require.NoError(t, err)
	cmd := exec.CommandContext(ctx, "go", "build", "-p", "2", "-o", dir, "./cmd/...")
	cmd.Dir = root
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	return dir
}

// stream makes a stream of hours, of which the gateway gets the keys of two days.
func stream(ctx context.Context, t *testing.T, owner *stack.User, g *stack.Gateway) uint64 {
	path := filepath.Join(t.TempDir(), "schema.json")
	require.NoError(t, os.WriteFile(path, []byte(schema), 0o600))
	var made struct{ ID uint64 }
	require.NoError(t, owner.JSON(ctx, &made, "stream", "create", "hours", "--schema", path, "--kind", "test", "--shards", "2/3", "--historical",
		"--origin", origin, "--block", "1h", "--interval", "1h", "--upload", "1d", "--gateway", g.URL))
	require.NoError(t, owner.JSON(ctx, nil, "stream", "provision", "hours", "--gateway", g.URL, "--from", origin, "--to", day2))
	return made.ID
}

// hours is a pack with one record for each hour in [from, to): its number.
func hours(t *testing.T, from, to int) []byte {
	start, err := time.Parse(time.RFC3339, origin)
	require.NoError(t, err)
	entries := make([]string, 0, to-from)
	for n := from; n < to; n++ {
		entries = append(entries, fmt.Sprintf(`{"bn":"h%d:","bt":%d,"n":"n","v":%d}`, n, start.Unix()+int64(n)*3600, n))
	}
	return []byte("[" + strings.Join(entries, ",") + "]")
}

func numbers(from, to int) []int {
	list := make([]int, 0, to-from)
	for n := from; n < to; n++ {
		list = append(list, n)
	}
	return list
}

// fetch returns the numbers of all records of a grant, in order.
func fetch(ctx context.Context, t *testing.T, u *stack.User, grant uint64) []int {
	path := filepath.Join(t.TempDir(), "fetched.json")
	require.NoError(t, u.JSON(ctx, nil, "fetch", "--grant", fmt.Sprint(grant), "--reader", "device", "--format", "json", "--out", path))
	bz, err := os.ReadFile(path)
	require.NoError(t, err)
	var list []int
	lines := bufio.NewScanner(bytes.NewReader(bz))
	for lines.Scan() {
		var row struct{ N int }
		require.NoError(t, json.Unmarshal(lines.Bytes(), &row))
		list = append(list, row.N)
	}
	return list
}

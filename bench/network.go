package main

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/cpchain/cpchain/pkg/timechain"
	"github.com/cpchain/cpchain/tests/e2e/stack"
)

const (
	storageNodes = 8
	// transferBytes is about how much each run publishes and fetches: four bundles of traffic.
	transferBytes = 16 << 20
	// transferRuns bounds the runs: each takes the time of several blocks.
	transferRuns = 3
)

// network is a chain with storage nodes and the owner of some streams, all processes on this machine.
type network struct {
	*stack.Stack
	owner *stack.User
	dir   string
	// made counts the streams, last is the name of the newest.
	made int
	last string
}

// start starts the network once; the sections that need it share it.
func (b *bench) start(ctx context.Context) (*network, error) {
	if b.net != nil {
		return b.net, nil
	}
	dir, err := os.MkdirTemp("", "cpchain-bench")
	if err != nil {
		return nil, err
	}
	b.Cleanup(func() { _ = os.RemoveAll(dir) }) // a temporary folder
	s, err := stack.Start(ctx, b, stack.Config{Bin: b.bin, Dir: dir, Providers: storageNodes})
	if err != nil {
		return nil, err
	}
	owner, err := s.NewUser(ctx, "owner", "1000000000ucpc")
	if err != nil {
		return nil, err
	}
	b.net = &network{Stack: s, owner: owner, dir: dir}
	return b.net, nil
}

// create makes a stream that its owner publishes to, and leaves its text in a file.
func (n *network) create(ctx context.Context, s stream) (name, file string, err error) {
	n.made++
	name = s.name + "-" + strconv.Itoa(n.made)
	n.last = name
	file = filepath.Join(n.dir, name+".csv")
	if err := os.WriteFile(file, s.text, 0o600); err != nil {
		return "", "", err
	}
	schema, err := schemaFile(s.schema)
	if err != nil {
		return "", "", err
	}
	path := filepath.Join(n.dir, name+".json")
	if err := os.WriteFile(path, schema, 0o600); err != nil {
		return "", "", err
	}
	ms := func(n uint64) string { return (time.Duration(n) * time.Millisecond).String() }
	return name, file, n.owner.JSON(ctx, nil, "stream", "create", name, "--schema", path, "--kind", s.name, "--historical",
		"--shards", fmt.Sprintf("%d/%d", dataShards, allShards), "--origin", time.UnixMilli(s.grid.Origin).UTC().Format(time.RFC3339),
		"--block", ms(s.grid.Block), "--interval", ms(s.grid.Interval), "--upload", ms(s.grid.Upload))
}

// schemaFile is a schema as `cpdata stream create` reads it.
func schemaFile(s timechain.Schema) ([]byte, error) {
	types := map[timechain.FieldType]string{timechain.TypeFixed: "fixed", timechain.TypeText: "text"}
	var fields []map[string]any
	for _, f := range s.Fields {
		fields = append(fields, map[string]any{"name": f.Name, "unit": f.Unit, "type": types[f.Type], "decimals": f.Decimals, "key": f.Key})
	}
	return json.Marshal(map[string]any{"time": map[string]string{"field": s.Time.Field, "format": s.Time.Format}, "fields": fields})
}

// publish publishes a file.
func (n *network) publish(ctx context.Context, name, file string) error {
	_, err := n.owner.Run(ctx, "publish", file, "--stream", name)
	return err
}

// fetch fetches a stream as its owner and compares it with what was published.
func (n *network) fetch(ctx context.Context, name string, want []byte) error {
	out := filepath.Join(n.dir, "fetched.csv")
	if _, err := n.owner.Run(ctx, "fetch", name, "--as-owner", "--out", out); err != nil {
		return err
	}
	got, err := os.ReadFile(out)
	if err != nil {
		return err
	}
	if sha256.Sum256(got) != sha256.Sum256(want) {
		return fmt.Errorf("%s came back other than it was published", name)
	}
	return nil
}

// spent is the processor time that storage nodes and ended commands have used so far, in seconds.
func (n *network) spent(ctx context.Context) (float64, error) {
	total := cpuTime(syscall.RUSAGE_CHILDREN).Seconds()
	for _, p := range n.Providers {
		s, err := processSeconds(ctx, "http://"+p.HTTP+"/metrics")
		if err != nil {
			return 0, err
		}
		total += s
	}
	return total, nil
}

// processSeconds reads a daemon's processor time from its metrics.
func processSeconds(ctx context.Context, url string) (float64, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err
	}
	defer res.Body.Close()
	for lines := bufio.NewScanner(res.Body); lines.Scan(); {
		if value, ok := strings.CutPrefix(lines.Text(), "process_cpu_seconds_total "); ok {
			return strconv.ParseFloat(value, 64)
		}
	}
	return 0, errors.New(url + " does not tell process_cpu_seconds_total")
}

// timed measures one transfer of so many MB.
func timed(mb float64, spent func() (float64, error), transfer func() error) (sample, error) {
	before, err := spent()
	if err != nil {
		return nil, err
	}
	begun := time.Now()
	if err := transfer(); err != nil {
		return nil, err
	}
	wall := time.Since(begun).Seconds()
	after, err := spent()
	if err != nil {
		return nil, err
	}
	return sample{perSecond: mb / wall, perCPU: mb / (after - before)}, nil
}

// network measures publishing and fetching beside plain HTTP.
func (b *bench) network(ctx context.Context) error {
	n, err := b.start(ctx)
	if err != nil {
		return err
	}
	text, err := b.readTraffic()
	if err != nil {
		return err
	}
	if text, err = replay(text, transferBytes); err != nil {
		return err
	}
	s := traffic(text)
	intervals, err := s.intervals()
	if err != nil {
		return err
	}
	bundles, err := s.bundles(intervals)
	if err != nil {
		return err
	}
	peer, err := startPlainNodes(ctx, b, n.dir, storageNodes)
	if err != nil {
		return err
	}
	peer.bundles = bundles
	mb := float64(len(text)) / 1e6
	var name, file string
	spent := func() (float64, error) { return n.spent(ctx) }
	plain := func() (float64, error) { return peer.spent(ctx) }
	medians, err := inTurn(min(b.runs, transferRuns),
		func() (sample, error) {
			if name, file, err = n.create(ctx, s); err != nil {
				return nil, err
			}
			return timed(mb, spent, func() error { return n.publish(ctx, name, file) })
		},
		func() (sample, error) { return timed(mb, plain, func() error { return peer.put(ctx) }) },
		func() (sample, error) { return timed(mb, spent, func() error { return n.fetch(ctx, name, text) }) },
		func() (sample, error) { return timed(mb, plain, func() error { return peer.get(ctx) }) })
	if err != nil {
		return err
	}
	for i, step := range []string{"publish", "fetch"} {
		ours, theirs := medians[2*i], medians[2*i+1]
		b.report.add(
			figure("network/"+step, ours[perSecond], "MB/s").against(plainPeer, theirs[perSecond]),
			figure("network/"+step+"/cpu", 1/ours[perCPU], "CPU-seconds per MB").against(plainPeer, 1/theirs[perCPU]))
	}
	return nil
}

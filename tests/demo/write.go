package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	cmthttp "github.com/cometbft/cometbft/rpc/client/http"

	"github.com/cpchain/cpchain/offchain/chain"
	"github.com/cpchain/cpchain/pkg/timechain"
	"github.com/cpchain/cpchain/tests/e2e/stack"
)

const (
	storageNodes = 8
	// the range granted of each stream, and the same for awk
	weatherFrom, weatherTo = "2010-02-01T00:00:00Z", "2010-03-01T00:00:00Z"
	trafficOrigin          = "2026-11-01T00:00:00Z"
	trafficFrom, trafficTo = "2026-11-01T00:15:00Z", "2026-11-01T00:30:00Z"
)

const weatherSchema = `{"time": {"field": "date", "format": "local"}, "fields": [
  {"name": "pressure", "unit": "hPa", "type": "fixed", "decimals": 1, "min": "800", "max": "1100"},
  {"name": "temperature", "unit": "Cel", "type": "fixed", "decimals": 1, "min": "-60", "max": "60"},
  {"name": "wind", "unit": "m/s", "type": "fixed", "decimals": 1, "min": "0", "max": "120"}]}`

const trafficSchema = `{"time": {"field": "t_s", "format": "offset_s"}, "fields": [
  {"name": "vehicle", "type": "text", "key": true},
  {"name": "lat", "unit": "lat", "type": "fixed", "decimals": 6, "min": "-90", "max": "90"},
  {"name": "lon", "unit": "lon", "type": "fixed", "decimals": 6, "min": "-180", "max": "180"},
  {"name": "speed_mps", "unit": "m/s", "type": "fixed", "decimals": 2},
  {"name": "accel_mps2", "unit": "m/s2", "type": "fixed", "decimals": 2},
  {"name": "heading_deg", "unit": "deg", "type": "fixed", "decimals": 2}]}`

// network starts the chain and the storage nodes.
func (d *demo) network(ctx context.Context) error {
	s, err := stack.Start(ctx, d, stack.Config{Bin: d.bin, Dir: d.dir, Providers: storageNodes})
	if err != nil {
		return err
	}
	d.Stack = s
	if d.gateway, err = s.StartGateway(ctx); err != nil {
		return err
	}
	d.say("a chain with one validator (cpchaind, %s), %d bonded storage nodes (cpstoraged) and an edge gateway (cpgatewayd) are running", s.Chain.ChainID, storageNodes)
	return nil
}

// people get keys and coins, the readers register their devices.
func (d *demo) people(ctx context.Context) error {
	for name, into := range map[string]**stack.User{"alice": &d.alice, "bob": &d.bob, "carol": &d.carol, "dave": &d.dave} {
		u, err := d.NewUser(ctx, name, "1000000000ucpc")
		if err != nil {
			return err
		}
		*into = u
	}
	for _, r := range []struct {
		user *stack.User
		of   *shown
	}{{d.carol, &d.weather}, {d.dave, &d.traffic}} {
		var made struct {
			Reader uint64 `json:"reader"`
		}
		if err := r.user.JSON(ctx, &made, "reader", "init", "--name", "device"); err != nil {
			return err
		}
		r.of.reader = made.Reader
	}
	d.say("alice and bob own data, carol (reader %d) and dave (reader %d) have registered a device each (cpdata)", d.weather.reader, d.traffic.reader)
	return nil
}

// publish makes the streams and publishes the shipped files.
func (d *demo) publish(ctx context.Context) error {
	if err := d.files(ctx); err != nil {
		return err
	}
	if err := d.stream(ctx, d.alice, "weather", weatherSchema, &d.weather, "2010-01-01T00:00:00Z", "2011-01-01T00:00:00Z",
		"--block", "1h", "--interval", "1h", "--upload", "30d", "--tag", "seattle", "--description", "hourly climate normals"); err != nil {
		return err
	}
	return d.stream(ctx, d.bob, "traffic", trafficSchema, &d.traffic, trafficOrigin, "2026-11-01T01:00:00Z",
		"--block", "1s", "--interval", "1m", "--upload", "15m", "--tag", "tokyo", "--description", "vehicle traces at 1 Hz")
}

// files prepares the input: the weather as shipped, the traffic three times, a quarter of an hour apart.
func (d *demo) files(ctx context.Context) error {
	d.weather.file = filepath.Join(d.data, "weather-hourly.csv")
	d.traffic.file = filepath.Join(d.dir, "traffic.csv")
	gz := filepath.Join(d.data, "traffic-grid.csv.gz")
	_, err := stack.Shell(ctx, fmt.Sprintf(`gunzip -c %q | awk -F, -v OFS=, 'NR==1{print;next}{l[NR]=$0}END{for(s=0;s<3;s++)for(i=2;i<=NR;i++){$0=l[i];$1+=900*s;print}}' > %q`, gz, d.traffic.file))
	if err != nil {
		return err
	}
	for _, in := range []string{d.weather.file, d.traffic.file} {
		info, err := os.Stat(in)
		if err != nil {
			return err
		}
		d.result.BytesIn += info.Size()
	}
	if d.weather.expected, err = sha(ctx, fmt.Sprintf(`awk 'NR==1 || /^2010-02/' %q`, d.weather.file)); err != nil {
		return err
	}
	// nothing of cpchain cuts the expected part: the shell does, from the shipped file, whose lines end in CR LF
	d.traffic.expected, err = sha(ctx, fmt.Sprintf(`gunzip -c %q | awk -F, -v OFS=, '{sub(/\r$/,"")}NR==1{print;next}{$1+=900;print}'`, gz))
	return err
}

// sha is the sha256 of a shell line's output.
func sha(ctx context.Context, line string) (string, error) {
	out, err := stack.Shell(ctx, line+" | sha256sum")
	sum, _, _ := strings.Cut(string(out), " ")
	return sum, err
}

// stream makes a stream that the gateway writes, hands the gateway the keys of [from, to), and replays the file into it.
func (d *demo) stream(ctx context.Context, owner *stack.User, name, schema string, s *shown, from, to string, flags ...string) error {
	path := filepath.Join(d.dir, name+".json")
	if err := os.WriteFile(path, []byte(schema), 0o600); err != nil {
		return err
	}
	var made struct {
		ID uint64 `json:"id"`
	}
	args := append([]string{
		"stream", "create", name, "--schema", path, "--kind", name, "--shards", "4/8", "--historical",
		"--origin", from, "--gateway", d.gateway.URL,
	}, flags...)
	if err := owner.JSON(ctx, &made, args...); err != nil {
		return err
	}
	s.id = made.ID
	var keys struct {
		KeysLeft uint64 `json:"keys_left"`
	}
	if err := owner.JSON(ctx, &keys, "stream", "provision", name, "--gateway", d.gateway.URL, "--from", from, "--to", to); err != nil {
		return err
	}
	begun := time.Now()
	var sent struct {
		Rows uint64 `json:"rows"`
	}
	if err := d.gateway.Replay(ctx, s.file, s.id, &sent); err != nil {
		return err
	}
	c, err := chain.Dial(ctx, chain.Config{RPC: d.RPC()})
	if err != nil {
		return err
	}
	_, head, err := c.Stream(ctx, s.id)
	if err != nil {
		return err
	}
	if head.Records != sent.Rows {
		return fmt.Errorf("%d rows of %s were sent, %d are anchored", sent.Rows, name, head.Records)
	}
	d.result.RecordsIn += sent.Rows
	d.result.Anchors += head.NextSeq
	d.result.Shards += head.NextSeq * 8
	d.say("%s made stream %d (%s) and gave the gateway keys for %d intervals; it sealed %d records into %d bytes, %d bundles of 4-of-8 shards, each anchored: %.1f s",
		owner.Name, s.id, name, keys.KeysLeft, sent.Rows, head.Bytes, head.NextSeq, time.Since(begun).Seconds())
	return nil
}

// measure adds up what the anchors take on chain: the bytes of their transactions and of the rows they leave.
func (d *demo) measure(ctx context.Context) error {
	rpc, err := cmthttp.New(d.RPC(), "/websocket")
	if err != nil {
		return err
	}
	perPage := 100
	found, err := rpc.TxSearch(ctx, "message.action='/cpchain.datarights.v1.MsgAnchor'", false, nil, &perPage, "")
	if err != nil {
		return err
	}
	for _, tx := range found.Txs {
		d.result.BytesOnChain += int64(len(tx.Tx))
	}
	if uint64(found.TotalCount) != d.result.Anchors {
		return fmt.Errorf("%d anchors were published, the chain has %d", d.result.Anchors, found.TotalCount)
	}
	c, err := chain.Dial(ctx, chain.Config{RPC: d.RPC()})
	if err != nil {
		return err
	}
	for _, s := range []*shown{&d.weather, &d.traffic} {
		stream, head, err := c.Stream(ctx, s.id)
		if err != nil {
			return err
		}
		d.result.BytesOnChain += int64(stream.Size() + head.Size())
		for seq := range head.NextSeq {
			a, err := c.Anchor(ctx, s.id, seq)
			if err != nil {
				return err
			}
			d.result.BytesOnChain += int64(a.Row.Size() + a.Placement.Size())
		}
	}
	d.say("on chain for all of it: %d bytes of transactions and rows in %d anchors, for %d bytes of data; small sets, so the share is large",
		d.result.BytesOnChain, d.result.Anchors, d.result.BytesIn)
	return nil
}

// grant gives each reader its range.
func (d *demo) grant(ctx context.Context) error {
	for _, g := range []struct {
		owner, reader *stack.User
		name          string
		of            *shown
		from, to      string
	}{
		{d.alice, d.carol, "weather", &d.weather, weatherFrom, weatherTo},
		{d.bob, d.dave, "traffic", &d.traffic, trafficFrom, trafficTo},
	} {
		var made struct {
			Grant    uint64 `json:"grant"`
			Nodes    int    `json:"nodes"`
			Accepted int    `json:"accepted"`
		}
		err := g.owner.JSON(ctx, &made, "grant", g.name, "--reader", strconv.FormatUint(g.of.reader, 10), "--from", g.from, "--to", g.to, "--for", "1h")
		if err != nil {
			return err
		}
		g.of.grant = made.Grant
		d.say("%s granted %s %s from %s to %s: grant %d, one transaction, %d keys shared among 5 proxies, any 3 open; %d accepted",
			g.owner.Name, g.reader.Name, g.name, g.from, g.to, made.Grant, made.Nodes, made.Accepted)
	}
	return nil
}

// schema of the traffic stream, as the binaries see it.
func (d *demo) schema() (timechain.Schema, error) {
	field := func(name string, kind timechain.FieldType, decimals uint8) timechain.Field {
		return timechain.Field{Name: name, Type: kind, Decimals: decimals}
	}
	s := timechain.Schema{Time: timechain.TimeBase{Field: "t_s", Format: timechain.TimeOffset}, Fields: []timechain.Field{
		field("vehicle", timechain.TypeText, 0), field("lat", timechain.TypeFixed, 6), field("lon", timechain.TypeFixed, 6),
		field("speed_mps", timechain.TypeFixed, 2), field("accel_mps2", timechain.TypeFixed, 2), field("heading_deg", timechain.TypeFixed, 2),
	}}
	return s, s.Validate()
}

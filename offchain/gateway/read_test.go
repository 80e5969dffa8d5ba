package gateway

import (
	"encoding/hex"

	"github.com/stretchr/testify/require"

	"github.com/cpchain/cpchain/pkg/erasure"
	"github.com/cpchain/cpchain/pkg/keytree"
	"github.com/cpchain/cpchain/pkg/seal"
	"github.com/cpchain/cpchain/pkg/timechain"
)

// fetched is one record as a reader gets it.
type fetched struct {
	car      string
	t        int64
	interval uint32
	late     bool
}

// fetch reads the whole stream as its owner would: every anchor, manifest, shard and interval verified, the chain of
// block headers followed without a break.
func (w *world) fetch() (records []fetched, gaps map[uint32]string) {
	w.t.Helper()
	schema, err := w.chain.stream.Schema.Timechain()
	require.NoError(w.t, err)
	grid := w.chain.stream.Grid()
	gaps = map[uint32]string{}
	at := timechain.Chain{}
	for _, a := range w.chain.anchors {
		for i := range a.Skipped {
			gaps[a.FirstInterval-a.Skipped+i] = a.SkipReason
		}
		m, err := timechain.ParseManifest(w.nodes.manifests[string(a.ManifestCid)])
		require.NoError(w.t, err)
		root := m.RecordRoot()
		require.Equal(w.t, a.RecordRoot, root[:])
		payload := w.join(m)
		for i, line := range m.Lines {
			key := keytree.KeyOf(w.seed(keytree.Leaf(m.KeyEpoch, line.Interval)))
			list, headers, err := timechain.OpenInterval(m, payload, schema, grid, i, key, &at)
			require.NoError(w.t, err)
			at = m.After(i)
			from, _ := grid.Bounds(line.Interval)
			for _, r := range list {
				records = append(records, fetched{r.Values[0].Str(), r.T, line.Interval, r.T < from*1e6})
			}
			for _, h := range headers {
				if h.Gap != "" {
					gaps[line.Interval] = h.Gap
				}
			}
		}
	}
	return records, gaps
}

func (w *world) join(m timechain.Manifest) []byte {
	w.t.Helper()
	code, err := erasure.New(int(m.K), int(m.N), 1)
	require.NoError(w.t, err)
	shards := make([][]byte, m.N)
	for i, cid := range m.ShardCIDs {
		shards[i] = w.nodes.shards[string(cid)]
	}
	payload, err := code.Join(shards, int(m.PayloadSize))
	require.NoError(w.t, err)
	return payload
}

// cars lists what was fetched by name.
func cars(records []fetched) []string {
	var list []string
	for _, r := range records {
		list = append(list, r.car)
	}
	return list
}

// distinctKeys checks that no two segments ever sealed, anchored or not, met one key.
func (w *world) distinctKeys() {
	w.t.Helper()
	seen := map[string]bool{}
	for _, m := range w.stages {
		for _, line := range m.Lines {
			key := keytree.KeyOf(w.seed(keytree.Leaf(m.KeyEpoch, line.Interval)))
			for i, p := range line.Parts {
				s := seal.Segment{Stream: m.Stream, KeyEpoch: m.KeyEpoch, Interval: line.Interval, WriterEpoch: m.WriterEpoch, Part: uint32(i), Salt: p.Salt}
				id, err := s.KeyID(key)
				require.NoError(w.t, err)
				require.False(w.t, seen[hex.EncodeToString(id[:])], "a segment key was used twice")
				seen[hex.EncodeToString(id[:])] = true
			}
		}
	}
}

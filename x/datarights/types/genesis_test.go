package types

import (
	"testing"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"
)

// example is a small genesis with a row of every kind.
func example() *GenesisState {
	g := DefaultGenesis()
	g.NextStream, g.NextReader, g.NextGrant = 3, 2, 2
	stream := func(id uint64, name string) Stream {
		return Stream{
			Id: id, Owner: "alice", Name: name, Kind: "weather", Tags: []string{"sea"}, BlockMs: 1000, IntervalMs: 60_000, UploadMs: 900_000, DataShards: 4, TotalShards: 8,
			Schema: Schema{TimeField: "t", TimeFormat: "unix_s", Fields: []Field{{Name: "x", Type: FIELD_TYPE_INT}}},
			Writer: Writer{Account: "bob", Key: sum("writer"), Epoch: 1}, KeyEpochs: []KeyEpoch{{}},
		}
	}
	first := exampleAnchor()
	first.Stream, first.Seq, first.Prev, first.FirstInterval, first.Skipped, first.SkipReason = 1, 0, nil, 0, 0, ""
	second := exampleAnchor()
	second.Stream, second.Seq, second.FirstInterval = 1, 1, 17
	head, err := Head{}.Next(first, sum("first"))
	if err != nil {
		panic(err)
	}
	if head, err = head.Next(second, sum("second")); err != nil {
		panic(err)
	}
	g.Streams = []StreamRecord{{Stream: stream(1, "a"), Head: head}, {Stream: stream(2, "b")}}
	for _, a := range []Anchor{first, second} {
		g.Anchors = append(g.Anchors, a.Row(5))
	}
	g.Readers = []ReaderRecord{{
		Reader: Reader{Id: 1, Owner: "carol", Name: "phone", Version: 2},
		Keys:   []ReaderKeys{{PreKey: sum("p1"), AuthKey: sum("a1"), Retired: true}, {PreKey: sum("p2"), AuthKey: sum("a2")}},
	}}
	g.Grants = []Grant{{
		Id: 1, Stream: 1, Owner: "alice", Reader: 1, ReaderVersion: 1, LastInterval: 3, Split: 4, Threshold: 1, Root: sum("root"), Leaves: 2,
		Proxies:       []GrantProxy{{Provider: 4, State: PROXY_STATE_FAULTY}, {Provider: 5, State: PROXY_STATE_ASKED}},
		AcceptanceFee: sdk.NewInt64Coin(FeeDenom, 1), ExpiresAt: 10, Status: GRANT_STATUS_LIVE, SettleAt: 20, Seed: sum("seed"),
	}}
	g.NextDemand = 4
	g.Demands = []Demand{
		{Id: 1, Kind: DEMAND_KIND_FRAGMENT, Grant: 1, Position: 0, Provider: 4, Demander: "carol", State: DEMAND_STATE_OPEN, Deadline: 9},
		{Id: 3, Kind: DEMAND_KIND_CAPSULE, Grant: 1, Position: 1, Demander: "carol", State: DEMAND_STATE_LAPSED, CapsuleHash: sum("capsule")},
	}
	for i := range g.Demands {
		g.Demands[i].Fee, g.Demands[i].Slashed = sdk.NewInt64Coin(FeeDenom, 3), sdk.NewInt64Coin(FeeDenom, 0)
	}
	g.Pots = []PotRecord{{Grant: 1, Pot: Pot{Open: 1, Held: math.NewInt(7), Least: math.NewInt(2)}}}
	g.Disputes = []DisputeRecord{{Grant: 1, Provider: 4}, {Grant: 1, Provider: 4, Node: make([]byte, 9)}}
	return g
}

func TestGenesisValidates(t *testing.T) {
	require.NoError(t, DefaultGenesis().Validate())
	require.NoError(t, example().Validate())
}

func TestGenesisRefuses(t *testing.T) {
	for name, spoil := range map[string]func(g *GenesisState){
		"bad params":                       func(g *GenesisState) { g.Params.MaxFields = 0 },
		"demands counted from 0":           func(g *GenesisState) { g.NextDemand = 0 },
		"a demand still to come":           func(g *GenesisState) { g.NextDemand = 3 },
		"demands out of order":             func(g *GenesisState) { g.Demands[1].Id = 1 },
		"a demand twice":                   func(g *GenesisState) { g.Demands[1] = g.Demands[0]; g.Demands[1].Id = 2 },
		"a demand of no grant":             func(g *GenesisState) { g.Demands[0].Grant = 9 },
		"a demand of no leaf":              func(g *GenesisState) { g.Demands[0].Position = 2 },
		"a demand of another's leaf":       func(g *GenesisState) { g.Demands[0].Position = 1 },
		"a demand of no state":             func(g *GenesisState) { g.Demands[0].State = 0 },
		"a demand of no kind":              func(g *GenesisState) { g.Demands[0].Kind = 0 },
		"a demand of an unknown kind":      func(g *GenesisState) { g.Demands[0].Kind = 9 },
		"a demand for a short hash":        func(g *GenesisState) { g.Demands[1].CapsuleHash = nil },
		"a demand with a fee of nothing":   func(g *GenesisState) { g.Demands[0].Fee.Denom = "" },
		"a demand that cost foreign coins": func(g *GenesisState) { g.Demands[0].Slashed.Denom = "uatom" },
		"an open demand without a pot":     func(g *GenesisState) { g.Pots = nil },
		"a pot that counts wrong":          func(g *GenesisState) { g.Pots[0].Pot.Open = 2 },
		"a pot that owes":                  func(g *GenesisState) { g.Pots[0].Pot.Held = math.NewInt(-1) },
		"a pot twice":                      func(g *GenesisState) { g.Pots = append(g.Pots, g.Pots[0]) },
		"a pot of no grant":                func(g *GenesisState) { g.Pots[0].Grant = 9 },
		"a grant without its seed":         func(g *GenesisState) { g.Grants[0].Seed = nil },
		"a withheld node that is none":     func(g *GenesisState) { g.Grants[0].Withheld = []uint32{1} },
		"withheld nodes out of order":      func(g *GenesisState) { g.Grants[0].Withheld = []uint32{0, 0} },
		"handed to another proxy":          func(g *GenesisState) { g.Grants[0].Proxies[0].HandedTo = []Holder{{Provider: 5}} },
		"handed to and fro": func(g *GenesisState) {
			g.Grants[0].Proxies[0].HandedTo = []Holder{{Provider: 6}, {Provider: 6}}
		},
		"handed over before it was had": func(g *GenesisState) { g.Grants[0].Proxies[1].HandedTo = []Holder{{Provider: 6}} },
		"handed over too often": func(g *GenesisState) {
			for id := range uint64(MaxHands + 1) {
				g.Grants[0].Proxies[0].HandedTo = append(g.Grants[0].Proxies[0].HandedTo, Holder{Provider: 10 + id})
			}
		},
		"offered to a proxy":               func(g *GenesisState) { g.Grants[0].Proxies[0].OfferedTo = 5 },
		"streams counted from 0":           func(g *GenesisState) { g.NextStream = 0 },
		"a stream still to come":           func(g *GenesisState) { g.NextStream = 2 },
		"a stream twice":                   func(g *GenesisState) { g.Streams[1].Stream.Id = 1 },
		"streams out of order":             func(g *GenesisState) { g.Streams[0], g.Streams[1] = g.Streams[1], g.Streams[0] },
		"a name twice":                     func(g *GenesisState) { g.Streams[1].Stream.Name = "a" },
		"a bad name":                       func(g *GenesisState) { g.Streams[1].Stream.Name = "B" },
		"a bad kind":                       func(g *GenesisState) { g.Streams[1].Stream.Kind = "" },
		"a bad tag":                        func(g *GenesisState) { g.Streams[1].Stream.Tags = []string{"\x00"} },
		"a bad schema":                     func(g *GenesisState) { g.Streams[1].Stream.Schema.Fields = nil },
		"bad periods":                      func(g *GenesisState) { g.Streams[1].Stream.IntervalMs = 0 },
		"a bad code":                       func(g *GenesisState) { g.Streams[1].Stream.TotalShards = 1 << 31 },
		"a bad writer":                     func(g *GenesisState) { g.Streams[1].Stream.Writer.Key = nil },
		"writer epoch 0":                   func(g *GenesisState) { g.Streams[1].Stream.Writer.Epoch = 0 },
		"no key epoch":                     func(g *GenesisState) { g.Streams[1].Stream.KeyEpochs = nil },
		"an anchor without a stream":       func(g *GenesisState) { g.Anchors[0].Anchor.Stream = 9 },
		"an anchor missing":                func(g *GenesisState) { g.Anchors = g.Anchors[1:] },
		"the last anchor missing":          func(g *GenesisState) { g.Anchors = g.Anchors[:1] },
		"an anchor that names none before": func(g *GenesisState) { g.Anchors[1].Anchor.Prev = nil },
		"a gap":                            func(g *GenesisState) { g.Anchors[1].Anchor.FirstInterval++ },
		"a short root":                     func(g *GenesisState) { g.Anchors[1].Anchor.ShardRoot = nil },
		"a bad CID":                        func(g *GenesisState) { g.Anchors[1].Anchor.ManifestCid = nil },
		"a signature kept":                 func(g *GenesisState) { g.Anchors[1].Anchor.Signature = make([]byte, 64) },
		"no interval":                      func(g *GenesisState) { g.Anchors[1].Anchor.Intervals = 0 },
		"an interval that wraps":           func(g *GenesisState) { g.Anchors[1].Anchor.Intervals = 1<<32 - 1 },
		"a head with other sums":           func(g *GenesisState) { g.Streams[0].Head.Records++ },
		"a head without a hash":            func(g *GenesisState) { g.Streams[0].Head.LastHash = nil },
		"a head of no anchor":              func(g *GenesisState) { g.Streams[1].Head.NextSeq = 1 },
		"a reader still to come":           func(g *GenesisState) { g.NextReader = 1 },
		"a reader without keys":            func(g *GenesisState) { g.Readers[0].Keys = nil },
		"a reader's keys that are short":   func(g *GenesisState) { g.Readers[0].Keys[1].AuthKey = nil },
		"the newest keys retired":          func(g *GenesisState) { g.Readers[0].Keys[1].Retired = true },
		"old keys not retired":             func(g *GenesisState) { g.Readers[0].Keys[0].Retired = false },
		"a reader's bad name":              func(g *GenesisState) { g.Readers[0].Reader.Name = "" },
		"a grant still to come":            func(g *GenesisState) { g.NextGrant = 1 },
		"a grant of no stream":             func(g *GenesisState) { g.Grants[0].Stream = 9 },
		"a grant to no reader":             func(g *GenesisState) { g.Grants[0].Reader = 9 },
		"a grant to a version to come":     func(g *GenesisState) { g.Grants[0].ReaderVersion = 3 },
		"a grant of another owner":         func(g *GenesisState) { g.Grants[0].Owner = "bob" },
		"a grant without proxies":          func(g *GenesisState) { g.Grants[0].Proxies = nil },
		"a grant with a proxy twice":       func(g *GenesisState) { g.Grants[0].Proxies[1].Provider = 4 },
		"a proxy without a state":          func(g *GenesisState) { g.Grants[0].Proxies[1].State = 0 },
		"a threshold above the proxies":    func(g *GenesisState) { g.Grants[0].Threshold = 3 },
		"leaves that don't fit":            func(g *GenesisState) { g.Grants[0].Leaves = 4 },
		"a range backwards":                func(g *GenesisState) { g.Grants[0].FirstInterval = 9 },
		"a status that is none":            func(g *GenesisState) { g.Grants[0].Status = 0 },
		"a tombstone without a date":       func(g *GenesisState) { g.Grants[0].Status = GRANT_STATUS_REVOKED },
		"a revocation date of a live one":  func(g *GenesisState) { g.Grants[0].RevokedAt = 5 },
		"a fee in another coin":            func(g *GenesisState) { g.Grants[0].AcceptanceFee.Denom = "uatom" },
		"a dispute of no grant":            func(g *GenesisState) { g.Disputes[0].Grant = 9 },
		"a dispute of an honest proxy":     func(g *GenesisState) { g.Disputes[0].Provider = 5 },
		"a dispute of no proxy":            func(g *GenesisState) { g.Disputes[0].Provider = 9 },
		"a dispute of no node":             func(g *GenesisState) { g.Disputes[1].Node = []byte{1} },
		"a dispute twice":                  func(g *GenesisState) { g.Disputes[1].Node = nil },
	} {
		t.Run("D-GEN-1: "+name, func(t *testing.T) {
			g := example()
			spoil(g)
			require.Error(t, g.Validate())
		})
	}
}

package types

import (
	"errors"
	"testing"

	"github.com/cosmos/gogoproto/proto"
	"github.com/stretchr/testify/require"

	errorsmod "cosmossdk.io/errors"
	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/cpchain/cpchain/pkg/pre"
)

// validated are the messages with rules that need no state. The others hold numbers and addresses only.
func validated() map[string]func(bz []byte) error {
	p := DefaultParams()
	return map[string]func([]byte) error{
		"create": func(bz []byte) error {
			return decoded(bz, &MsgCreateStream{}, func(m *MsgCreateStream) error { return m.Validate(p) })
		},
		"update": func(bz []byte) error {
			return decoded(bz, &MsgUpdateStream{}, func(m *MsgUpdateStream) error { return m.Validate(p) })
		},
		"set": func(bz []byte) error { return decoded(bz, &MsgSetWriter{}, (*MsgSetWriter).Validate) },
		"anchor": func(bz []byte) error {
			return decoded(bz, &MsgAnchor{}, func(m *MsgAnchor) error { return m.Validate(p) })
		},
		"register": func(bz []byte) error {
			return decoded(bz, &MsgRegisterReader{}, func(m *MsgRegisterReader) error { return m.Validate("c", m.Owner) })
		},
		"rotate": func(bz []byte) error {
			return decoded(bz, &MsgRotateReader{}, func(m *MsgRotateReader) error { return m.Validate("c", m.Owner) })
		},
		"grant": func(bz []byte) error {
			return decoded(bz, &MsgGrant{}, func(m *MsgGrant) error { return m.Validate(p) })
		},
		"accept":  func(bz []byte) error { return decoded(bz, &MsgAcceptGrant{}, (*MsgAcceptGrant).Validate) },
		"refuse":  func(bz []byte) error { return decoded(bz, &MsgRefuseGrant{}, (*MsgRefuseGrant).Validate) },
		"dispute": func(bz []byte) error { return decoded(bz, &MsgDisputeFragment{}, (*MsgDisputeFragment).Validate) },
		"params": func(bz []byte) error {
			return decoded(bz, &MsgUpdateParams{}, func(m *MsgUpdateParams) error { return m.Params.Validate() })
		},
		"demand":         func(bz []byte) error { return decoded(bz, &MsgDemandFragment{}, (*MsgDemandFragment).Validate) },
		"answer":         func(bz []byte) error { return decoded(bz, &MsgAnswerDemand{}, (*MsgAnswerDemand).Validate) },
		"refute":         func(bz []byte) error { return decoded(bz, &MsgRefuteDemand{}, (*MsgRefuteDemand).Validate) },
		"demand capsule": func(bz []byte) error { return decoded(bz, &MsgDemandCapsule{}, (*MsgDemandCapsule).Validate) },
		"answer capsule": func(bz []byte) error { return decoded(bz, &MsgAnswerCapsule{}, (*MsgAnswerCapsule).Validate) },
		"decline":        func(bz []byte) error { return decoded(bz, &MsgDeclineHandOver{}, (*MsgDeclineHandOver).Validate) },
		"genesis":        func(bz []byte) error { return decoded(bz, &GenesisState{}, (*GenesisState).Validate) },
	}
}

func decoded[M interface{ Unmarshal([]byte) error }](bz []byte, m M, validate func(M) error) error {
	if err := m.Unmarshal(bz); err != nil {
		return nil
	}
	return validate(m)
}

// FuzzValidate: whatever bytes decode to, every refusal has a code of this module, and nothing panics.
func FuzzValidate(f *testing.F) {
	good := []interface{ Marshal() ([]byte, error) }{
		&MsgAnchor{Writer: "w", Anchor: exampleAnchor()},
		&MsgGrant{Proxies: []uint64{1, 2}, Threshold: 1, Root: sum("root"), AcceptanceFee: sdk.NewInt64Coin(FeeDenom, 1), LastInterval: 9},
		&MsgCreateStream{
			Name: "a", Kind: "b", Schema: Schema{Fields: []Field{{Name: "x", Type: FIELD_TYPE_FLOAT, Min: "1e9"}}, TimeField: "t", TimeFormat: "unix_s"},
			BlockMs: 1000, IntervalMs: 1000, UploadMs: 1000, DataShards: 4, TotalShards: 8, Writer: Writer{Key: sum("k")},
		},
		&MsgRegisterReader{Name: "a", PreKey: sum("p"), AuthKey: sum("a"), PreKeyProof: make([]byte, 64), AuthKeyProof: make([]byte, 64)},
		&MsgRefuseGrant{Reason: "full"},
		&MsgAcceptGrant{Grants: []uint64{1, 2}},
		&MsgUpdateParams{Params: DefaultParams()},
		DefaultGenesis(),
		&MsgDisputeFragment{Grant: 1, Answer: SignedAnswer{Grant: 1, Signature: make([]byte, 64)}},
		&MsgDemandFragment{Grant: 1, Node: make([]byte, 9), Provider: 4, Capsule: make([]byte, pre.CapsuleSize)},
		&MsgDemandCapsule{Grant: 1, Leaf: make([]byte, pre.LeafSize), Path: [][]byte{sum("a")}},
		example(),
	}
	for _, m := range good {
		bz, err := m.Marshal()
		require.NoError(f, err)
		f.Add(bz)
	}
	f.Fuzz(func(t *testing.T, bz []byte) {
		for name, validate := range validated() {
			if err := validate(bz); err != nil {
				space, code, _ := errorsmod.ABCIInfo(err, false)
				if space != ModuleName || code < 2 {
					t.Fatalf("%s: %v has no code", name, err)
				}
			}
		}
	})
}

func TestValidateTakesWhatIsGood(t *testing.T) {
	for name, m := range map[string]interface {
		proto.Message
		Marshal() ([]byte, error)
	}{
		"anchor": &MsgAnchor{Writer: "w", Anchor: exampleAnchor()},
		"grant":  &MsgGrant{Proxies: []uint64{1, 2}, Threshold: 2, Root: sum("root"), AcceptanceFee: sdk.NewInt64Coin(FeeDenom, 0), Split: 1 << 32, Grain: 32},
		"refuse": &MsgRefuseGrant{Reason: "no room: ディスク"},
		"accept": &MsgAcceptGrant{Grants: []uint64{3, 1}},
		"params": &MsgUpdateParams{Params: DefaultParams()},
	} {
		bz, err := m.Marshal()
		require.NoError(t, err)
		require.NoError(t, validated()[name](bz), name)
	}
}

func TestParamsRefuse(t *testing.T) {
	for name, spoil := range map[string]func(p *Params){
		"a fee in another coin":       func(p *Params) { p.StreamFee.Denom = "uatom" },
		"no reader fee":               func(p *Params) { p.ReaderFee = sdk.Coin{} },
		"a negative fee":              func(p *Params) { p.ReaderFee.Amount = math.NewInt(-1) },
		"a fee no coin could hold":    func(p *Params) { p.ReaderFee.Amount = math.NewIntFromUint64(1 << 63).MulRaw(2) },
		"tiny schemas":                func(p *Params) { p.MaxSchemaBytes = 63 },
		"huge schemas":                func(p *Params) { p.MaxSchemaBytes = 65_537 },
		"huge descriptions":           func(p *Params) { p.MaxDescriptionBytes = 16_385 },
		"endless tags":                func(p *Params) { p.MaxTags = 65 },
		"no field":                    func(p *Params) { p.MaxFields = 0 },
		"tiny bundles":                func(p *Params) { p.MaxBundleBytes = 1<<16 - 1 },
		"bundles beyond int64":        func(p *Params) { p.MaxBundleBytes = 1<<64 - 1 },
		"no interval per anchor":      func(p *Params) { p.MaxIntervalsPerAnchor = 0 },
		"a negative clock allowance":  func(p *Params) { p.ClockSkewSeconds = -1 },
		"an hour and more of skew":    func(p *Params) { p.ClockSkewSeconds = 3601 },
		"one shard":                   func(p *Params) { p.MaxShards = 1 },
		"too many shards":             func(p *Params) { p.MaxShards = 65 },
		"no proxy":                    func(p *Params) { p.MaxProxies = 0 },
		"too few nodes for any range": func(p *Params) { p.MaxNodesPerGrant = 61 },
		"too many nodes":              func(p *Params) { p.MaxNodesPerGrant = 4097 },
		"grants of seconds":           func(p *Params) { p.MaxGrantSeconds = 59 },
		"grants of centuries":         func(p *Params) { p.MaxGrantSeconds = 1 << 40 },
		"no dispute window":           func(p *Params) { p.DisputeWindowSeconds = 0 },
		"a dispute window of years":   func(p *Params) { p.DisputeWindowSeconds = 1 << 40 },
		"no settlement":               func(p *Params) { p.SettlementsPerBlock = 0 },
		"endless settlements":         func(p *Params) { p.SettlementsPerBlock = 10_001 },
		"a demand fee of nothing":     func(p *Params) { p.DemandFee = sdk.Coin{} },
		"no time to answer":           func(p *Params) { p.DemandBlocks = 0 },
		"silence for nothing":         func(p *Params) { p.DemandSlashBps = 0 },
		"more than the bond":          func(p *Params) { p.DemandSlashBps = 10_001 },
		"nothing burnt":               func(p *Params) { p.DemandShareBps = 9_001 },
		"no demand":                   func(p *Params) { p.MaxOpenDemands = 0 },
		"demands that never end":      func(p *Params) { p.DemandsPerBlock = 0 },
		"answers gone at once":        func(p *Params) { p.AnswersKeptBlocks = 0 },
		"no time to take over":        func(p *Params) { p.HandOverBlocks = 0 },
		"no key epoch":                func(p *Params) { p.MaxKeyEpochs = 0 },
	} {
		t.Run("D-PAR-2: "+name, func(t *testing.T) {
			p := DefaultParams()
			require.NoError(t, p.Validate())
			spoil(&p)
			require.ErrorIs(t, p.Validate(), ErrParams)
		})
	}
}

// A cause without a code of its own is found in the refusal, and the SDK finds the refusal's code, wrapped once more or not.
func TestBecauseKeepsKindAndCause(t *testing.T) {
	cause := errors.New("the cause")
	err := errorsmod.Wrap(Because(ErrPlacement, cause), "message 0")
	require.ErrorIs(t, err, ErrPlacement)
	require.ErrorIs(t, err, cause)
	require.NotErrorIs(t, err, ErrProxy)
	space, code, log := errorsmod.ABCIInfo(err, false)
	require.Equal(t, ModuleName, space)
	require.EqualValues(t, 31, code)
	require.Contains(t, log, "the cause")
}

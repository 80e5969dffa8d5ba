package types

import (
	"bytes"

	"cosmossdk.io/math"
)

// DefaultGenesis has no providers.
func DefaultGenesis() *GenesisState {
	return &GenesisState{Params: DefaultParams(), NextId: 1}
}

// Validate checks params, rows, ids, duplicates and references.
func (g *GenesisState) Validate() error {
	if err := g.Params.Validate(); err != nil {
		return err
	}
	if g.NextId == 0 {
		return ErrGenesis.Wrap("next_id is 0; ids count from 1")
	}
	rows, err := g.validateProviders()
	if err != nil {
		return err
	}
	if err := g.validatePeerKeys(rows); err != nil {
		return err
	}
	if err := g.validateLoads(rows); err != nil {
		return err
	}
	if err := g.validateStandings(rows); err != nil {
		return err
	}
	return g.validateBoundaries()
}

func (g *GenesisState) validateProviders() (map[uint64]Provider, error) {
	rows := make(map[uint64]Provider, len(g.Providers))
	operators := make(map[string]bool, len(g.Providers))
	keys := make(map[string]bool, len(g.Providers))
	for _, p := range g.Providers {
		if _, twice := rows[p.Id]; twice || p.Id == 0 || p.Id >= g.NextId {
			return nil, ErrGenesis.Wrapf("provider id %d is 0, twice, or not below next_id %d", p.Id, g.NextId)
		}
		if err := p.validate(g.Params); err != nil {
			return nil, ErrGenesis.Wrapf("provider %d: %v", p.Id, err)
		}
		rows[p.Id] = p
		if p.Status == STATUS_LEFT {
			continue
		}
		if operators[p.Operator] || keys[string(p.PeerKey)] {
			return nil, ErrGenesis.Wrapf("operator or peer key of provider %d has another provider that has not left", p.Id)
		}
		operators[p.Operator], keys[string(p.PeerKey)] = true, true
	}
	return rows, nil
}

// validate checks a row by itself. Its bond may be anything from 0: slashes cut it. Its addresses may exceed params that have
// been tightened since.
func (p Provider) validate(params Params) error {
	widest := params
	widest.MaxAddresses, widest.MaxAddressBytes = maxAddresses, maxAddressBytes
	terms := MsgRegister{
		Moniker: p.Moniker, PeerKey: p.PeerKey, Addresses: p.Addresses, SealKey: p.SealKey, CapacityBytes: p.CapacityBytes,
		StoragePriceUcpc: p.StoragePriceUcpc, ReencryptionPriceUcpc: p.ReencryptionPriceUcpc, Storage: p.Storage, Proxy: p.Proxy,
		Bond: p.Bond,
	}
	if !p.Bond.Amount.IsNil() && p.Bond.Amount.IsZero() {
		terms.Bond.Amount = math.OneInt()
	}
	if err := terms.Validate(widest); err != nil {
		return err
	}
	switch p.Status {
	case STATUS_ACTIVE, STATUS_PAUSED, STATUS_LEAVING, STATUS_EXPELLED:
		if p.UnbondTime != 0 {
			return ErrGenesis.Wrap("has an unbond_time without having left")
		}
	case STATUS_LEFT:
		if p.UnbondTime <= 0 {
			return ErrGenesis.Wrap("has left without an unbond_time")
		}
	default:
		return ErrGenesis.Wrapf("status %d is unknown", p.Status)
	}
	if p.Operator == "" || p.RegisteredHeight < 0 {
		return ErrGenesis.Wrap("has no operator or a registered_height below 0")
	}
	return nil
}

func (g *GenesisState) validatePeerKeys(rows map[uint64]Provider) error {
	versions := make(map[uint64]uint32, len(rows))
	newest := make(map[uint64][]byte, len(rows))
	for _, k := range g.PeerKeys {
		if _, ok := rows[k.Id]; !ok || len(k.PeerKey) != KeyBytes || k.Version != versions[k.Id]+1 {
			return ErrGenesis.Wrapf("peer key version %d of provider %d has no row, a bad size, or a gap before it", k.Version, k.Id)
		}
		versions[k.Id], newest[k.Id] = k.Version, k.PeerKey
	}
	for _, p := range g.Providers {
		if versions[p.Id] != p.PeerKeyVersion || !bytes.Equal(newest[p.Id], p.PeerKey) {
			return ErrGenesis.Wrapf("provider %d is at peer key version %d, and the list's newest is %d or another key", p.Id, p.PeerKeyVersion, versions[p.Id])
		}
	}
	return nil
}

func (g *GenesisState) validateLoads(rows map[uint64]Provider) error {
	seen := make(map[uint64]bool, len(g.Loads))
	for _, l := range g.Loads {
		row, ok := rows[l.Id]
		if !ok || seen[l.Id] {
			return ErrGenesis.Wrapf("load of provider %d stands twice or has no row", l.Id)
		}
		seen[l.Id] = true
		if l.Load.ShardBytes > row.CapacityBytes || l.Load.Shards == 0 && l.Load.ShardBytes > 0 {
			return ErrGenesis.Wrapf("provider %d of %d bytes carries %d shards of %d bytes", l.Id, row.CapacityBytes, l.Load.Shards, l.Load.ShardBytes)
		}
		if row.Status == STATUS_LEFT && (l.Load.Shards > 0 || l.Load.Grants > 0) {
			return ErrGenesis.Wrapf("provider %d has left with %d shards and %d grants", l.Id, l.Load.Shards, l.Load.Grants)
		}
	}
	return nil
}

func (g *GenesisState) validateBoundaries() error {
	last, pools := int64(-1), map[int64]bool{}
	for _, b := range g.Boundaries {
		if b.Height <= last {
			return ErrGenesis.Wrapf("boundary at height %d is out of order", b.Height)
		}
		if err := b.validate(); err != nil {
			return ErrGenesis.Wrapf("boundary at height %d: %v", b.Height, err)
		}
		last, pools[b.Height] = b.Height, true
	}
	for _, p := range g.Pools {
		if !pools[p.Height] {
			return ErrGenesis.Wrapf("pool at height %d stands twice or has no boundary", p.Height)
		}
		if err := p.Pool.validate(); err != nil {
			return ErrGenesis.Wrapf("pool at height %d: %v", p.Height, err)
		}
		delete(pools, p.Height)
	}
	if len(pools) > 0 {
		return ErrGenesis.Wrapf("%d boundaries have no pool", len(pools))
	}
	return nil
}

func (g *GenesisState) validateStandings(rows map[uint64]Provider) error {
	seen := make(map[uint64]bool, len(g.Standings))
	for _, s := range g.Standings {
		row, ok := rows[s.Id]
		if !ok || seen[s.Id] {
			return ErrGenesis.Wrapf("standing of provider %d stands twice or has no row", s.Id)
		}
		seen[s.Id] = true
		if err := s.Standing.validate(); err != nil {
			return ErrGenesis.Wrapf("standing of provider %d: %v", s.Id, err)
		}
		if s.Standing.Now() != row.HolderWeight() {
			return ErrGenesis.Wrapf("standing of provider %d ends at %d bytes, its row says %d", s.Id, s.Standing.Now(), row.HolderWeight())
		}
	}
	return nil
}

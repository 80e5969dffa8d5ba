package types

import (
	"bytes"
	"crypto/sha256"

	"github.com/cpchain/cpchain/pkg/keytree"
)

// DefaultGenesis has no streams.
func DefaultGenesis() *GenesisState {
	return &GenesisState{Params: DefaultParams(), NextStream: 1, NextReader: 1, NextGrant: 1, NextDemand: 1}
}

// Validate checks ids, order, duplicates, references and the shape of every row. What depends on the address codec is
// checked when it is imported.
func (g *GenesisState) Validate() error {
	if err := g.Params.Validate(); err != nil {
		return err
	}
	if g.NextStream == 0 || g.NextReader == 0 || g.NextGrant == 0 || g.NextDemand == 0 {
		return ErrGenesis.Wrap("next_stream, next_reader, next_grant and next_demand start at 1")
	}
	streams, err := g.validateStreams()
	if err != nil {
		return err
	}
	if err := g.validateAnchors(streams); err != nil {
		return err
	}
	if err := g.validateDisclaims(); err != nil {
		return err
	}
	readers, err := g.validateReaders()
	if err != nil {
		return err
	}
	grants, err := g.validateGrants(streams, readers)
	if err != nil {
		return err
	}
	if err := g.validateDisputes(grants); err != nil {
		return err
	}
	return g.validateDemands(grants)
}

func (g *GenesisState) validateStreams() (map[uint64]StreamRecord, error) {
	streams := make(map[uint64]StreamRecord, len(g.Streams))
	names := map[string]bool{}
	last := uint64(0)
	for _, r := range g.Streams {
		s := r.Stream
		name := s.Owner + "/" + s.Name
		if s.Id <= last || s.Id >= g.NextStream || names[name] {
			return nil, ErrGenesis.Wrapf("stream %d (%s) is out of order, twice, or not below next_stream %d", s.Id, name, g.NextStream)
		}
		if err := s.validate(); err != nil {
			return nil, ErrGenesis.Wrapf("stream %d: %s", s.Id, err)
		}
		last, names[name], streams[s.Id] = s.Id, true, r
	}
	return streams, nil
}

func (s Stream) validate() error {
	if err := validName(s.Name); err != nil {
		return err
	}
	for _, tag := range s.Tags {
		if err := ValidTag(tag); err != nil {
			return err
		}
	}
	if s.Writer.Epoch == 0 {
		return ErrWriter.Wrap("writer epochs count from 1")
	}
	if err := s.validKeyEpochs(); err != nil {
		return err
	}
	return s.validShape()
}

// validateAnchors checks that each stream's anchors are all there, in order, and add up to its head.
func (g *GenesisState) validateAnchors(streams map[uint64]StreamRecord) error {
	heads := make(map[uint64]Head, len(streams))
	last := uint64(0)
	for _, record := range g.Anchors {
		a := record.Anchor
		_, ok := streams[a.Stream]
		if !ok || a.Stream < last {
			return ErrGenesis.Wrapf("anchor %d of stream %d has no stream or is out of order", a.Seq, a.Stream)
		}
		if err := record.validate(heads[a.Stream]); err != nil {
			return ErrGenesis.Wrapf("anchor %d of stream %d: %s", a.Seq, a.Stream, err)
		}
		next, err := heads[a.Stream].Next(a, nil)
		if err != nil {
			return err
		}
		last, heads[a.Stream] = a.Stream, next
	}
	for _, r := range g.Streams {
		if sum := heads[r.Stream.Id]; !sum.SameTotals(r.Head) || (sum.NextSeq == 0) != (len(r.Head.LastHash) == 0) {
			return ErrGenesis.Wrapf("stream %d: the anchors add up to %+v, the head is %+v", r.Stream.Id, sum, r.Head)
		}
	}
	return nil
}

// validate checks an anchor against its stream and what came before it.
func (r AnchorRow) validate(before Head) error {
	a := r.Anchor
	if a.Seq != before.NextSeq || uint64(a.FirstInterval) != uint64(before.NextInterval)+uint64(a.Skipped) {
		return ErrSeq.Wrapf("anchor %d and interval %d come next", before.NextSeq, before.NextInterval)
	}
	if (len(a.Prev) == 0) != (a.Seq == 0) {
		return ErrFork.Wrap("every anchor but the first names the one before")
	}
	for i, h := range a.roots() {
		if len(h) != sha256.Size {
			return ErrHash.Wrap(rootNames[i])
		}
	}
	if len(a.Placement) != 0 || len(a.Signature) != 0 {
		return ErrPlacement.Wrap("the row keeps neither placement nor signature")
	}
	if a.Intervals == 0 || a.End() < a.FirstInterval {
		return ErrIntervals.Wrapf("%d", a.Intervals)
	}
	return validCID(a.ManifestCid)
}

func (g *GenesisState) validateReaders() (map[uint64]Reader, error) {
	readers := make(map[uint64]Reader, len(g.Readers))
	names := map[string]bool{}
	last := uint64(0)
	for _, record := range g.Readers {
		r := record.Reader
		name := r.Owner + "/" + r.Name
		if r.Id <= last || r.Id >= g.NextReader || names[name] || int(r.Version) != len(record.Keys) || r.Version == 0 {
			return nil, ErrGenesis.Wrapf("reader %d (%s) is out of order, twice, not below next_reader %d, or has not one key per version", r.Id, name, g.NextReader)
		}
		if err := validName(r.Name); err != nil {
			return nil, ErrGenesis.Wrapf("reader %d: %s", r.Id, err)
		}
		for i, keys := range record.Keys {
			if err := keys.validShape(); err != nil || keys.Retired != (i < len(record.Keys)-1) {
				return nil, ErrGenesis.Wrapf("reader %d version %d: retired %t (all but the newest are): %v", r.Id, i+1, keys.Retired, err)
			}
		}
		last, names[name], readers[r.Id] = r.Id, true, r
	}
	return readers, nil
}

func (g *GenesisState) validateGrants(streams map[uint64]StreamRecord, readers map[uint64]Reader) (map[uint64]Grant, error) {
	grants := make(map[uint64]Grant, len(g.Grants))
	last := uint64(0)
	for _, row := range g.Grants {
		stream, known := streams[row.Stream]
		reader, registered := readers[row.Reader]
		if row.Id <= last || row.Id >= g.NextGrant || !known || !registered {
			return nil, ErrGenesis.Wrapf("grant %d is out of order, not below next_grant %d, or has no stream or reader", row.Id, g.NextGrant)
		}
		if row.Owner != stream.Stream.Owner || row.ReaderVersion == 0 || row.ReaderVersion > reader.Version {
			return nil, ErrGenesis.Wrapf("grant %d: owner or reader version do not fit stream and reader", row.Id)
		}
		if err := row.validate(); err != nil {
			return nil, ErrGenesis.Wrapf("grant %d: %s", row.Id, err)
		}
		last, grants[row.Id] = row.Id, row
	}
	return grants, nil
}

func (g Grant) validate() error {
	if err := validFee("acceptance_fee", g.AcceptanceFee); err != nil {
		return err
	}
	n := len(g.Proxies)
	if n == 0 || g.Threshold == 0 || int64(g.Threshold) > int64(n) || len(g.Root) != sha256.Size {
		return ErrThreshold.Wrapf("%d of %d proxies, root of %d bytes", g.Threshold, n, len(g.Root))
	}
	cover, err := GrantCover(g, int(g.Leaves)/n)
	if err != nil || len(cover)*n != int(g.Leaves) {
		return ErrRange.Wrapf("%d leaves for %d nodes and %d proxies: %v", g.Leaves, len(cover), n, err)
	}
	if _, known := GrantStatus_name[int32(g.Status)]; !known || g.Status == GRANT_STATUS_UNSPECIFIED {
		return ErrRange.Wrapf("status %d", g.Status)
	}
	if (g.Status == GRANT_STATUS_REVOKED) != (g.RevokedAt != 0) {
		return ErrRevoked.Wrapf("status %s, revoked_at %d", g.Status, g.RevokedAt)
	}
	if len(g.Seed) != sha256.Size {
		return ErrHash.Wrapf("draw seed of %d bytes", len(g.Seed))
	}
	for i, node := range g.Withheld {
		if int(node) >= len(cover) || i > 0 && node <= g.Withheld[i-1] {
			return ErrNode.Wrapf("withheld node %d of %d is none, or out of order", node, len(cover))
		}
	}
	for i, p := range g.Proxies {
		if j, _ := g.AnsweredBy(p.Provider); j != i {
			return ErrProxyTwice.Wrapf("provider %d", p.Provider)
		}
		if err := p.validHands(g, i); err != nil {
			return err
		}
		if _, known := ProxyState_name[int32(p.State)]; !known || p.State == PROXY_STATE_UNSPECIFIED {
			return ErrProxy.Wrapf("provider %d has state %d", p.Provider, p.State)
		}
	}
	return nil
}

func (g *GenesisState) validateDisputes(grants map[uint64]Grant) error {
	var last DisputeRecord
	for i, d := range g.Disputes {
		grant, ok := grants[d.Grant]
		if !ok {
			return ErrGenesis.Wrapf("dispute of grant %d, which does not exist", d.Grant)
		}
		if p, named := grant.AnsweredBy(d.Provider); !named || grant.Proxies[p].Holder() == d.Provider && grant.Proxies[p].State != PROXY_STATE_FAULTY {
			return ErrGenesis.Wrapf("dispute of grant %d: provider %d is not a proxy proved wrong", d.Grant, d.Provider)
		}
		if len(d.Node) != 0 && len(d.Node) != keytree.NodeSize {
			return ErrGenesis.Wrapf("dispute of grant %d: node of %d bytes", d.Grant, len(d.Node))
		}
		if i > 0 && !last.before(d) {
			return ErrGenesis.Wrapf("dispute of grant %d, provider %d is out of order or twice", d.Grant, d.Provider)
		}
		last = d
	}
	return nil
}

func (d DisputeRecord) before(other DisputeRecord) bool {
	if d.Grant != other.Grant {
		return d.Grant < other.Grant
	}
	if d.Provider != other.Provider {
		return d.Provider < other.Provider
	}
	return bytes.Compare(d.Node, other.Node) < 0
}

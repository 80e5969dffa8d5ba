package chain

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	sdk "github.com/cosmos/cosmos-sdk/types"

	datarights "github.com/cpchain/cpchain/x/datarights/types"
	provider "github.com/cpchain/cpchain/x/provider/types"
	storage "github.com/cpchain/cpchain/x/storage/types"
)

// answerer fills a reply from proved rows.
type answerer func(rows) error

// answers returns how a query of x/datarights is answered, or nil when it has no points.
func answers(req, reply any) answerer {
	switch q := req.(type) {
	case *datarights.QueryParamsRequest:
		res := reply.(*datarights.QueryParamsResponse)
		return func(r rows) error { return r.get(datarights.StoreKey, datarights.ParamsPoint(), &res.Params) }
	case *datarights.QueryStreamRequest:
		return func(r rows) error { return r.stream(q.Id, reply.(*datarights.QueryStreamResponse)) }
	case *datarights.QueryStreamByNameRequest:
		return func(r rows) error { return r.streamByName(q, reply.(*datarights.QueryStreamResponse)) }
	case *datarights.QueryStreamsRequest:
		res := reply.(*datarights.QueryStreamsResponse)
		return func(r rows) error {
			return proved(r, &res.Streams, func(s *datarights.QueryStreamResponse) (bool, error) {
				err := r.stream(s.Stream.Id, s)
				return q.Owner == "" || s.Stream.Owner == q.Owner, err
			})
		}
	case *datarights.QueryAnchorRequest:
		return func(r rows) error { return r.anchor(q.Stream, q.Seq, reply.(*datarights.QueryAnchorResponse)) }
	case *datarights.QueryAnchorOfRequest:
		return func(r rows) error { return r.anchorOf(q, reply.(*datarights.QueryAnchorResponse)) }
	case *datarights.QueryReaderRequest:
		return func(r rows) error { return r.reader(q.Id, q.Version, reply.(*datarights.QueryReaderResponse)) }
	case *datarights.QueryReadersRequest:
		res := reply.(*datarights.QueryReadersResponse)
		return func(r rows) error {
			return proved(r, &res.Readers, func(s *datarights.QueryReaderResponse) (bool, error) {
				err := r.reader(s.Reader.Id, 0, s)
				return s.Reader.Owner == q.Owner, err
			})
		}
	default:
		return rightsAnswers(req, reply)
	}
}

// rightsAnswers are those of grants and demands.
func rightsAnswers(req, reply any) answerer {
	switch q := req.(type) {
	case *datarights.QueryGrantRequest:
		res := reply.(*datarights.QueryGrantResponse)
		return func(r rows) error { return r.get(datarights.StoreKey, datarights.GrantPoint(q.Id), &res.Grant) }
	case *datarights.QueryGrantsRequest:
		res := reply.(*datarights.QueryGrantsResponse)
		return func(r rows) error {
			return proved(r, &res.Grants, func(g *datarights.Grant) (bool, error) {
				id := g.Id
				*g = datarights.Grant{}
				err := r.get(datarights.StoreKey, datarights.GrantPoint(id), g)
				return (q.Stream == 0 || g.Stream == q.Stream) && (q.Reader == 0 || g.Reader == q.Reader), err
			})
		}
	case *datarights.QueryDemandRequest:
		res := reply.(*datarights.QueryDemandResponse)
		return func(r rows) error { return r.get(datarights.StoreKey, datarights.DemandPoint(q.Id), &res.Demand) }
	case *datarights.QueryDemandsRequest:
		res := reply.(*datarights.QueryDemandsResponse)
		return func(r rows) error {
			return proved(r, &res.Demands, func(d *datarights.Demand) (bool, error) {
				id := d.Id
				*d = datarights.Demand{}
				return true, r.get(datarights.StoreKey, datarights.DemandPoint(id), d)
			})
		}
	default:
		return providerAnswers(req, reply)
	}
}

// providerAnswers are those of x/provider, and of deals.
func providerAnswers(req, reply any) answerer {
	switch q := req.(type) {
	case *provider.QueryParamsRequest:
		res := reply.(*provider.QueryParamsResponse)
		return func(r rows) error { return r.get(provider.StoreKey, provider.ParamsPoint(), &res.Params) }
	case *provider.QueryProviderRequest:
		return func(r rows) error { return r.provider(q.Id, reply.(*provider.QueryProviderResponse)) }
	case *provider.QueryProviderByOperatorRequest:
		return func(r rows) error { return r.providerOf(q.Operator, reply.(*provider.QueryProviderResponse)) }
	case *provider.QueryProviderByPeerKeyRequest:
		return func(r rows) error {
			return r.providerAt(provider.PeerKeyIndexPoint(q.PeerKey), reply.(*provider.QueryProviderResponse))
		}
	case *provider.QueryPoolRequest:
		res := reply.(*provider.QueryPoolResponse)
		return func(r rows) error {
			return r.get(provider.StoreKey, provider.PoolPoint(uint64(max(q.Height, 0))), &res.Pool)
		}
	case *storage.QueryDealRequest:
		res := reply.(*storage.QueryDealResponse)
		return func(r rows) error { return r.get(storage.StoreKey, storage.DealPoint(q.Stream, q.Seq), &res.Deal) }
	case *provider.QueryProvidersRequest:
		res := reply.(*provider.QueryProvidersResponse)
		return func(r rows) error {
			return proved(r, &res.Providers, func(p *provider.QueryProviderResponse) (bool, error) {
				err := r.provider(p.Provider.Id, p)
				return !q.Active || p.Provider.Status == provider.STATUS_ACTIVE, err
			})
		}
	case *provider.QueryPeerKeyRequest:
		res := reply.(*provider.QueryPeerKeyResponse)
		return func(r rows) (err error) {
			res.PeerKey, err = r.value(provider.StoreKey, provider.PeerKeyPoint(q.Id, q.Version))
			return err
		}
	case *provider.QueryBoundariesRequest:
		res := reply.(*provider.QueryBoundariesResponse)
		return func(r rows) error {
			return proved(r, &res.Boundaries, func(b *provider.Boundary) (bool, error) {
				height := uint64(b.Height)
				*b = provider.Boundary{}
				err := r.get(provider.StoreKey, provider.BoundaryPoint(height), b)
				if errors.Is(err, ErrNotFound) { // made, or dropped, by the newest block
					return false, nil
				}
				return true, err
			})
		}
	default:
		return nil
	}
}

// proved asks the node for a list, proves each row of it in its place, and keeps those that belong there.
func proved[T any](r rows, list *[]T, prove func(*T) (bool, error)) error {
	if err := r.ask(); err != nil {
		return err
	}
	kept := (*list)[:0]
	for _, row := range *list {
		belongs, err := prove(&row)
		if err != nil {
			return err
		}
		if belongs {
			kept = append(kept, row)
		}
	}
	*list = slices.Clip(kept)
	return nil
}

func (r rows) stream(id uint64, res *datarights.QueryStreamResponse) error {
	*res = datarights.QueryStreamResponse{}
	if err := r.get(datarights.StoreKey, datarights.StreamPoint(id), &res.Stream); err != nil {
		return err
	}
	return r.get(datarights.StoreKey, datarights.HeadPoint(id), &res.Head)
}

func (r rows) streamByName(q *datarights.QueryStreamByNameRequest, res *datarights.QueryStreamResponse) error {
	owner, err := sdk.GetFromBech32(q.Owner, AccountPrefix)
	if err != nil {
		return fmt.Errorf("owner %q: %w", q.Owner, err)
	}
	id, err := r.id(datarights.StoreKey, datarights.StreamNamePoint(owner, q.Name))
	if err != nil {
		return err
	}
	return r.stream(id, res)
}

// id reads a row that holds a number.
func (r rows) id(store string, key []byte) (uint64, error) {
	value, err := r.value(store, key)
	if err != nil {
		return 0, err
	}
	if len(value) != 8 {
		return 0, fmt.Errorf("row %X of store %s has %d bytes, not 8: update this program", key, store, len(value))
	}
	return binary.BigEndian.Uint64(value), nil
}

// anchor reads an anchor's row, its placement (none when its deal has ended), and its hash out of what follows it.
func (r rows) anchor(stream, seq uint64, res *datarights.QueryAnchorResponse) error {
	*res = datarights.QueryAnchorResponse{}
	if err := r.get(datarights.StoreKey, datarights.AnchorPoint(stream, seq), &res.Row); err != nil {
		return err
	}
	var deal storage.Deal
	if err := r.get(storage.StoreKey, storage.DealPoint(stream, seq), &deal); err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	res.Placement.Providers = deal.Providers()
	var head datarights.Head
	if err := r.get(datarights.StoreKey, datarights.HeadPoint(stream), &head); err != nil {
		return err
	}
	if head.NextSeq == seq+1 {
		res.Hash = head.LastHash
		return nil
	}
	var next datarights.AnchorRow
	if err := r.get(datarights.StoreKey, datarights.AnchorPoint(stream, seq+1), &next); err != nil {
		return err
	}
	res.Hash = next.Anchor.Prev
	return nil
}

// anchorOf takes the anchor's number from the node, and proves that the anchor covers the interval, or the outage before it.
// That none does is proved by the head; else a node that finds none lies, as anchors leave no gaps.
func (r rows) anchorOf(q *datarights.QueryAnchorOfRequest, res *datarights.QueryAnchorResponse) error {
	var head datarights.Head
	if err := r.get(datarights.StoreKey, datarights.HeadPoint(q.Stream), &head); err != nil {
		return err
	}
	covered := fmt.Sprintf("interval %d of stream %d", q.Interval, q.Stream)
	if q.Interval >= head.NextInterval {
		return fmt.Errorf("%w: %s is proved not to be anchored yet", ErrNotFound, covered)
	}
	if err := r.ask(); err != nil {
		if errors.Is(err, ErrNotFound) {
			return r.view.Claims("that no anchor covers "+covered, fmt.Sprintf("the head is proved to be at interval %d", head.NextInterval))
		}
		return err
	}
	seq := res.Row.Anchor.Seq
	if err := r.anchor(q.Stream, seq, res); err != nil {
		return err
	}
	a := res.Row.Anchor
	if q.Interval < a.FirstInterval-a.Skipped || q.Interval >= a.End() {
		return r.view.Claims(fmt.Sprintf("that anchor %d covers %s", seq, covered), fmt.Sprintf("it is proved to cover %d to %d", a.FirstInterval, a.End()))
	}
	return nil
}

func (r rows) reader(id uint64, version uint32, res *datarights.QueryReaderResponse) error {
	*res = datarights.QueryReaderResponse{}
	if err := r.get(datarights.StoreKey, datarights.ReaderPoint(id), &res.Reader); err != nil {
		return err
	}
	res.Version = version
	if version == 0 {
		res.Version = res.Reader.Version
	}
	return r.get(datarights.StoreKey, datarights.ReaderKeysPoint(id, res.Version), &res.Keys)
}

func (r rows) provider(id uint64, res *provider.QueryProviderResponse) error {
	*res = provider.QueryProviderResponse{}
	if err := r.get(provider.StoreKey, provider.ProviderPoint(id), &res.Provider); err != nil {
		return err
	}
	// neither is there before there is something to say
	if err := r.get(provider.StoreKey, provider.LoadPoint(id), &res.Load); err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	if err := r.get(provider.StoreKey, provider.StandingPoint(id), &res.Standing); err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	return nil
}

func (r rows) providerOf(operator string, res *provider.QueryProviderResponse) error {
	account, err := sdk.GetFromBech32(operator, AccountPrefix)
	if err != nil {
		return fmt.Errorf("operator %q: %w", operator, err)
	}
	return r.providerAt(provider.OperatorPoint(account), res)
}

// providerAt reads the provider that an index row names.
func (r rows) providerAt(key []byte, res *provider.QueryProviderResponse) error {
	id, err := r.id(provider.StoreKey, key)
	if err != nil {
		return err
	}
	return r.provider(id, res)
}

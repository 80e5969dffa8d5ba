package owner

import (
	"context"
	"fmt"
	"time"

	"github.com/cpchain/cpchain/offchain/storage/wire"
	datarights "github.com/cpchain/cpchain/x/datarights/types"
	provider "github.com/cpchain/cpchain/x/provider/types"
)

// DeliveryChain is what bringing parcels must know from the chain.
type DeliveryChain interface {
	ChainID() string
	Grant(ctx context.Context, id uint64) (datarights.Grant, error)
	Provider(ctx context.Context, id uint64) (provider.Provider, error)
}

// Courier brings one sealed parcel to a proxy.
type Courier interface {
	PushParcel(ctx context.Context, to provider.Provider, grant uint64, sealed []byte) (wire.PushParcelReply, error)
}

// retryEvery is how long to wait before a proxy that could not be reached is tried again, and between looks at the row.
const retryEvery = time.Second

// Step is one thing that happened while delivering, for showing progress.
type Step struct {
	Provider uint64
	State    string
	Err      error
}

// Deliver brings every proxy its parcel and waits until the grant is live, until so many refused that it can't become
// live, or until ctx ends. It may be called again at any time: proxies take a parcel they have as new.
func Deliver(ctx context.Context, chain DeliveryChain, courier Courier, b *Built, grant uint64, seen func(Step)) (datarights.Grant, error) {
	tick := time.NewTicker(retryEvery)
	defer tick.Stop()
	delivered := map[uint64]bool{}
	for {
		g, err := chain.Grant(ctx, grant)
		if err != nil {
			return g, err
		}
		if !b.Matches(g) {
			return g, fmt.Errorf("grant %d on chain is not the one whose parcels are kept here", grant)
		}
		if done, err := settled(g); done {
			return g, err
		}
		for i, p := range g.Proxies {
			if p.State != datarights.PROXY_STATE_ASKED || delivered[p.Provider] {
				continue
			}
			state, err := deliverOne(ctx, chain, courier, b, g.Id, i, p.Provider)
			delivered[p.Provider] = err == nil
			seen(Step{Provider: p.Provider, State: state, Err: err})
		}
		select {
		case <-ctx.Done():
			return g, fmt.Errorf("grant %d has %d of %d acceptances: `cpdata grant push %d` goes on later, `cpdata grant resume %d` asks others in the place of silent ones: %w",
				grant, g.Accepted(), g.Threshold, grant, grant, ctx.Err())
		case <-tick.C:
		}
	}
}

// settled tells whether waiting is over. A live grant whose other proxies have not all answered still waits: with just
// the threshold, one lost proxy would lose the reader's data.
func settled(g datarights.Grant) (bool, error) {
	asked, good := 0, g.Accepted()
	for _, p := range g.Proxies {
		if p.State == datarights.PROXY_STATE_ASKED {
			asked++
		}
	}
	switch {
	case g.Status == datarights.GRANT_STATUS_REVOKED:
		return true, fmt.Errorf("grant %d has been revoked", g.Id)
	case good+asked < int(g.Threshold) && g.Count(datarights.PROXY_STATE_SPARE) > 0:
		return true, fmt.Errorf("grant %d has %d of the %d proxies it needs: `cpdata grant resume %d` asks others", g.Id, good+asked, g.Threshold, g.Id)
	case good+asked < int(g.Threshold):
		return true, fmt.Errorf("grant %d can't become live: only %d of the %d proxies it needs can still accept: revoke it and grant anew", g.Id, good+asked, g.Threshold)
	}
	return g.Status == datarights.GRANT_STATUS_LIVE && asked == 0, nil
}

func deliverOne(ctx context.Context, chain DeliveryChain, courier Courier, b *Built, grant uint64, i int, id uint64) (string, error) {
	row, err := chain.Provider(ctx, id)
	if err != nil {
		return "", err
	}
	sealed, err := b.SealParcel(chain.ChainID(), grant, i, row)
	if err != nil {
		return "", err
	}
	reply, err := courier.PushParcel(ctx, row, grant, sealed)
	if err != nil {
		return "", err
	}
	if reply.State == wire.PARCEL_STATE_REFUSED {
		return "refused: " + reply.Reason, nil
	}
	return "parcel stored", nil
}

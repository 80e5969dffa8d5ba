package daemon

import (
	"context"
	"crypto/ed25519"
	"sync"

	"github.com/cosmos/cosmos-sdk/crypto/keyring"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/cpchain/cpchain/offchain/chain"
	datarights "github.com/cpchain/cpchain/x/datarights/types"
	provider "github.com/cpchain/cpchain/x/provider/types"
	storage "github.com/cpchain/cpchain/x/storage/types"
)

func public(key ed25519.PrivateKey) ed25519.PublicKey { return key.Public().(ed25519.PublicKey) }

// lazyChain connects when it is first needed, and tries again while it can't: a gateway starts, and takes records, without
// a chain.
type lazyChain struct {
	cfg  chain.Config
	ring keyring.Keyring
	key  string

	mu     sync.Mutex
	client *chain.Client
	signer *chain.Signer
}

func (c *lazyChain) dial(ctx context.Context) (*chain.Client, *chain.Signer, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.client != nil {
		return c.client, c.signer, nil
	}
	client, err := chain.Dial(ctx, c.cfg)
	if err != nil {
		return nil, nil, err
	}
	signer, err := chain.NewSigner(client, c.ring, c.key)
	if err != nil {
		return nil, nil, err
	}
	c.client, c.signer = client, signer
	return client, signer, nil
}

// ChainID of the config: the client checks that the node is on it.
func (c *lazyChain) ChainID() string { return c.cfg.ChainID }

func (c *lazyChain) Stream(ctx context.Context, id uint64) (datarights.Stream, datarights.Head, error) {
	client, _, err := c.dial(ctx)
	if err != nil {
		return datarights.Stream{}, datarights.Head{}, err
	}
	return client.Stream(ctx, id)
}

func (c *lazyChain) Anchor(ctx context.Context, stream, seq uint64) (datarights.QueryAnchorResponse, error) {
	client, _, err := c.dial(ctx)
	if err != nil {
		return datarights.QueryAnchorResponse{}, err
	}
	return client.Anchor(ctx, stream, seq)
}

func (c *lazyChain) AnchorOf(ctx context.Context, stream uint64, interval uint32) (datarights.QueryAnchorResponse, error) {
	client, _, err := c.dial(ctx)
	if err != nil {
		return datarights.QueryAnchorResponse{}, err
	}
	return client.AnchorOf(ctx, stream, interval)
}

func (c *lazyChain) Grants(ctx context.Context, req *datarights.QueryGrantsRequest) ([]datarights.Grant, error) {
	client, _, err := c.dial(ctx)
	if err != nil {
		return nil, err
	}
	return client.Grants(ctx, req)
}

func (c *lazyChain) Demands(ctx context.Context, req *datarights.QueryDemandsRequest) ([]datarights.Demand, error) {
	client, _, err := c.dial(ctx)
	if err != nil {
		return nil, err
	}
	return client.Demands(ctx, req)
}

func (c *lazyChain) Provider(ctx context.Context, id uint64) (provider.Provider, error) {
	client, _, err := c.dial(ctx)
	if err != nil {
		return provider.Provider{}, err
	}
	return client.Provider(ctx, id)
}

func (c *lazyChain) Holders(ctx context.Context, d int64) ([]provider.Provider, error) {
	client, _, err := c.dial(ctx)
	if err != nil {
		return nil, err
	}
	return client.Holders(ctx, d)
}

func (c *lazyChain) Boundaries(ctx context.Context) ([]provider.Boundary, error) {
	client, _, err := c.dial(ctx)
	if err != nil {
		return nil, err
	}
	return client.Boundaries(ctx)
}

func (c *lazyChain) StorageAccount(ctx context.Context, stream uint64) (storage.Account, error) {
	client, _, err := c.dial(ctx)
	if err != nil {
		return storage.Account{}, err
	}
	return client.StorageAccount(ctx, stream)
}

func (c *lazyChain) Submit(ctx context.Context, opts chain.TxOptions, msgs ...sdk.Msg) (*chain.TxResult, error) {
	_, signer, err := c.dial(ctx)
	if err != nil {
		return nil, err
	}
	return signer.Submit(ctx, opts, msgs...)
}

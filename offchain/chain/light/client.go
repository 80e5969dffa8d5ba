package light

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	cmtlight "github.com/cometbft/cometbft/light"
	"github.com/cometbft/cometbft/light/provider"
	lighthttp "github.com/cometbft/cometbft/light/provider/http"
	rpchttp "github.com/cometbft/cometbft/rpc/client/http"
	"github.com/cometbft/cometbft/types"
)

const (
	// refresh is how long a verified header is the newest without asking again. Blocks take a second or more.
	refresh = 200 * time.Millisecond
	// kept is how many verified headers stay on disk.
	kept = 64
	// provableFrom is the first height whose state nodes prove: the SDK proves nothing of height 1.
	provableFrom = 2
)

// Config of a Client.
type Config struct {
	ChainID string
	// RPC is the address of the node that rows and headers come from; Witnesses are others, whose headers must be the same.
	// Without any, a fork signed by a third of the power of the last trusting period goes unnoticed.
	RPC       string
	Witnesses []string
	// Height and Hash (32 bytes) of a header the user trusts.
	Height int64
	Hash   []byte
	// Period is how long validators can be punished for what they signed: less than the unbonding period.
	Period time.Duration
	// Dir keeps verified headers.
	Dir string
	// MaxAge of the newest header.
	MaxAge time.Duration
	// Clock is nil for time.Now.
	Clock func() time.Time
}

// Client verifies headers, and rows against them. It is safe for concurrent use.
type Client struct {
	cfg     Config
	rpc     *rpchttp.HTTP
	primary provider.Provider
	others  []provider.Provider

	mu     sync.Mutex
	newest *types.LightBlock
	asked  time.Time
	client *cmtlight.Client
}

// Open loads what was verified before, or verifies the trusted header.
func Open(ctx context.Context, rpc *rpchttp.HTTP, cfg Config) (*Client, error) {
	if cfg.Clock == nil {
		cfg.Clock = time.Now
	}
	if cfg.Height < 1 || len(cfg.Hash) != 32 || cfg.Period <= 0 {
		return nil, errors.New(`trust = "light" needs trust_height, trust_hash (64 hex digits) and trust_period_seconds: ` +
			"get height and hash of a recent block from somebody you trust")
	}
	if err := os.MkdirAll(cfg.Dir, 0o700); err != nil {
		return nil, err
	}
	c := &Client{cfg: cfg, rpc: rpc, primary: lighthttp.NewWithClient(cfg.ChainID, rpc)}
	for _, addr := range cfg.Witnesses {
		w, err := lighthttp.New(cfg.ChainID, addr)
		if err != nil {
			return nil, fmt.Errorf("witness %q: write it like http://127.0.0.1:26657: %w", addr, err)
		}
		c.others = append(c.others, w)
	}
	if err := c.begin(ctx); err != nil {
		return nil, err
	}
	return c, nil
}

// begin fetches and checks the trusted header, unless headers that follow from it are on disk.
func (c *Client) begin(ctx context.Context) error {
	store := files{c.cfg.Dir}
	last, err := store.LastLightBlockHeight()
	if err != nil {
		return err
	}
	if last >= c.cfg.Height {
		c.newest, err = store.LightBlock(last)
		return err
	}
	first, err := c.primary.LightBlock(ctx, c.cfg.Height)
	if err != nil {
		return fmt.Errorf("%w: chain node %s: header %d: %w", ErrUnavailable, c.cfg.RPC, c.cfg.Height, err)
	}
	if !bytes.Equal(first.Hash(), c.cfg.Hash) {
		return &LieError{
			Node: c.cfg.RPC, Height: c.cfg.Height, Claimed: fmt.Sprintf("hash %X", first.Hash()),
			Proved: fmt.Sprintf("trust_hash is %X (if that is wrong, correct it)", c.cfg.Hash),
		}
	}
	if err := first.ValidatorSet.VerifyCommitLight(c.cfg.ChainID, first.Commit.BlockID, first.Height, first.Commit); err != nil {
		return c.lie(first.Height, "a header", err)
	}
	c.newest = first
	if first.Time.Add(c.cfg.Period).Before(c.cfg.Clock()) {
		return c.expired()
	}
	return store.SaveLightBlock(first)
}

// verifier is CometBFT's client over the store. It forgets who was its primary after an error, as it may have put a witness
// in its place.
func (c *Client) verifier() (*cmtlight.Client, error) {
	if c.client != nil {
		return c.client, nil
	}
	witnesses := append([]provider.Provider(nil), c.others...)
	if len(witnesses) == 0 {
		witnesses = append(witnesses, c.primary)
	}
	v, err := cmtlight.NewClientFromTrustedStore(c.cfg.ChainID, c.cfg.Period, c.primary, witnesses, files{c.cfg.Dir}, cmtlight.PruningSize(kept))
	if err != nil {
		return nil, err
	}
	c.client = v
	return v, nil
}

// View is the state behind one verified header.
type View struct {
	client *Client
	header *types.Header
}

// Height of the state: that of the block before its header, for a header has the hash of the state the block before left.
// 0 for no view.
func (v View) Height() int64 {
	if v.header == nil {
		return 0
	}
	return v.header.Height - 1
}

// Time of the header, the zero time for no view.
func (v View) Time() time.Time {
	if v.header == nil {
		return time.Time{}
	}
	return v.header.Time
}

// View returns the newest state that can be proved. It is an error when its header is older than MaxAge.
func (c *Client) View(ctx context.Context) (View, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := c.cfg.Clock(); now.Sub(c.asked) >= refresh {
		if err := c.update(ctx, now); err != nil {
			c.client = nil
			return View{}, err
		}
		c.asked = now
	}
	age := c.cfg.Clock().Sub(c.newest.Time)
	if c.cfg.MaxAge > 0 && age > c.cfg.MaxAge {
		return View{}, fmt.Errorf("%w: the newest header chain node %s has is of height %d and %s old, over %s: is it behind, or does it hold new blocks back?",
			ErrUnavailable, c.cfg.RPC, c.newest.Height, age.Round(time.Second), c.cfg.MaxAge)
	}
	if c.newest.Height <= provableFrom {
		return View{}, fmt.Errorf("%w: the chain has %d blocks: wait for %d", ErrUnavailable, c.newest.Height, provableFrom+1)
	}
	return View{client: c, header: c.newest.Header}, nil
}

func (c *Client) update(ctx context.Context, now time.Time) error {
	if c.newest.Time.Add(c.cfg.Period).Before(now) {
		return c.expired()
	}
	v, err := c.verifier()
	if err != nil {
		return err
	}
	if _, err := v.Update(ctx, now); err != nil {
		return c.ofHeader(err)
	}
	if v.Primary() != c.primary {
		return c.lie(c.newest.Height, "what made the light client turn to a witness", errors.New("the witness has a header that verifies"))
	}
	newest, err := v.TrustedLightBlock(0)
	if err != nil {
		return err
	}
	if newest.Height > c.newest.Height {
		c.newest = newest
	}
	return nil
}

// Header returns the verified header of a height up to the newest.
func (c *Client) Header(ctx context.Context, height int64) (*types.Header, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	v, err := c.verifier()
	if err != nil {
		return nil, err
	}
	lb, err := v.VerifyLightBlockAtHeight(ctx, height, c.cfg.Clock())
	if err != nil {
		c.client = nil
		return nil, c.ofHeader(err)
	}
	return lb.Header, nil
}

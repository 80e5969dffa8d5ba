package client

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/cpchain/cpchain/offchain/storage/wire"
	provider "github.com/cpchain/cpchain/x/provider/types"
)

// busyTries is how often a request that met CODE_BUSY is sent in all, each time after twice the pause.
const (
	busyTries = 4
	busyPause = 100 * time.Millisecond
)

// Conn is a connection to one provider. It is safe for concurrent use; each request has its own libp2p stream.
type Conn struct {
	client   *Client
	provider provider.Provider
	peer     peer.ID

	mu      sync.Mutex
	session time.Time // when the session ends; zero without one
}

// Provider is the row the connection was made from.
func (c *Conn) Provider() provider.Provider { return c.provider }

// call sends a request, in a session when the client has an identity. A session the node no longer knows is opened anew.
func (c *Conn) call(ctx context.Context, req *wire.Request, limit int) (*wire.Response, error) {
	if c.client.identity == nil {
		return c.patient(ctx, req, limit)
	}
	seen, fresh, err := c.ensureSession(ctx)
	if err != nil {
		return nil, err
	}
	resp, err := c.patient(ctx, req, limit)
	if fresh || !Refused(err, wire.CODE_UNAUTHENTICATED) && !Refused(err, wire.CODE_DENIED) {
		return resp, err
	}
	// The node may have restarted, or let go of this session for want of room.
	if err := c.openSession(ctx, seen); err != nil {
		return nil, err
	}
	return c.patient(ctx, req, limit)
}

// patient sends a request again when the node is busy.
func (c *Conn) patient(ctx context.Context, req *wire.Request, limit int) (*wire.Response, error) {
	pause := busyPause
	for try := 1; ; try++ {
		resp, err := c.roundTrip(ctx, req, limit)
		if try == busyTries || !Refused(err, wire.CODE_BUSY) {
			return resp, err
		}
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil, errors.Join(err, ctx.Err())
		case <-timer.C:
		}
		pause *= 2
	}
}

// roundTrip sends one request and reads its response; a code other than CODE_OK becomes a *Refusal.
func (c *Conn) roundTrip(ctx context.Context, req *wire.Request, limit int) (*wire.Response, error) {
	ctx, cancel := context.WithTimeout(ctx, c.client.opts.RequestTimeout)
	defer cancel()
	resp, err := c.exchange(ctx, req, limit)
	if err != nil {
		return nil, fmt.Errorf("provider %d: %s: %w", c.provider.Id, req.Kind(), err)
	}
	if resp.Code != wire.CODE_OK {
		return nil, &Refusal{Provider: c.provider.Id, Code: resp.Code, Message: resp.Message}
	}
	return resp, nil
}

func (c *Conn) exchange(ctx context.Context, req *wire.Request, limit int) (*wire.Response, error) {
	s, err := c.client.host.NewStream(ctx, c.peer, wire.ProtocolID)
	if err != nil {
		return nil, whenOver(ctx, err)
	}
	// The stream knows deadlines, not contexts: a context that ends resets it.
	stop := context.AfterFunc(ctx, func() { _ = s.Reset() })
	defer stop()
	resp, err := converse(s, req, limit)
	if err != nil {
		_ = s.Reset()
		return nil, whenOver(ctx, err)
	}
	return resp, s.Close()
}

// whenOver adds the context's end to an error. The host's deadline is the context's and may pass an instant before it.
func whenOver(ctx context.Context, err error) error {
	var host interface{ Timeout() bool }
	if ctx.Err() == nil && errors.As(err, &host) && host.Timeout() {
		return errors.Join(err, context.DeadlineExceeded)
	}
	return errors.Join(err, ctx.Err())
}

func converse(s network.Stream, req *wire.Request, limit int) (*wire.Response, error) {
	// A node that refuses early (busy) answers before it has read everything: its word counts more than the failed write.
	writeErr := wire.WriteRequest(s, req)
	if errors.Is(writeErr, wire.ErrTooLarge) {
		return nil, writeErr
	}
	resp, err := wire.ReadResponse(bufio.NewReader(s), limit)
	if err != nil {
		return nil, errors.Join(writeErr, err)
	}
	return resp, nil
}

// ensureSession opens a session unless one is open; fresh tells that it did. It returns the session's end.
func (c *Conn) ensureSession(ctx context.Context) (session time.Time, fresh bool, err error) {
	c.mu.Lock()
	session = c.session
	c.mu.Unlock()
	if c.client.opts.Clock().Before(session) {
		return session, false, nil
	}
	return session, true, c.openSession(ctx, session)
}

// openSession proves the client's identity under a nonce of the node, unless another request has done so since the caller
// saw the session that ended at seen.
func (c *Conn) openSession(ctx context.Context, seen time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.session.Equal(seen) {
		return nil
	}
	hello := &wire.Request{Body: &wire.Request_Hello{Hello: &wire.Hello{ChainId: c.client.chainID}}}
	resp, err := c.patient(ctx, hello, wire.LimitSmall)
	if err != nil {
		return err
	}
	reply := resp.GetHello()
	if reply == nil || len(reply.Nonce) != wire.NonceSize {
		return c.bad("hello without a nonce")
	}
	if reply.Provider != c.provider.Id {
		return c.bad("the peer says it is provider %d", reply.Provider)
	}
	self := c.client.host.ID()
	auth, err := c.client.identity.Auth(c.client.chainID, self, c.peer, reply.Nonce, c.client.opts.Clock())
	if err != nil {
		return err
	}
	if _, err := c.patient(ctx, &wire.Request{Body: &wire.Request_Auth{Auth: &auth}}, wire.LimitSmall); err != nil {
		return err
	}
	c.session = time.Unix(auth.ExpiresAt, 0)
	return nil
}

// bad is an ErrProvider that names the provider.
func (c *Conn) bad(format string, args ...any) error {
	return fmt.Errorf("%w: provider %d: %s", ErrProvider, c.provider.Id, fmt.Sprintf(format, args...))
}

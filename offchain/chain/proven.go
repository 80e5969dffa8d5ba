package chain

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/cosmos/gogoproto/proto"
	"google.golang.org/grpc"

	"github.com/cpchain/cpchain/offchain/chain/light"
)

// provenConn answers queries of rows from proved points instead of from what the node says. Of lists the node's answer
// says which rows to prove; the rows themselves are the proved ones, and those that don't belong into the list are left
// out. Queries that have no points (balances, sequences, whose turn a hand-over is) go through: a lie there makes a
// transaction fail, and no more.
type provenConn struct {
	queryConn
	light *light.Client
}

// Invoke implements grpc.ClientConnInterface.
func (p provenConn) Invoke(ctx context.Context, method string, req, reply any, opts ...grpc.CallOption) error {
	ctx, cancel := context.WithTimeout(ctx, p.timeout)
	defer cancel()
	view, err := p.view(ctx)
	if err != nil {
		return err
	}
	answer := answers(req, reply)
	if answer == nil {
		return p.queryConn.Invoke(ctx, method, req, reply, opts...)
	}
	ask := func() error { return p.queryConn.Invoke(ctx, method, req, reply, opts...) }
	err = answer(rows{ctx: ctx, view: view, ask: ask})
	if !errors.Is(err, ErrNotFound) {
		return err
	}
	return p.again(ctx, view, err, answer, method, req, reply)
}

// again looks at what the node says of a row that is proved not to exist. One that the newest block made can be proved
// a block later; one that can't be proved then either is a lie.
func (p provenConn) again(ctx context.Context, view light.View, absent error, answer answerer, method string, req, reply any) error {
	ask := func() error { return p.queryConn.Invoke(ctx, method, req, reply) }
	claim := reflect.New(reflect.TypeOf(reply).Elem()).Interface()
	if err := p.queryConn.Invoke(ctx, method, req, claim); err != nil {
		if errors.Is(err, ErrNotFound) {
			return absent
		}
		return err
	}
	tip, err := p.rpc.Status(ctx)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	claimed := tip.SyncInfo.LatestBlockHeight
	tick := time.NewTicker(pollInterval)
	defer tick.Stop()
	for view.Height() < claimed {
		select {
		case <-ctx.Done():
			return absent
		case <-tick.C:
		}
		if view, err = p.view(ctx); err != nil {
			return err
		}
	}
	err = answer(rows{ctx: ctx, view: view, ask: ask})
	if errors.Is(err, ErrNotFound) {
		return view.Claims(fmt.Sprintf("that %s finds something", method), err.Error())
	}
	return err
}

func (p provenConn) view(ctx context.Context) (light.View, error) {
	view, err := p.light.View(ctx)
	return view, lightError(err)
}

// lightError makes the light client's error one of this package's.
func lightError(err error) error {
	if errors.Is(err, light.ErrUnavailable) {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return err
}

// rows reads proved rows of one state.
type rows struct {
	ctx  context.Context
	view light.View
	// ask fills the reply with what the node says.
	ask func() error
}

// get decodes a row, or returns ErrNotFound when it is proved that there is none.
func (r rows) get(store string, key []byte, into proto.Message) error {
	value, err := r.value(store, key)
	if err != nil {
		return err
	}
	if err := proto.Unmarshal(value, into); err != nil {
		return fmt.Errorf("row %X of store %s: this program does not know its form: update it: %w", key, store, err)
	}
	return nil
}

func (r rows) value(store string, key []byte) ([]byte, error) {
	value, err := r.view.Row(r.ctx, store, key)
	if err != nil {
		return nil, lightError(err)
	}
	if value == nil {
		return nil, fmt.Errorf("%w: row %X of store %s is proved not to exist at height %d", ErrNotFound, key, store, r.view.Height())
	}
	return value, nil
}

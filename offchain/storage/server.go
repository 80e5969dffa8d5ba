package storage

import (
	"bufio"
	"context"
	"errors"
	"io"
	"log/slog"
	"sync"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/cpchain/cpchain/offchain/storage/wire"
)

// drainTimeout and drainBytes bound what is still read of a stream after our last answer on it.
const (
	drainTimeout = 5 * time.Second
	drainBytes   = wire.MaxParcel + 64<<10
)

// server reads requests off streams and writes the handler's answers. Streams and requests at work are bounded, each peer
// has a rate, every stream a deadline.
type server struct {
	answer  func(ctx context.Context, from peer.ID, req *wire.Request) *wire.Response
	limiter *limiter
	streams chan struct{} // one slot for each open stream
	work    chan struct{} // one slot for each request being read or served
	metrics *metrics
	log     *slog.Logger

	ctx    context.Context // ends when the server must stop at once
	cancel context.CancelFunc

	mu      sync.Mutex
	closing bool
	open    map[network.Stream]bool // true while a request is at work
	wg      sync.WaitGroup
}

func newServer(limits LimitsConfig, clock func() time.Time, m *metrics, log *slog.Logger) *server {
	ctx, cancel := context.WithCancel(context.Background())
	return &server{
		limiter: newLimiter(limits.RequestsPerSecond, limits.RequestBurst, clock),
		streams: make(chan struct{}, limits.MaxStreams),
		work:    make(chan struct{}, limits.MaxRequests),
		metrics: m, log: log, ctx: ctx, cancel: cancel,
		open: make(map[network.Stream]bool),
	}
}

// handle is the libp2p stream handler.
func (s *server) handle(st network.Stream) {
	select {
	case s.streams <- struct{}{}:
		defer func() { <-s.streams }()
	default:
		s.metrics.refused.WithLabelValues("streams").Inc()
		_ = st.Reset()
		return
	}
	if !s.enter(st) {
		_ = st.Reset()
		return
	}
	defer s.leave(st)
	if err := s.serve(st); err != nil {
		s.log.Debug("stream ended", "peer", st.Conn().RemotePeer(), "err", err)
		_ = st.Reset()
		return
	}
	_ = st.Close()
}

func (s *server) enter(st network.Stream) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closing {
		return false
	}
	s.open[st] = false
	s.wg.Add(1)
	return true
}

func (s *server) leave(st network.Stream) {
	s.mu.Lock()
	delete(s.open, st)
	s.mu.Unlock()
	s.wg.Done()
}

// serve answers the requests of one stream until the peer ends it.
func (s *server) serve(st network.Stream) error {
	r := bufio.NewReader(st)
	for {
		if err := st.SetDeadline(time.Now().Add(wire.IdleTimeout)); err != nil {
			return err
		}
		if _, err := r.Peek(1); err != nil {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
		if !s.mark(st, true) {
			return nil
		}
		more, err := s.one(st, r)
		if !more || err != nil {
			return err
		}
		if !s.mark(st, false) {
			return linger(st, r)
		}
	}
}

// mark notes whether a stream is at work; false when the node is stopping.
func (s *server) mark(st network.Stream, working bool) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open[st] = working && !s.closing
	return !s.closing
}

// one reads and answers one request; more tells whether the stream can carry another.
func (s *server) one(st network.Stream, r *bufio.Reader) (more bool, err error) {
	if err := st.SetDeadline(time.Now().Add(wire.RequestTimeout)); err != nil {
		return false, err
	}
	ctx, cancel := context.WithTimeout(s.ctx, wire.RequestTimeout)
	defer cancel()
	from := st.Conn().RemotePeer()
	if why := s.admit(from); why != "" {
		s.metrics.refused.WithLabelValues(why).Inc()
		return false, s.turnAway(st, r, &wire.Response{Code: wire.CODE_BUSY, Message: why + ": try again later"})
	}
	defer func() { <-s.work }()
	req, err := wire.ReadRequest(r)
	if err != nil {
		s.metrics.refused.WithLabelValues("malformed").Inc()
		bad := refusalOf(err)
		return false, s.turnAway(st, r, &wire.Response{Code: bad.code, Message: bad.message})
	}
	return true, wire.WriteResponse(st, s.answer(ctx, from, req))
}

// admit takes a slot for a request, or says why there is none.
func (s *server) admit(from peer.ID) string {
	if !s.limiter.allow(from) {
		return "too many requests"
	}
	select {
	case s.work <- struct{}{}:
		return ""
	default:
		return "busy"
	}
}

// turnAway answers a request that was not read, and swallows the rest of it.
func (s *server) turnAway(st network.Stream, r io.Reader, resp *wire.Response) error {
	if err := wire.WriteResponse(st, resp); err != nil {
		return err
	}
	return linger(st, r)
}

// linger ends our side of a stream and waits for the peer to end its own: then it has read our last answer. Closing the
// connection before that could take the answer away again.
func linger(st network.Stream, r io.Reader) error {
	if err := st.CloseWrite(); err != nil {
		return err
	}
	if err := st.SetReadDeadline(time.Now().Add(drainTimeout)); err != nil {
		return err
	}
	_, err := io.CopyN(io.Discard, r, drainBytes)
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// drain takes no new request, ends idle streams, and waits for the requests at work until ctx ends; then it cuts them off.
func (s *server) drain(ctx context.Context) error {
	s.mu.Lock()
	s.closing = true
	for st, busy := range s.open {
		if !busy {
			_ = st.Reset()
		}
	}
	s.mu.Unlock()
	defer s.cancel()

	finished := make(chan struct{})
	go func() {
		s.wg.Wait()
		close(finished)
	}()
	select {
	case <-finished:
		return nil
	case <-ctx.Done():
	}
	s.cancel()
	s.mu.Lock()
	for st := range s.open {
		_ = st.Reset()
	}
	s.mu.Unlock()
	<-finished
	return errors.Join(errors.New("some requests were cut off"), ctx.Err())
}

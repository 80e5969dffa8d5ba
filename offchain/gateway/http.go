package gateway

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/cpchain/cpchain/offchain/provision"
)

// idempotencyKey names a batch, so that a client that got no answer can send it again.
const idempotencyKey = "Idempotency-Key"

func (n *Node) startHTTP() error {
	listener, err := net.Listen("tcp", n.cfg.HTTP.Listen)
	if err != nil {
		return fmt.Errorf("http: %w", err)
	}
	n.httpAddr = listener.Addr().String()
	n.http = &http.Server{
		Handler: n.routes(), ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute, IdleTimeout: 2 * time.Minute,
		MaxHeaderBytes: 16 << 10,
	}
	n.running.Go(func() {
		if err := n.http.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			n.deps.Log.Error("http server ended", "err", err)
		}
	})
	return nil
}

func (n *Node) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/identity", func(w http.ResponseWriter, _ *http.Request) { answer(w, n.Identity()) })
	mux.HandleFunc("GET /v1/status", func(w http.ResponseWriter, _ *http.Request) { answer(w, n.Status()) })
	mux.HandleFunc("POST /v1/writer-proof", n.route(n.proveWriter))
	mux.HandleFunc("POST /v1/provision", n.route(n.provision))
	mux.HandleFunc("GET /v1/streams/{id}", n.route(n.getStream))
	mux.HandleFunc("POST /v1/streams/{id}/records", n.route(n.postRecords))
	mux.HandleFunc("POST /v1/streams/{id}/flush", n.route(n.postFlush))
	mux.HandleFunc("GET /healthz", n.health)
	mux.Handle("GET /metrics", promhttp.HandlerFor(n.deps.Metrics, promhttp.HandlerOpts{}))
	return mux
}

// failure is how a refusal looks in an answer.
type failure struct {
	Error  string `json:"error"`
	Reason Reason `json:"reason"`
	Stream uint64 `json:"stream,omitempty"`
	Field  string `json:"field,omitempty"`
	Unit   string `json:"unit,omitempty"`
}

// route turns what a handler returns into an answer: the one place where refusals become HTTP.
func (n *Node) route(handle func(*http.Request, []byte) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, n.cfg.HTTP.MaxBodyBytes))
		var result any
		switch tooLarge := (&http.MaxBytesError{}); {
		case errors.As(err, &tooLarge):
			err = n.refused(sourceHTTP, refuse(ReasonTooLarge, 0, "the body is larger than %d bytes: send smaller batches", tooLarge.Limit), 0)
		case err != nil:
			err = n.refused(sourceHTTP, refuse(ReasonMalformed, 0, "the body could not be read"), 0)
		default:
			result, err = handle(r, body)
		}
		if err == nil {
			answer(w, result)
			return
		}
		refusal := refusalOf(err, 0)
		status := httpStatus(refusal.Reason)
		w.Header().Set("Content-Type", "application/json")
		if status >= http.StatusInternalServerError {
			w.Header().Set("Retry-After", "5")
		}
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(failure{
			Error: refusal.Error(), Reason: refusal.Reason, Stream: refusal.Stream, Field: refusal.Field, Unit: refusal.Unit,
		})
	}
}

func answer(w http.ResponseWriter, result any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(result)
}

func (n *Node) postRecords(r *http.Request, body []byte) (any, error) {
	stream, err := streamOf(r)
	if err != nil {
		return nil, n.refused(sourceHTTP, err, 0)
	}
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil {
		media = r.Header.Get("Content-Type")
	}
	var b batch
	if key := r.Header.Get(idempotencyKey); key != "" {
		id := newBatchID(body, []byte("http"), []byte(key))
		b = batch{id: &id, retry: true}
	}
	return n.ingest(r.Context(), sourceHTTP, stream, media, body, b)
}

// getStream gives the stream's public row, as this gateway last read it from the chain.
func (n *Node) getStream(r *http.Request, _ []byte) (any, error) {
	stream, err := streamOf(r)
	if err != nil {
		return nil, err
	}
	l, err := n.lane(stream)
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.row, nil
}

func streamOf(r *http.Request) (uint64, error) {
	id, err := strconv.ParseUint(r.PathValue("id"), 10, 64)
	if err != nil {
		return 0, refuse(ReasonUnknownStream, 0, "stream %q: name it by its number", r.PathValue("id"))
	}
	return id, nil
}

// flushAsk closes a stream through an event time.
type flushAsk struct {
	Through time.Time `json:"through"`
}

// Flushed is the first interval that stays open, and where its time begins.
type Flushed struct {
	Stream   uint64 `json:"stream"`
	Interval uint64 `json:"interval"`
	From     string `json:"from"`
}

func (n *Node) postFlush(r *http.Request, body []byte) (any, error) {
	stream, err := streamOf(r)
	if err != nil {
		return nil, err
	}
	l, err := n.lane(stream)
	if err != nil {
		return nil, err
	}
	var ask flushAsk
	if err := json.Unmarshal(body, &ask); err != nil || ask.Through.IsZero() {
		return nil, refuse(ReasonMalformed, stream, `say {"through": "2010-12-31T23:00:00Z"}`)
	}
	last, err := l.reading.grid.IntervalOf(ask.Through.UnixNano())
	if err != nil {
		return nil, refuse(ReasonTime, stream, "%s is outside the stream's time", ask.Through.Format(time.RFC3339))
	}
	next := clamp(uint64(last) + 1)
	if err := l.flush(r.Context(), next); err != nil {
		return nil, err
	}
	from, _ := l.reading.grid.Bounds(next)
	return Flushed{Stream: stream, Interval: uint64(next), From: time.UnixMilli(from).UTC().Format(time.RFC3339Nano)}, nil
}

// proofAsk names a new stream by owner and name, or an existing one.
type proofAsk struct {
	Owner  string `json:"owner"`
	Name   string `json:"name"`
	Stream uint64 `json:"stream"`
}

func (n *Node) proveWriter(_ *http.Request, body []byte) (any, error) {
	var ask proofAsk
	if err := json.Unmarshal(body, &ask); err != nil || ask.Stream == 0 && (ask.Owner == "" || ask.Name == "") {
		return nil, refuse(ReasonMalformed, 0, `say {"owner": …, "name": …} for a new stream, {"stream": …} for an existing one`)
	}
	return map[string]any{
		"proof": hex.EncodeToString(n.deps.Self.ProveWriter(ask.Owner, ask.Name, ask.Stream)), "writer": n.Identity(),
	}, nil
}

func (n *Node) provision(r *http.Request, body []byte) (any, error) {
	if len(body) > provision.MaxSealed {
		return nil, refuse(ReasonTooLarge, 0, "a parcel has at most %d bytes", provision.MaxSealed)
	}
	return n.Provision(r.Context(), body)
}

// health is 200 while every stream can take records, else 503 with what is wrong. What keeps a stream from being anchored
// is told as well, but records wait for that safely.
func (n *Node) health(w http.ResponseWriter, _ *http.Request) {
	var wrong, troubles []string
	n.mu.RLock()
	for id, err := range n.faulty {
		wrong = append(wrong, fmt.Sprintf("stream %d: %v", id, err))
	}
	n.mu.RUnlock()
	for _, s := range n.Status().Streams {
		if s.KeysLeft == 0 && !s.Historical {
			wrong = append(wrong, fmt.Sprintf("stream %d has no keys left: the owner must run `cpdata stream provision %s --gateway URL`", s.Stream, s.Name))
		}
		if s.Trouble != "" {
			troubles = append(troubles, fmt.Sprintf("stream %d: %s", s.Stream, s.Trouble))
		}
	}
	if len(wrong) > 0 {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	answer(w, map[string]any{"ok": len(wrong) == 0, "wrong": wrong, "troubles": troubles})
}

package storage

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/cpchain/cpchain/offchain/storage/wire"
)

// startHTTP serves /metrics, /healthz (200 while the node can serve, else 503 with the reason) and /v1/status.
func (n *Node) startHTTP(context.Context, *metrics) error {
	listener, err := net.Listen("tcp", n.cfg.HTTP.Listen)
	if err != nil {
		return fmt.Errorf("http listener: %w", err)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(n.deps.Metrics, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /healthz", n.healthz)
	mux.HandleFunc("GET /v1/status", n.statusJSON)
	n.http = &http.Server{Handler: mux, ReadTimeout: 5 * time.Second, WriteTimeout: 30 * time.Second}
	n.chores.Go(func() {
		if err := n.http.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			n.deps.Log.Error("http listener ended", "err", err)
		}
	})
	return nil
}

func (n *Node) healthz(w http.ResponseWriter, r *http.Request) {
	if _, err := n.view().fresh(r.Context()); err != nil {
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	}
	_, _ = io.WriteString(w, "ok\n") // a peer that has gone away needs no answer
}

// StatusReport is what /v1/status answers.
type StatusReport struct {
	wire.StatusReply
	PeerID    string   `json:"peer_id"`
	Addresses []string `json:"addresses"`
	DHTPeers  int      `json:"dht_peers"`
	// Grants counts the parcels held, by state.
	Grants map[string]int `json:"grants"`
}

func (n *Node) statusJSON(w http.ResponseWriter, r *http.Request) {
	report, err := n.report(r.Context())
	if err != nil {
		n.deps.Log.Error("status", "err", err)
		http.Error(w, "internal error", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(report); err != nil {
		n.deps.Log.Debug("status", "err", err)
	}
}

func (n *Node) report(ctx context.Context) (StatusReport, error) {
	resp, err := n.handler.status(ctx)
	if err != nil {
		return StatusReport{}, err
	}
	grants, err := n.store.Grants()
	if err != nil {
		return StatusReport{}, err
	}
	report := StatusReport{
		StatusReply: *resp.GetStatus(), PeerID: n.host.ID().String(), DHTPeers: n.dht.Peers(), Grants: make(map[string]int),
	}
	for _, g := range grants {
		report.Grants[string(g.State)]++
	}
	for _, a := range n.host.Addrs() {
		report.Addresses = append(report.Addresses, a.String())
	}
	return report, nil
}

package storage

import (
	"context"
	"math"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/cpchain/cpchain/offchain/storage/wire"
)

// metrics of a node, all named cpstoraged_….
type metrics struct {
	requests  *prometheus.CounterVec
	seconds   *prometheus.HistogramVec
	refused   *prometheus.CounterVec
	fragments prometheus.Counter
	parcels   *prometheus.CounterVec
	hints     *prometheus.CounterVec
	dropped   prometheus.Counter
	corrupt   prometheus.Counter
	chores    *prometheus.CounterVec
	demands   prometheus.Counter

	proven, unproven, repaired  prometheus.Counter
	strikes, earned, endangered prometheus.Gauge
}

const namespace = "cpstoraged"

// newMetrics makes and registers the counters.
func newMetrics(reg prometheus.Registerer) (*metrics, error) {
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Namespace: namespace, Name: name, Help: help})
	}
	vec := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: namespace, Name: name, Help: help}, labels)
	}
	gauge := func(name, help string) prometheus.Gauge {
		return prometheus.NewGauge(prometheus.GaugeOpts{Namespace: namespace, Name: name, Help: help})
	}
	m := &metrics{
		proven:     counter("picks_proven_total", "Picks of the chain that were shown."),
		unproven:   counter("picks_unproven_total", "Picks that could not be shown: the shard is gone."),
		repaired:   counter("shards_repaired_total", "Shards rebuilt from others', whose slots were taken over."),
		strikes:    gauge("strikes", "Strikes for proofs that did not come."),
		earned:     gauge("earned_ucpc", "What proven periods have earned, over all time."),
		endangered: gauge("endangered_bundles", "Bundles with slots nobody holds for sure, at most 200."),
		requests:   vec("requests_total", "Requests served, by kind and code.", "kind", "code"),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Namespace: namespace, Name: "request_seconds", Help: "Time to serve a request.",
			Buckets: prometheus.ExponentialBuckets(0.0005, 4, 8),
		}, []string{"kind"}),
		refused:   vec("streams_refused_total", "Streams and requests turned away before they were read.", "why"),
		fragments: counter("fragments_total", "Fragments re-encrypted."),
		parcels:   vec("parcels_total", "Parcels by what became of them.", "state"),
		hints:     vec("hints_total", "DHT records written, or failed to be.", "result"),
		dropped:   counter("blocks_dropped_total", "Blocks dropped because no anchor names them."),
		corrupt:   counter("blocks_corrupt_total", "Blocks dropped because their bytes changed on disk."),
		demands:   counter("demands_answered_total", "Demands answered on chain."),
		chores:    vec("chore_errors_total", "Passes of a chore that ended in an error.", "chore"),
	}
	for _, c := range []prometheus.Collector{
		m.requests, m.seconds, m.refused, m.fragments, m.parcels, m.hints, m.dropped, m.corrupt, m.chores, m.demands,
		m.proven, m.unproven, m.repaired, m.strikes, m.earned, m.endangered,
	} {
		if err := reg.Register(c); err != nil {
			return nil, err
		}
	}
	return m, nil
}

func (m *metrics) served(kind string, code wire.Code, took time.Duration) {
	m.requests.WithLabelValues(kind, code.String()).Inc()
	m.seconds.WithLabelValues(kind).Observe(took.Seconds())
}

// gauges registers what is read when asked for.
func (n *Node) gauges(reg prometheus.Registerer) error {
	gauge := func(name, help string, read func() float64) error {
		return reg.Register(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Namespace: namespace, Name: name, Help: help}, read))
	}
	for _, err := range []error{
		gauge("shards", "Shards held.", func() float64 { return float64(n.store.Usage().Shards) }),
		gauge("bytes_used", "Bytes of shards and manifests held.", func() float64 { return float64(n.store.Usage().Bytes) }),
		gauge("bytes_capacity", "Bytes that may be held.", func() float64 { return float64(n.store.Usage().Capacity) }),
		gauge("pending_bundles", "Bundles held that no anchor names yet.", func() float64 { return float64(len(n.store.Pending())) }),
		gauge("session_peers", "Peers with a session.", func() float64 { return float64(n.handler.sessions.count()) }),
		gauge("chain_age_seconds", "Age of the newest block the chain node knows; NaN when it does not answer.", n.chainAge),
		gauge("dht_peers", "Peers in the routing table.", func() float64 { return float64(n.dht.Peers()) }),
	} {
		if err != nil {
			return err
		}
	}
	return nil
}

// chainAge asks the chain node when metrics are read, for no longer than a scrape should take.
func (n *Node) chainAge() float64 {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	tip, err := n.deps.Chain.Tip(ctx)
	if err != nil {
		return math.NaN()
	}
	return n.deps.Clock().Sub(tip.Time).Seconds()
}

package candidate

import "github.com/prometheus/client_golang/prometheus"

// Metrics of a candidate's node.
type Metrics struct {
	draws    prometheus.Counter
	failures prometheus.Counter
	level    prometheus.Gauge
	keys     prometheus.Gauge
	seated   prometheus.Gauge
	peers    prometheus.Gauge
}

// NewMetrics registers them.
func NewMetrics(registry prometheus.Registerer) *Metrics {
	m := &Metrics{
		draws: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "cpchaind_sortition_proofs_sent_total", Help: "Proofs handed to the mempool, repeats included.",
		}),
		failures: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "cpchaind_sortition_failures_total", Help: "Blocks at which a due proof could not be sent.",
		}),
		level: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "cpchaind_sortition_level", Help: "Level of the last draw, in quarters of a power of two.",
		}),
		keys: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "cpchaind_vrf_key_loaded", Help: "1 where the node has its VRF key; without, it can't be elected and proposes without randomness.",
		}),
		seated: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "cpchaind_committee_seated", Help: "1 while this node is a member's, by its node id.",
		}),
		peers: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "cpchaind_committee_peers", Help: "Members of the committee that the node is connected to.",
		}),
	}
	registry.MustRegister(m.draws, m.failures, m.level, m.keys, m.seated, m.peers)
	return m
}

// KeysLoaded says whether the node has its VRF key.
func (m *Metrics) KeysLoaded(loaded bool) {
	m.keys.Set(0)
	if loaded {
		m.keys.Set(1)
	}
}

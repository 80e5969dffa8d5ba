package candidate

import "github.com/prometheus/client_golang/prometheus"

// Metrics of the agent.
type Metrics struct {
	draws    prometheus.Counter
	failures prometheus.Counter
	level    prometheus.Gauge
}

// NewMetrics registers the agent's metrics.
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
	}
	registry.MustRegister(m.draws, m.failures, m.level)
	return m
}

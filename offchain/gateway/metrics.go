package gateway

import (
	"errors"
	"strconv"

	"github.com/prometheus/client_golang/prometheus"

	datarights "github.com/cpchain/cpchain/x/datarights/types"
)

// metrics of a gateway. Counters are here; what can be looked up is read when asked for (see collector).
type metrics struct {
	records, batches, duplicates, refusals    *prometheus.CounterVec
	bundles, anchoredRecords, anchoredPayload *prometheus.CounterVec
	uploadFailures, troubles, bumps           *prometheus.CounterVec
	capsulesPushed, capsulesMissing           *prometheus.CounterVec
	capsulesDemanded                          *prometheus.CounterVec
}

func newMetrics(reg prometheus.Registerer) (*metrics, error) {
	var errs []error
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		c := prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "cpgateway", Name: name, Help: help}, labels)
		errs = append(errs, reg.Register(c))
		return c
	}
	m := &metrics{
		records:          counter("records_total", "Records stored.", "stream", "source"),
		batches:          counter("batches_total", "Batches stored.", "stream", "source"),
		duplicates:       counter("duplicates_total", "Batches that had been stored before.", "stream", "source"),
		refusals:         counter("refusals_total", "Batches refused.", "reason", "source"),
		bundles:          counter("bundles_anchored_total", "Bundles anchored.", "stream"),
		anchoredRecords:  counter("records_anchored_total", "Records anchored.", "stream"),
		anchoredPayload:  counter("payload_anchored_bytes_total", "Sealed bytes anchored.", "stream"),
		uploadFailures:   counter("upload_failures_total", "Uploads that found too few providers.", "stream"),
		troubles:         counter("troubles_total", "Passes of a stream that did not get through.", "stream"),
		bumps:            counter("writer_epochs_begun_total", "New writer epochs begun because the disk was behind the chain.", "stream"),
		capsulesDemanded: counter("capsules_demanded_total", "Capsules brought on chain because a reader demanded them.", "stream"),
		capsulesPushed:   counter("capsules_pushed_total", "Capsules brought to proxies.", "stream"),
		capsulesMissing:  counter("capsules_missing_total", "Granted nodes whose seed was gone before the grant was seen.", "stream"),
	}
	return m, errors.Join(errs...)
}

func (m *metrics) anchored(stream string, a datarights.Anchor) {
	m.bundles.WithLabelValues(stream).Inc()
	m.anchoredRecords.WithLabelValues(stream).Add(float64(a.Records))
	m.anchoredPayload.WithLabelValues(stream).Add(float64(a.PayloadBytes))
}

// label of a stream in metrics.
func (l *lane) label() string { return strconv.FormatUint(l.id, 10) }

// collector reads the gauges of all lanes when it is asked.
type collector struct{ lanes func() []*lane }

var gauges = map[string]*prometheus.Desc{
	"keys_left":       gauge("keys_left", "Intervals whose keys are still held, from now on."),
	"wal_bytes":       gauge("wal_bytes", "Bytes in the write-ahead log."),
	"pending_records": gauge("pending_records", "Records that are neither anchored nor in a staged bundle."),
	"next_interval":   gauge("next_interval", "First interval not anchored."),
	"staged":          gauge("staged", "1 while a sealed bundle waits to be anchored."),
	"trouble":         gauge("trouble", "1 while the stream does not get on."),
}

func gauge(name, help string) *prometheus.Desc {
	return prometheus.NewDesc("cpgateway_"+name, help, []string{"stream"}, nil)
}

// Describe implements prometheus.Collector.
func (c collector) Describe(out chan<- *prometheus.Desc) {
	for _, d := range gauges {
		out <- d
	}
}

// Collect implements prometheus.Collector.
func (c collector) Collect(out chan<- prometheus.Metric) {
	for _, l := range c.lanes() {
		s := l.status()
		for name, v := range map[string]float64{
			"keys_left": float64(s.KeysLeft), "wal_bytes": float64(s.WALBytes), "pending_records": float64(s.PendingRecords),
			"next_interval": float64(s.NextInterval), "staged": one(s.Staged), "trouble": one(s.Trouble != ""),
		} {
			out <- prometheus.MustNewConstMetric(gauges[name], prometheus.GaugeValue, v, l.label())
		}
	}
}

func one(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

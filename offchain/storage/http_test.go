package storage

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestHealthFollowsTheChain(t *testing.T) {
	w := newWorld(t)
	n := w.start(1).node
	health := func() int {
		rec := httptest.NewRecorder()
		n.healthz(rec, httptest.NewRequest(http.MethodGet, "/healthz", nil))
		return rec.Code
	}
	require.Equal(t, http.StatusOK, health())
	w.chain.edit(func() { w.chain.frozen, w.chain.tip.Time = true, time.Now().Add(-time.Hour) })
	require.Equal(t, http.StatusServiceUnavailable, health())
}

func TestStatusAndMetricsTellWhatIsHeld(t *testing.T) {
	w := newWorld(t)
	m := w.start(1)
	w.upload(w.newBundle(0, 100), 1)
	report, err := m.node.report(t.Context())
	require.NoError(t, err)
	require.Equal(t, uint64(1), report.Shards)
	require.Equal(t, int64(100), report.ChainHeight)
	require.NotEmpty(t, report.Addresses)

	families, err := m.deps.Metrics.Gather()
	require.NoError(t, err)
	values := make(map[string]float64)
	for _, f := range families {
		for _, v := range f.Metric {
			values[f.GetName()] += v.GetGauge().GetValue() + v.GetCounter().GetValue()
		}
	}
	require.Equal(t, 1.0, values["cpstoraged_shards"])
	require.Equal(t, 1.0, values["cpstoraged_pending_bundles"])
	require.Greater(t, values["cpstoraged_requests_total"], 2.0)
}

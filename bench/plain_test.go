package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cpchain/cpchain/pkg/timechain"
)

func TestShardsGoToPlainNodesAndComeBack(t *testing.T) {
	dir := t.TempDir()
	p := &plainNodes{bundles: []*timechain.Bundle{{}, {}}}
	for i := range allShards {
		at := filepath.Join(dir, string(rune('a'+i)))
		handler, err := plainHandler(at)
		require.NoError(t, err)
		server := httptest.NewServer(handler)
		defer server.Close()
		p.urls = append(p.urls, server.URL)
		for seq, b := range p.bundles {
			b.Shards = append(b.Shards, []byte{byte(i), byte(seq)})
		}
	}
	require.Error(t, p.get(t.Context()), "nothing is there yet")
	require.NoError(t, p.put(t.Context()))
	require.NoError(t, p.get(t.Context()))
	spent, err := p.spent(t.Context())
	require.NoError(t, err)
	require.Positive(t, spent)

	require.NoError(t, os.WriteFile(filepath.Join(dir, "a", "1-0"), []byte("other"), 0o600))
	require.ErrorContains(t, p.get(t.Context()), "something else")
}

func TestProcessorTimeIsReadFromMetrics(t *testing.T) {
	for name, c := range map[string]struct {
		page string
		want float64
		err  string
	}{
		"a daemon's page":   {"# HELP process_cpu_seconds_total ...\nprocess_cpu_seconds_total 1.25\n", 1.25, ""},
		"a page without it": {"go_goroutines 3\n", 0, "does not tell"},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = strings.NewReader(c.page).WriteTo(w)
		}))
		got, err := processSeconds(t.Context(), server.URL)
		server.Close()
		if c.err != "" {
			require.ErrorContains(t, err, c.err, name)
			continue
		}
		require.NoError(t, err, name)
		require.InDelta(t, c.want, got, 0, name)
	}
}

package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestARowSaysWhetherItsGoalIsReachedAndHowItStandsToItsPeer(t *testing.T) {
	for _, c := range []struct {
		name  string
		value float64
		ok    bool
	}{{"above the goal", 301, true}, {"the goal itself", 300, true}, {"below the goal", 299.9, false}} {
		r := figure("seal", c.value, "MB/s").against("age", 150).atLeast(300)
		require.Equal(t, c.ok, *r.OK, c.name)
		require.InDelta(t, c.value/150, *r.Ratio, 1e-9, c.name)
	}
	require.Nil(t, figure("seal", 1, "MB/s").against("age", 0).Ratio, "a ratio to nothing")
}

func TestReportHasTheFieldsThatOthersRead(t *testing.T) {
	r := report{Machine: thisMachine()}
	r.add(figure("plain", 1, "MB/s"), figure("compared", 3, "MB/s").against("age", 2).atLeast(4))
	dir := t.TempDir()
	require.NoError(t, r.write(dir))
	bz, err := os.ReadFile(filepath.Join(dir, "report.json"))
	require.NoError(t, err)
	var got struct {
		Machine map[string]any   `json:"machine"`
		Rows    []map[string]any `json:"rows"`
	}
	require.NoError(t, json.Unmarshal(bz, &got))
	require.Contains(t, got.Machine, "cpu")
	require.Equal(t, []map[string]any{
		{"name": "plain", "value": 1.0, "unit": "MB/s", "peer": "", "peer_value": nil, "ratio": nil, "goal": nil, "ok": nil},
		{"name": "compared", "value": 3.0, "unit": "MB/s", "peer": "age", "peer_value": 2.0, "ratio": 1.5, "goal": 4.0, "ok": false},
	}, got.Rows)
}

func TestTheTableShowsEveryRowAndWhatWasLeftOut(t *testing.T) {
	r := report{}
	r.add(figure("compared", 3, "MB/s").against("age", 2).atLeast(4))
	r.note("npm is left out: %s", "not installed")
	var out bytes.Buffer
	require.NoError(t, r.print(&out))
	require.Regexp(t, `compared +3 +MB/s +4 +NO +2 +1\.5 +age`, out.String())
	require.Contains(t, out.String(), "note: npm is left out: not installed")
}

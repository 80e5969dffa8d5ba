package main

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// simulated runs the command with a few terms.
func simulated(args ...string) (string, error) {
	cmd := simulateCmd()
	var out bytes.Buffer
	cmd.SetOut(&out)
	cmd.SetErr(io.Discard)
	cmd.SilenceUsage = true
	cmd.SetArgs(append([]string{"--runs", "2", "--terms", "10", "--candidates", "60", "--seats", "30"}, args...))
	err := cmd.Execute()
	return out.String(), err
}

func TestTheSimulatorRefusesWhatItCantSimulateAndSaysWhatToDo(t *testing.T) {
	for _, c := range []struct{ args, says string }{
		{"--output xls", "choose table, json or svg"},
		{"--workers 0", "choose 1 or more"},
		{"--population 100", "write percent%@reputation"},
		{"--population 10%@10000,40%@x", "write percent%@reputation"},
		{"--population 50%@0", "make it 100"},
		{"--population 100%@20000", "reputations 0 to 10000"},
		{"--candidates 20", "need four seats or more and as many candidates"},
		{"--candidates 20000", "at most 10000"},
		{"--adversary 120", "choose 0 to 100"},
		{"--adversary-reputation best", "choose equal, top, cheap or a number"},
		{"--strategies bribe", "choose of none, withhold"},
		{"--terms 0", "need one run and one term or more"},
		{"--weight-min 0", "above zero"},
		{"--self-bond-min 0", "choose 1 to"},
		{"--strategies=", "nothing to simulate"},
		{"--output svg --plot moon", "choose seats, adversary, candidates or deciles"},
		{"--output svg --plot adversary --seats 30,40", "give one"},
		{"--output svg --rule-2019", "one rule"},
	} {
		_, err := simulated(strings.Fields(c.args)...)
		require.ErrorContains(t, err, c.says, c.args)
	}
}

func TestTheSimulatorPrintsATableJSONAndAPlot(t *testing.T) {
	table, err := simulated("--strategies", "all", "--adversary-reputation", "top,700", "--rule-2019")
	require.NoError(t, err)
	require.Len(t, strings.Split(strings.TrimSpace(table), "\n"), 1+2*(9+2))
	require.Contains(t, table, "sybil-split")

	text, err := simulated("--adversary-reputation", "cheap", "--strategies", "none", "--output", "json")
	require.NoError(t, err)
	var rows []struct {
		Config   struct{ Seats, Candidates int }
		Costs    uint64     `json:"third_costs_cpc"`
		Percent  float64    `json:"third_percent"`
		Interval [2]float64 `json:"third_percent_interval"`
	}
	require.NoError(t, json.Unmarshal([]byte(text), &rows))
	require.Len(t, rows, 1)
	require.Equal(t, 60, rows[0].Config.Candidates)
	require.Positive(t, rows[0].Costs)
	require.Zero(t, rows[0].Costs%200_000, "whole bonds of the main profile")
	require.LessOrEqual(t, rows[0].Interval[0], rows[0].Percent)
	require.GreaterOrEqual(t, rows[0].Interval[1], rows[0].Percent)

	plot, err := simulated("--output", "svg", "--plot", "deciles", "--strategies", "none")
	require.NoError(t, err)
	decoder := xml.NewDecoder(strings.NewReader(plot))
	for {
		if _, err := decoder.Token(); err != nil {
			require.True(t, errors.Is(err, io.EOF), "%v", err)
			break
		}
	}
}

package replay

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpchain/cpchain/offchain/gateway"
	"github.com/cpchain/cpchain/offchain/gateway/senml"
	datarights "github.com/cpchain/cpchain/x/datarights/types"
)

// server is a gateway that keeps what it is sent, by idempotency key.
type server struct {
	*httptest.Server
	packs    map[string][]senml.Entry
	order    []string
	requests int
	// answer, if set, is asked before a pack is kept: 0 keeps it; a negative status keeps it and answers with its positive.
	answer  func(request int) int
	flushed *time.Time
}

func start(t *testing.T) *server {
	t.Helper()
	s := &server{packs: map[string][]senml.Entry{}}
	row := datarights.Stream{
		Id: 7, Owner: "cpc1owner", Name: "cars", OriginMs: 1_700_000_000_000, BlockMs: 1000, IntervalMs: 60_000, UploadMs: 300_000,
		Schema: datarights.Schema{TimeField: "t_s", TimeFormat: "offset_s", Fields: []datarights.Field{
			{Name: "car", Type: datarights.FIELD_TYPE_TEXT, Key: true},
			{Name: "speed", Unit: "m/s", Type: datarights.FIELD_TYPE_FIXED, Decimals: 2},
		}},
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/status", func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(gateway.Status{
			Identity: gateway.Identity{ChainID: "c"}, Streams: []gateway.StreamStatus{{Stream: 7, Owner: row.Owner, Name: row.Name, NextInterval: 5}},
		})
	})
	mux.HandleFunc("GET /v1/streams/7", func(w http.ResponseWriter, _ *http.Request) { _ = json.NewEncoder(w).Encode(row) })
	mux.HandleFunc("POST /v1/streams/7/flush", func(w http.ResponseWriter, r *http.Request) {
		var ask struct{ Through time.Time }
		require.NoError(t, json.NewDecoder(r.Body).Decode(&ask))
		s.flushed = &ask.Through
		_ = json.NewEncoder(w).Encode(gateway.Flushed{Stream: 7, Interval: 5})
	})
	mux.HandleFunc("POST /v1/streams/7/records", func(w http.ResponseWriter, r *http.Request) {
		s.requests++
		status := 0
		if s.answer != nil {
			status = s.answer(s.requests)
		}
		if status > 0 {
			w.WriteHeader(status)
			_, _ = io.WriteString(w, `{"error":"told why"}`)
			return
		}
		body, err := io.ReadAll(r.Body)
		require.NoError(t, err)
		entries, err := senml.DecodeJSON(body)
		require.NoError(t, err)
		key := r.Header.Get("Idempotency-Key")
		_, known := s.packs[key]
		if !known {
			s.order = append(s.order, key)
		}
		s.packs[key] = entries
		if status < 0 {
			w.WriteHeader(-status)
			return
		}
		_ = json.NewEncoder(w).Encode(gateway.Accepted{Stream: 7, Duplicate: known})
	})
	s.Server = httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

// rows lists what arrived as car@second=speed, in order.
func (s *server) rows() []string {
	var list []string
	for _, key := range s.order {
		pack := s.packs[key]
		for i := 0; i+1 < len(pack); i += 2 {
			list = append(list, fmt.Sprintf("%s@%d=%s", *pack[i].Text, (pack[i].Time-1_700_000_000e9)/1e9, pack[i+1].Number))
		}
	}
	return list
}

const csv = "t_s,car,speed\n0,a,0.00\n0,a,0.00\n1,b,-1.50\n61,a,2.25\n120,b,-0.00\n"

func file(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "rows.csv")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

func TestAReplaySendsEveryRowExactly(t *testing.T) {
	s := start(t)
	var seen []int
	o := Options{File: file(t, csv), BatchRows: 2, Flush: true, ProgressDir: t.TempDir(), Progress: func(done, total int) {
		require.Equal(t, 5, total)
		seen = append(seen, done)
	}}
	for _, ref := range []string{"7", "c/7", "cpc1owner/cars"} {
		r, err := Run(t.Context(), NewClient(s.URL), ref, o)
		require.NoError(t, err)
		require.Equal(t, 5, r.Rows)
		require.True(t, r.Anchored)
	}
	require.Equal(t, []string{"a@0=0", "a@0=0", "b@1=-1.5", "a@61=2.25", "b@120=-0"}, s.rows(), "two equal rows stay two, and a replay again adds none")
	require.Equal(t, []int{2, 4, 5}, seen[:3])
	require.Equal(t, int64(1_700_000_120), s.flushed.Unix())
	left, err := os.ReadDir(o.ProgressDir)
	require.NoError(t, err)
	require.Empty(t, left, "nothing is kept of a replay that is complete")
	_, err = Run(t.Context(), NewClient(s.URL), "8", o)
	require.ErrorContains(t, err, "serves no stream")
}

func TestAReplayCutOffGoesOnWhereItWas(t *testing.T) {
	s := start(t)
	o := Options{File: file(t, csv), BatchRows: 1, ProgressDir: t.TempDir()}
	s.answer = func(request int) int {
		if request == 4 {
			return http.StatusBadRequest
		}
		return 0
	}
	_, err := Run(t.Context(), NewClient(s.URL), "7", o)
	require.ErrorIs(t, err, ErrRefused)
	require.ErrorContains(t, err, "rows 4 to 4")
	require.ErrorContains(t, err, "told why")
	s.answer = nil
	r, err := Run(t.Context(), NewClient(s.URL), "7", o)
	require.NoError(t, err)
	require.Equal(t, 3, r.Resumed)
	require.Equal(t, 2, r.Rows)
	require.Len(t, s.rows(), 5)
}

func TestALostAnswerDoesNotStoreABatchTwice(t *testing.T) {
	s := start(t)
	s.answer = func(request int) int {
		switch request {
		case 1:
			return http.StatusServiceUnavailable // not taken
		case 2:
			return -http.StatusBadGateway // taken, but the answer is lost
		}
		return 0
	}
	r, err := Run(t.Context(), NewClient(s.URL), "7", Options{File: file(t, csv), ProgressDir: t.TempDir()})
	require.NoError(t, err)
	require.Equal(t, 2, r.Retries)
	require.Equal(t, 1, r.Duplicates)
	require.Len(t, s.rows(), 5)
}

func TestLoopsShiftTimesAndNames(t *testing.T) {
	s := start(t)
	_, err := Run(t.Context(), NewClient(s.URL), "7", Options{
		File: file(t, csv), Loop: 2, KeySuffix: "-", Shift: time.Hour, ProgressDir: t.TempDir(),
	})
	require.NoError(t, err)
	rows := s.rows()
	require.Len(t, rows, 10)
	require.Equal(t, "a@3600=0", rows[0])
	require.Equal(t, "a-1@3780=0", rows[5], "the second loop begins at the next whole interval")
	require.Equal(t, "b-1@3900=-0", rows[9])
}

func TestAFileThatDoesNotFitIsNotSentInPart(t *testing.T) {
	for name, text := range map[string]string{
		"a missing column": "t_s,car\n0,a\n", "a value that does not parse": csv + "121,b,fast\n", "no rows": "t_s,car,speed\n",
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t)
			_, err := Run(t.Context(), NewClient(s.URL), "7", Options{File: file(t, text), ProgressDir: t.TempDir()})
			require.Error(t, err)
			require.Zero(t, s.requests)
		})
	}
}

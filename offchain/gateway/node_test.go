package gateway

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/fxamacker/cbor/v2"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"github.com/cpchain/cpchain/offchain/provision"
	"github.com/cpchain/cpchain/offchain/publish"
)

// node is a whole gateway over the world's fakes.
type node struct {
	*Node
	w    *world
	logs *bytes.Buffer
}

func startNode(t *testing.T, w *world) *node {
	t.Helper()
	w.cfg.HTTP.Listen, w.cfg.MQTT.Listen = "127.0.0.1:0", "127.0.0.1:0"
	w.cfg.HTTP.MaxBodyBytes, w.cfg.MQTT.MaxPayloadBytes = 1<<16, 1<<14
	w.reg = prometheus.NewRegistry()
	nodes := mortalNodes{w.nodes, &mortal{}}
	logs := &bytes.Buffer{}
	n := New(w.cfg, Deps{
		Home: w.dir, Self: w.self, Metrics: w.reg, Log: slog.New(slog.NewTextHandler(logs, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Ports: Ports{
			Chain: w.chain, Network: nodes, Rand: rand.Reader, Clock: func() time.Time { return w.now },
			Uploader: publish.New(w.chain, nodes, publish.Writer{Key: w.self.WriterKey}, publish.Options{}),
		},
	})
	require.NoError(t, n.Start(t.Context()))
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		require.NoError(t, n.Stop(ctx))
	})
	return &node{Node: n, w: w, logs: logs}
}

// provisioned is a node that serves the world's stream.
func provisioned(t *testing.T, change func(*world)) *node {
	t.Helper()
	w := newWorld(t, nil)
	require.NoError(t, os.Remove(w.dir+"/"+rowFile)) // lanes live in the node's home here
	if change != nil {
		change(w)
	}
	n := startNode(t, w)
	status, answer := n.post("/v1/provision", "application/octet-stream", n.parcel(0, 0, 99))
	require.Equal(t, http.StatusOK, status, answer)
	require.Equal(t, 100.0, answer["keys_left"])
	return n
}

func (n *node) parcel(epoch, from, to uint32) []byte {
	n.w.t.Helper()
	sealed, err := provision.Seal(n.w.self.SealKey.Public(), n.w.parcel(epoch, from, to), func(m []byte) ([]byte, []byte, error) {
		sig, err := n.w.owner.Sign(m)
		return sig, n.w.owner.PubKey().Bytes(), err
	})
	require.NoError(n.w.t, err)
	return sealed
}

func (n *node) post(path, media string, body []byte, header ...string) (int, map[string]any) {
	n.w.t.Helper()
	req, err := http.NewRequest(http.MethodPost, "http://"+n.HTTPAddr()+path, bytes.NewReader(body))
	require.NoError(n.w.t, err)
	req.Header.Set("Content-Type", media)
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	return n.do(req)
}

func (n *node) get(path string) (int, map[string]any) {
	n.w.t.Helper()
	req, err := http.NewRequest(http.MethodGet, "http://"+n.HTTPAddr()+path, nil)
	require.NoError(n.w.t, err)
	return n.do(req)
}

func (n *node) do(req *http.Request) (int, map[string]any) {
	n.w.t.Helper()
	res, err := http.DefaultClient.Do(req)
	require.NoError(n.w.t, err)
	defer res.Body.Close()
	bz, err := io.ReadAll(res.Body)
	require.NoError(n.w.t, err)
	var answer map[string]any
	if json.Unmarshal(bz, &answer) != nil {
		answer = map[string]any{"text": string(bz)}
	}
	return res.StatusCode, answer
}

const (
	jsonType = "application/senml+json"
	cborType = "application/senml+cbor"
	records  = "/v1/streams/7/records"
)

func TestHTTPStoresJSONAndCBORAndKnowsRetries(t *testing.T) {
	n := provisioned(t, nil)
	status, answer := n.post(records, jsonType, pack("json", at(0, 1), "1.25"), "Idempotency-Key", "k1")
	require.Equal(t, http.StatusOK, status, answer)
	require.Equal(t, 1.0, answer["records"])
	require.Equal(t, false, answer["duplicate"])
	status, answer = n.post(records, jsonType, pack("json", at(0, 1), "1.25"), "Idempotency-Key", "k1")
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, true, answer["duplicate"])
	status, answer = n.post(records, jsonType, pack("other", at(0, 1), "1.25"), "Idempotency-Key", "k1")
	require.Equal(t, http.StatusUnprocessableEntity, status)
	require.Equal(t, string(ReasonConflict), answer["reason"])
	bz, err := cbor.Marshal([]map[int]any{{-2: "r:", -3: at(0, 2), 0: "car", 3: "cbor"}, {0: "speed", 2: 2.5}})
	require.NoError(t, err)
	status, answer = n.post(records, cborType+"; v=1", bz)
	require.Equal(t, http.StatusOK, status, answer)
	require.Equal(t, 2, n.Status().Streams[0].PendingRecords)
	require.Equal(t, 2.0, counted(t, n.w.reg, "cpgateway_records_total", "7", "http"))
	require.Equal(t, 1.0, counted(t, n.w.reg, "cpgateway_duplicates_total", "7", "http"))
}

func TestTheWholeWayThroughAStartedNode(t *testing.T) {
	n := provisioned(t, func(w *world) { w.cfg.Seal.PollMillis = 5 })
	status, answer := n.post(records, jsonType, pack("a", at(0, 1), "1.25"))
	require.Equal(t, http.StatusOK, status, answer)
	status, answer = n.post("/v1/streams/7/flush", "application/json", []byte(`{"through":"`+time.UnixMilli(origin).UTC().Format(time.RFC3339)+`"}`))
	require.Equal(t, http.StatusOK, status, answer)
	require.Equal(t, 1.0, answer["interval"])
	_, answer = n.get("/v1/status")
	require.Equal(t, true, answer["software_keys"])
	require.Contains(t, n.logs.String(), "without secure hardware")
	status, _ = n.get("/healthz")
	require.Equal(t, http.StatusOK, status)
	_, answer = n.get("/metrics")
	require.Contains(t, answer["text"], `cpgateway_keys_left{stream="7"} 100`)
	_, answer = n.get("/v1/streams/7")
	require.Equal(t, "cars", answer["name"])
}

func TestIdentityAndProofOfTheWriter(t *testing.T) {
	n := provisioned(t, nil)
	_, id := n.get("/v1/identity")
	require.Equal(t, testChain, id["chain_id"])
	require.Equal(t, n.w.self.Account, id["account"])
	status, answer := n.post("/v1/writer-proof", "application/json", []byte(`{"owner":"cpc1o","name":"s"}`))
	require.Equal(t, http.StatusOK, status)
	require.Len(t, answer["proof"], 128)
	_, other := n.post("/v1/writer-proof", "application/json", []byte(`{"stream":7}`))
	require.NotEqual(t, answer["proof"], other["proof"])
	status, _ = n.post("/v1/writer-proof", "application/json", []byte(`{}`))
	require.Equal(t, http.StatusBadRequest, status)
	status, _ = n.post("/v1/provision", "application/octet-stream", []byte("no parcel"))
	require.Equal(t, http.StatusBadRequest, status)
	for _, body := range []string{`{}`, `{"through":"soon"}`} {
		status, _ = n.post("/v1/streams/7/flush", "application/json", []byte(body))
		require.Equal(t, http.StatusBadRequest, status)
	}
}

func TestADamagedStreamIsRefusedAndTheNodeGoesOn(t *testing.T) {
	w := newWorld(t, nil)
	require.NoError(t, os.Remove(w.dir+"/"+rowFile))
	dir := w.dir + "/" + streamsDir + "/" + strconv.Itoa(testStream)
	require.NoError(t, os.MkdirAll(dir, 0o700))
	require.NoError(t, os.WriteFile(dir+"/"+rowFile, []byte("damaged"), 0o600))
	n := startNode(t, w)
	status, answer := n.post(records, jsonType, pack("a", at(0, 1), "1"))
	require.Equal(t, http.StatusServiceUnavailable, status)
	require.Contains(t, answer["error"], "see the gateway's log")
	status, _ = n.get("/healthz")
	require.Equal(t, http.StatusServiceUnavailable, status)
}

func TestHealthTellsWhetherRecordsCanBeTaken(t *testing.T) {
	w := newWorld(t, nil)
	require.NoError(t, os.Remove(w.dir+"/"+rowFile))
	n := startNode(t, w)
	status, _ := n.get("/healthz")
	require.Equal(t, http.StatusOK, status)
	status, answer := n.post("/v1/provision", "application/octet-stream", n.parcel(0, 50, 99)) // not for now
	require.Equal(t, http.StatusOK, status, answer)
	status, answer = n.get("/healthz")
	require.Equal(t, http.StatusServiceUnavailable, status)
	require.Contains(t, fmt.Sprint(answer["wrong"]), "cpdata stream provision cars")
	status, answer = n.post("/v1/provision", "application/octet-stream", n.parcel(0, 0, 99))
	require.Equal(t, http.StatusOK, status, answer)
	status, _ = n.get("/healthz")
	require.Equal(t, http.StatusOK, status)
}

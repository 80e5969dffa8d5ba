package gateway

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/eclipse/paho.golang/paho"
	paho3 "github.com/eclipse/paho.mqtt.golang"
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

func TestBadInputIsRefusedClearlyCountedAndNotKept(t *testing.T) {
	year := 366 * 24 * 3600.0
	entry := func(format string, args ...any) string {
		return fmt.Sprintf(`[{"bn":"r:","bt":%.3f,"n":"car","vs":"a"},{"n":"speed",`, at(0, 1)) + fmt.Sprintf(format, args...) + `}]`
	}
	for name, c := range map[string]struct {
		path, media, body string
		status            int
		reason            Reason
		words             string
	}{
		"malformed SenML":            {records, jsonType, `[{"n":`, 400, ReasonMalformed, "malformed SenML"},
		"JSON as CBOR":               {records, cborType, entry(`"v":1`), 400, ReasonMalformed, "malformed SenML"},
		"another content type":       {records, "text/csv", "a,b", 415, ReasonMediaType, jsonType},
		"a unit not in the schema":   {records, jsonType, entry(`"v":1,"u":"km/h"`), 422, ReasonUnit, `"speed" is in "m/s", not in "km/h"`},
		"a field not in the schema":  {records, jsonType, strings.ReplaceAll(entry(`"v":1`), "speed", "height"), 422, ReasonUnknownField, `"height"`},
		"more decimals than kept":    {records, jsonType, entry(`"v":1.234`), 422, ReasonValue, "speed"},
		"a value out of bounds":      {records, jsonType, entry(`"v":101`), 422, ReasonValue, "outside"},
		"text for a number":          {records, jsonType, entry(`"vs":"fast"`), 422, ReasonValue, "it is a number"},
		"a field twice":              {records, jsonType, entry(`"v":1},{"n":"speed","v":2`), 422, ReasonValue, "base name"},
		"no key field":               {records, jsonType, fmt.Sprintf(`[{"n":"speed","v":1,"t":%f}]`, at(0, 1)), 422, ReasonValue, "car"},
		"a clock a year ahead":       {records, jsonType, string(pack("a", at(0, year), "1")), 400, ReasonClock, "ahead"},
		"a time before the stream":   {records, jsonType, string(pack("a", at(0, -1), "1")), 400, ReasonTime, "begins at"},
		"a body beyond the limit":    {records, jsonType, strings.Repeat(" ", 1<<17), 413, ReasonTooLarge, "larger than 65536 bytes"},
		"an unknown stream":          {"/v1/streams/8/records", jsonType, entry(`"v":1`), 404, ReasonUnknownStream, "provision"},
		"a stream that is no number": {"/v1/streams/cars/records", jsonType, entry(`"v":1`), 404, ReasonUnknownStream, "number"},
		"a time beyond the keys":     {records, jsonType, string(pack("a", at(100, 1), "1")), 503, ReasonNoKeys, "cpdata stream provision"},
	} {
		t.Run(name, func(t *testing.T) {
			n := provisioned(t, func(w *world) {
				if c.reason == ReasonNoKeys {
					w.cfg.Limits.MaxAheadSeconds = 1e9
				}
			})
			status, answer := n.post(c.path, c.media, []byte(c.body))
			require.Equal(t, c.status, status, answer)
			require.Equal(t, string(c.reason), answer["reason"])
			require.Contains(t, answer["error"], c.words)
			require.Equal(t, 1.0, counted(t, n.w.reg, "cpgateway_refusals_total", string(c.reason), "http"))
			require.Zero(t, n.Status().Streams[0].PendingRecords)
		})
	}
}

func TestAClockAYearBehindIsRefused(t *testing.T) {
	w := newWorld(t, nil)
	require.NoError(t, os.Remove(w.dir+"/"+rowFile))
	w.now = w.now.AddDate(1, 0, 0)
	n := startNode(t, w)
	status, answer := n.post("/v1/provision", "application/octet-stream", n.parcel(0, 0, 99))
	require.Equal(t, http.StatusOK, status, answer)
	status, answer = n.post(records, jsonType, pack("a", at(0, 1), "1"))
	require.Equal(t, http.StatusBadRequest, status)
	require.Equal(t, string(ReasonClock), answer["reason"])
	require.Contains(t, answer["error"], "behind")
}

func TestARefusalNamesFieldAndUnitAndKeepsNothingOfTheBatch(t *testing.T) {
	n := provisioned(t, nil)
	body := fmt.Sprintf(`[{"bn":"1:","bt":%f,"n":"car","vs":"good"},{"n":"speed","v":1},{"bn":"2:","n":"car","vs":"bad"},{"n":"speed","u":"kn","v":1}]`, at(0, 1))
	status, answer := n.post(records, jsonType, []byte(body))
	require.Equal(t, http.StatusUnprocessableEntity, status)
	require.Equal(t, "speed", answer["field"])
	require.Equal(t, "kn", answer["unit"])
	require.Equal(t, 7.0, answer["stream"])
	require.Zero(t, n.Status().Streams[0].PendingRecords)
	require.NotContains(t, n.logs.String(), "good", "no reading in a log")
}

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

func TestMQTTClientsOfBothVersionsStoreAndLearnOfRefusals(t *testing.T) {
	n := provisioned(t, nil)
	conn, err := net.Dial("tcp", n.MQTTAddr())
	require.NoError(t, err)
	five := paho.NewClient(paho.ClientConfig{Conn: conn, PacketTimeout: 5 * time.Second})
	_, err = five.Connect(t.Context(), &paho.Connect{ClientID: "five", CleanStart: true, KeepAlive: 30})
	require.NoError(t, err)
	publish5 := func(topic, id string, body []byte) (byte, string) {
		p := &paho.Publish{Topic: topic, QoS: 1, Payload: body, Properties: &paho.PublishProperties{}}
		if id != "" {
			p.Properties.User.Add("message-id", id)
		}
		ack, _ := five.Publish(t.Context(), p)
		if ack.Properties == nil {
			return ack.ReasonCode, ""
		}
		return ack.ReasonCode, ack.Properties.ReasonString
	}
	code, _ := publish5("cpc/7", "m1", pack("five", at(0, 1), "1"))
	require.Zero(t, code)
	code, _ = publish5("cpc/7", "m1", pack("five", at(0, 1), "1"))
	require.Zero(t, code, "sent again, known again")
	for name, c := range map[string]struct {
		topic string
		body  string
		code  byte
		words string
	}{
		"unknown stream":  {"cpc/8", "[]", 0x90, "provision"},
		"unknown topic":   {"weather/7", "[]", 0x90, "cpc/<stream id>"},
		"malformed SenML": {"cpc/7", "{", 0x99, "malformed SenML"},
		"a foreign unit":  {"cpc/7", `[{"n":"speed","u":"kn","v":1}]`, 0x99, `not in "kn"`},
	} {
		code, words := publish5(c.topic, "", []byte(c.body))
		require.Equal(t, c.code, code, name)
		require.Contains(t, words, c.words, name)
	}
	require.Equal(t, 2.0, counted(t, n.w.reg, "cpgateway_refusals_total", "mqtt")-counted(t, n.w.reg, "cpgateway_refusals_total", "mqtt", string(ReasonMalformed))-
		counted(t, n.w.reg, "cpgateway_refusals_total", "mqtt", string(ReasonUnit)))

	lost := make(chan error, 1)
	three := paho3.NewClient(paho3.NewClientOptions().AddBroker("tcp://" + n.MQTTAddr()).SetClientID("three").SetProtocolVersion(4).
		SetAutoReconnect(false).SetConnectionLostHandler(func(_ paho3.Client, err error) { lost <- err }))
	require.True(t, three.Connect().WaitTimeout(5*time.Second))
	token := three.Publish("cpc/7", 1, false, pack("three", at(0, 2), "1"))
	require.True(t, token.WaitTimeout(5*time.Second))
	require.NoError(t, token.Error())
	require.Equal(t, 2, n.Status().Streams[0].PendingRecords)
	three.Publish("cpc/7", 1, false, "{")
	select {
	case err := <-lost:
		require.Error(t, err)
	case <-time.After(5 * time.Second):
		t.Fatal("a refused 3.1.1 message must close the connection")
	}
	require.Equal(t, 2, n.Status().Streams[0].PendingRecords)
}

func TestAnMQTTPacketSentAgainIsStoredOnceIfItSaysWhen(t *testing.T) {
	n := provisioned(t, nil)
	send := func(dup bool, body string) {
		require.NoError(t, n.message(t.Context(), mqttMessage(dup, body)))
	}
	absolute := string(pack("a", at(0, 1), "1"))
	send(false, absolute)
	send(true, absolute)
	require.Equal(t, 1, n.Status().Streams[0].PendingRecords)
	send(false, absolute)
	require.Equal(t, 2, n.Status().Streams[0].PendingRecords, "a new packet is a new message, whatever it says")
	relative := `[{"bn":"r:","n":"car","vs":"b"},{"n":"speed","v":1}]`
	send(false, relative)
	send(true, relative)
	require.Equal(t, 4, n.Status().Streams[0].PendingRecords, "at least once: nobody can tell the second from another reading")
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

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/cpchain/cpchain/offchain/gateway"
	"github.com/cpchain/cpchain/offchain/gateway/replay"
	"github.com/cpchain/cpchain/offchain/gateway/senml"
)

// input is something the gateway must refuse.
type input struct {
	name   string
	reason gateway.Reason
	words  string
	status int
	code   byte
	// stream and topic it goes to, the story's unless set; body from a moment in time.
	stream, topic string
	body          func(now time.Time) []byte
	media         string
}

// badInput sends what must be refused, by HTTP and by MQTT, and good records before, between and after. Every refusal has
// its status and text, counts in its metric, and takes nothing with it.
func (s *story) badInput(ctx context.Context) error {
	begun, log := time.Now(), &ackLog{}
	good := []*sender{
		{client: "good-http", way: byHTTP{replay.NewClient(s.gateway.URL), s.stream}, log: log},
		{client: "good-mqtt", way: &byMQTT{address: s.gateway.MQTT, topic: fmt.Sprintf("cpc/%d", s.stream)}, log: log},
	}
	sent := uint64(0)
	between := func() error {
		for _, c := range good {
			batch, pack := c.measure(sent)
			if err := c.deliver(ctx, fmt.Sprintf("%s-%d", c.client, sent), pack); err != nil {
				return err
			}
			c.log.add(batch)
		}
		sent += perBatch
		return nil
	}
	refusals := 0
	for source, try := range map[string]func(context.Context, input) error{"http": s.tryHTTP, "mqtt": s.tryMQTT} {
		for _, in := range inputs(source) {
			if err := between(); err != nil {
				return err
			}
			if err := s.counted(ctx, source, in, try); err != nil {
				return s.check("bad_input_refused", false, "%s by %s: %v", in.name, source, err)
			}
			refusals++
		}
	}
	if err := between(); err != nil {
		return err
	}
	s.checks["bad_input_refused"] = refusals
	s.say("%d bad inputs by HTTP and MQTT, each refused with its status and reason and counted", refusals)
	return s.nothingLost(ctx, begun, log)
}

// counted tries an input and expects one refusal more in its metric.
func (s *story) counted(ctx context.Context, source string, in input, try func(context.Context, input) error) error {
	labels := []string{fmt.Sprintf("reason=%q", in.reason), fmt.Sprintf("source=%q", source)}
	before, err := metric(ctx, s.gateway.URL, "cpgateway_refusals_total", labels...)
	if err != nil {
		return err
	}
	if err := try(ctx, in); err != nil {
		return err
	}
	// where the refusal is the end of the connection, the client sees it before the gateway has counted it
	ctx, cancel := context.WithTimeout(ctx, ackTimeout)
	defer cancel()
	for {
		after, err := metric(ctx, s.gateway.URL, "cpgateway_refusals_total", labels...)
		if err != nil {
			return err
		}
		if after == before+1 {
			return nil
		}
		if err := pause(ctx, 20*time.Millisecond); err != nil || after > before {
			return fmt.Errorf("counted %v refusals for %q before and %v after", before, in.reason, after)
		}
	}
}

// nothingLost fetches what the good clients sent and compares.
func (s *story) nothingLost(ctx context.Context, begun time.Time, log *ackLog) error {
	if err := s.drained(ctx); err != nil {
		return err
	}
	g, err := s.grantAll(ctx, int(time.Since(begun)/time.Second)+10)
	if err != nil {
		return err
	}
	_, path, err := s.fetch(ctx, g)
	if err != nil {
		return err
	}
	got, err := readRecords(path)
	if err != nil {
		return err
	}
	missing, foreign, twice := log.compare(got)
	s.figure("records_between_bad_input", len(log.acked))
	return s.check("nothing_lost_or_let_in_with_bad_input", len(log.acked) > 0 && missing+foreign+twice == 0,
		"%d missing, %d unknown, %d twice", missing, foreign, twice)
}

func (s *story) tryHTTP(ctx context.Context, in input) error {
	stream := in.stream
	if stream == "" {
		stream = fmt.Sprint(s.stream)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.gateway.URL+"/v1/streams/"+stream+"/records", bytes.NewReader(in.body(time.Now())))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", in.media)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	bz, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	var told struct {
		Error  string         `json:"error"`
		Reason gateway.Reason `json:"reason"`
	}
	if err := json.Unmarshal(bz, &told); err != nil {
		return fmt.Errorf("status %d, no JSON: %s", res.StatusCode, bz)
	}
	if res.StatusCode != in.status || told.Reason != in.reason || !strings.Contains(told.Error, in.words) {
		return fmt.Errorf("expected status %d, %s, %q; got %d: %s", in.status, in.reason, in.words, res.StatusCode, bz)
	}
	return nil
}

// tryMQTT publishes on a connection of its own: some refusals end it.
func (s *story) tryMQTT(ctx context.Context, in input) error {
	conn, err := dialMQTT(ctx, s.gateway.MQTT, "bad")
	if err != nil {
		return err
	}
	defer conn.close()
	topic := in.topic
	if topic == "" {
		topic = fmt.Sprintf("cpc/%d", s.stream)
	}
	code, words, err := conn.publish(ctx, topic, "", in.body(time.Now()))
	if in.code == 0 { // no PUBACK: the connection ends
		if err == nil {
			return fmt.Errorf("expected the connection to end, got PUBACK %#x: %s", code, words)
		}
		return nil
	}
	if code != in.code || !strings.Contains(words, in.words) {
		return fmt.Errorf("expected PUBACK %#x with %q; got %#x: %s (%w)", in.code, in.words, code, words, orAcked(err))
	}
	return nil
}

func orAcked(err error) error {
	if err == nil {
		return fmt.Errorf("no error")
	}
	return err
}

// inputs are the same mistakes for both ways in, as far as they can be made there.
func inputs(source string) []input {
	text := func(s string) func(time.Time) []byte { return func(time.Time) []byte { return []byte(s) } }
	at := func(shift time.Duration, entries string) func(time.Time) []byte {
		return func(now time.Time) []byte {
			return fmt.Appendf(nil, `[{"bn":"x:","bt":%d,"n":"client","vs":"bad"},%s]`, now.Add(shift).Unix(), entries)
		}
	}
	const good = `{"n":"n","v":1}`
	year := 365 * 24 * time.Hour
	huge := func(time.Time) []byte { return bytes.Repeat([]byte(" "), 100<<20) }
	list := []input{
		{name: "no SenML at all", reason: gateway.ReasonMalformed, words: "malformed SenML", status: 400, code: 0x99, body: text(`{`)},
		{name: "SenML without values", reason: gateway.ReasonMalformed, words: "malformed SenML", status: 400, code: 0x99, body: text(`[{"n":"n"}]`)},
		{name: "a unit not in the schema", reason: gateway.ReasonUnit, words: `not in "kn"`, status: 422, code: 0x99, body: at(0, `{"n":"n","u":"kn","v":1}`)},
		{name: "a field not in the schema", reason: gateway.ReasonUnknownField, words: "not in the schema", status: 422, code: 0x99, body: at(0, `{"n":"m","v":1}`)},
		{name: "a value that does not fit", reason: gateway.ReasonValue, words: "", status: 422, code: 0x99, body: at(0, `{"n":"n","v":1.5}`)},
		{name: "a clock a year ahead", reason: gateway.ReasonClock, words: "ahead of this gateway's clock", status: 400, code: 0x99, body: at(year, good)},
		{name: "a clock a year behind", reason: gateway.ReasonTime, words: "outside the stream's time", status: 400, code: 0x99, body: at(-year, good)},
		{name: "an unknown stream", reason: gateway.ReasonUnknownStream, words: "provision", status: 404, code: 0x90, stream: "4711", topic: "cpc/4711", body: at(0, good)},
	}
	if source == "mqtt" {
		return append(list,
			input{name: "a topic that is no stream's", reason: gateway.ReasonTopic, words: "cpc/<stream id>", code: 0x90, topic: "weather", body: at(0, good)},
			input{name: "a message of 100 MB", reason: gateway.ReasonTooLarge, body: huge},
		)
	}
	for i := range list {
		list[i].media = senml.MediaJSON
	}
	return append(list,
		input{name: "a body of 100 MB", reason: gateway.ReasonTooLarge, words: "smaller batches", status: 413, media: senml.MediaJSON, body: huge},
		input{name: "a stream that is no number", reason: gateway.ReasonUnknownStream, words: "by its number", status: 404, stream: "counts", media: senml.MediaJSON, body: at(0, good)},
		input{name: "another media type", reason: gateway.ReasonMediaType, words: "senml+json", status: 415, media: "text/csv", body: text("n,1\n")},
	)
}

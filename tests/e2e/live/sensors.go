package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"strconv"
	"time"

	"github.com/eclipse/paho.golang/paho"
	paho3 "github.com/eclipse/paho.mqtt.golang"
)

// reading is one record.
type reading struct {
	sensor string
	count  int
	t      time.Time
}

// name tells readings apart.
func (r reading) name() string { return fmt.Sprintf("%s %d", r.sensor, r.count) }

func (r reading) senml() []byte {
	return []byte(fmt.Sprintf(`[{"bn":"r:","bt":%.3f,"n":"sensor","vs":%q},{"n":"count","v":%d}]`, float64(r.t.UnixMilli())/1000, r.sensor, r.count))
}

// acked are the readings that were acknowledged, by name.
type acked map[string]reading

// sendTimeout bounds one delivery.
const sendTimeout = 10 * time.Second

// post sends a reading by HTTP and returns status and answer.
func (s *story) post(ctx context.Context, r reading) (int, string, error) {
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, fmt.Sprintf("%s/v1/streams/%d/records", s.gateway.URL, s.stream), bytes.NewReader(r.senml()))
	if err != nil {
		return 0, "", err
	}
	req.Header.Set("Content-Type", "application/senml+json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	return res.StatusCode, string(text), err
}

// sensor delivers a reading and returns once it is acknowledged.
type sensor struct {
	name string
	send func(ctx context.Context, r reading) error
}

// sensors connects one sensor of each kind.
func (s *story) sensors(ctx context.Context) (list []sensor, disconnect func(), err error) {
	topic := fmt.Sprintf("cpc/%d", s.stream)
	three := paho3.NewClient(paho3.NewClientOptions().AddBroker("tcp://" + s.gateway.MQTT).SetClientID("three").SetProtocolVersion(4).SetAutoReconnect(false))
	if token := three.Connect(); !token.WaitTimeout(sendTimeout) || token.Error() != nil {
		return nil, nil, fmt.Errorf("MQTT 3.1.1: connect: %w", token.Error())
	}
	conn, err := net.Dial("tcp", s.gateway.MQTT)
	if err != nil {
		return nil, nil, err
	}
	five := paho.NewClient(paho.ClientConfig{Conn: conn, PacketTimeout: sendTimeout})
	if _, err := five.Connect(ctx, &paho.Connect{ClientID: "five", CleanStart: true, KeepAlive: 30}); err != nil {
		return nil, nil, fmt.Errorf("MQTT 5: connect: %w", err)
	}
	disconnect = func() {
		three.Disconnect(0)
		_ = five.Disconnect(&paho.Disconnect{}) // it is over
	}
	return []sensor{
		{"http", func(ctx context.Context, r reading) error {
			code, text, err := s.post(ctx, r)
			if err == nil && code != http.StatusOK {
				err = fmt.Errorf("HTTP %d: %s", code, text)
			}
			return err
		}},
		{"mqtt3", func(_ context.Context, r reading) error {
			token := three.Publish(topic, 1, false, r.senml())
			if !token.WaitTimeout(sendTimeout) {
				return fmt.Errorf("MQTT 3.1.1: no acknowledgement in %s", sendTimeout)
			}
			return token.Error()
		}},
		{"mqtt5", func(ctx context.Context, r reading) error {
			_, err := five.Publish(ctx, &paho.Publish{Topic: topic, QoS: 1, Payload: r.senml(), Properties: &paho.PublishProperties{}})
			return err
		}},
	}, disconnect, nil
}

// metric sums a gateway's metric over all its labels that contain a text.
func (s *story) metric(ctx context.Context, name, label string) (float64, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.gateway.URL+"/metrics", nil)
	if err != nil {
		return 0, err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return 0, err
	}
	sum := 0.0
	for _, line := range regexp.MustCompile(`(?m)^`+name+`\{([^}]*)\} (.*)$`).FindAllSubmatch(text, -1) {
		if !bytes.Contains(line[1], []byte(label)) {
			continue
		}
		v, err := strconv.ParseFloat(string(line[2]), 64)
		if err != nil {
			return 0, err
		}
		sum += v
	}
	return sum, nil
}

package mqtt

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/eclipse/paho.golang/paho"
	paho3 "github.com/eclipse/paho.mqtt.golang"
	"github.com/stretchr/testify/require"
)

// box is a handler that keeps what it takes.
type box struct {
	mu       sync.Mutex
	messages []Message
	answer   func(Message) error
	dropped  chan Refusal
}

func (b *box) handle(_ context.Context, m Message) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.answer != nil {
		if err := b.answer(m); err != nil {
			return err
		}
	}
	m.Payload = bytes.Clone(m.Payload)
	b.messages = append(b.messages, m)
	return nil
}

func (b *box) taken() []Message {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]Message{}, b.messages...)
}

func start(t *testing.T, answer func(Message) error) (*box, *Server, *bytes.Buffer) {
	t.Helper()
	b := &box{answer: answer, dropped: make(chan Refusal, 10)}
	var logged bytes.Buffer
	s, err := Start(Config{Listen: "127.0.0.1:0", MaxPayload: 1 << 16, MaxClients: 10}, b.handle,
		func(_ string, r Refusal) { b.dropped <- r }, slog.New(slog.NewTextHandler(&logged, nil)))
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Stop() })
	return b, s, &logged
}

const wait = 5 * time.Second

func connect5(t *testing.T, s *Server) *paho.Client {
	t.Helper()
	conn, err := net.Dial("tcp", s.Addr())
	require.NoError(t, err)
	c := paho.NewClient(paho.ClientConfig{Conn: conn, PacketTimeout: wait})
	ack, err := c.Connect(t.Context(), &paho.Connect{ClientID: "five", CleanStart: true, KeepAlive: 30})
	require.NoError(t, err)
	require.Equal(t, byte(0), ack.ReasonCode)
	require.Equal(t, byte(1), *ack.Properties.MaximumQoS)
	return c
}

func connect3(t *testing.T, s *Server, opts func(*paho3.ClientOptions)) paho3.Client {
	t.Helper()
	o := paho3.NewClientOptions().AddBroker("tcp://" + s.Addr()).SetClientID("three").SetProtocolVersion(4).
		SetAutoReconnect(false).SetWriteTimeout(wait)
	if opts != nil {
		opts(o)
	}
	c := paho3.NewClient(o)
	token := c.Connect()
	require.True(t, token.WaitTimeout(wait))
	require.NoError(t, token.Error())
	t.Cleanup(func() { c.Disconnect(0) })
	return c
}

func TestMQTT5MessagesAreTakenBeforeTheyAreAcknowledged(t *testing.T) {
	b, s, _ := start(t, nil)
	c := connect5(t, s)
	ack, err := c.Publish(t.Context(), &paho.Publish{
		Topic: "cpc/7", QoS: 1, Payload: []byte("secret reading"), Properties: &paho.PublishProperties{
			ContentType: "application/senml+json", User: paho.UserProperties{{Key: "message-id", Value: "m1"}},
		},
	})
	require.NoError(t, err)
	require.Equal(t, byte(0), ack.ReasonCode)
	got := b.taken()
	require.Len(t, got, 1)
	require.Equal(t, "cpc/7", got[0].Topic)
	require.Equal(t, "secret reading", string(got[0].Payload))
	require.Equal(t, "application/senml+json", got[0].ContentType)
	require.Equal(t, "m1", got[0].ID)
	require.Equal(t, "five", got[0].Client)
	require.True(t, got[0].Acknowledged)
	require.False(t, got[0].Duplicate)
}

func TestMQTT5ClientsLearnWhyAMessageIsRefused(t *testing.T) {
	for name, c := range map[string]struct {
		answer error
		code   Code
		words  string
	}{
		"a refusal with its code": {&Refusal{Code: PayloadInvalid, Reason: "malformed SenML"}, PayloadInvalid, "malformed SenML"},
		"an error without a code": {errors.New("internal detail"), Unspecified, "can't store it now"},
		"a full disk":             {&Refusal{Code: QuotaExceeded, Reason: "log is full"}, QuotaExceeded, "log is full"},
	} {
		t.Run(name, func(t *testing.T) {
			b, s, logged := start(t, func(Message) error { return c.answer })
			client := connect5(t, s)
			ack, err := client.Publish(t.Context(), &paho.Publish{Topic: "cpc/7", QoS: 1, Payload: []byte("secret reading")})
			require.Error(t, err)
			require.Equal(t, byte(c.code), ack.ReasonCode)
			require.Contains(t, ack.Properties.ReasonString, c.words)
			require.NotContains(t, ack.Properties.ReasonString, "internal detail")
			require.Empty(t, b.taken())
			require.NotContains(t, logged.String(), "secret reading")
		})
	}
}

func TestMQTT311MessagesAreTakenBeforeTheyAreAcknowledged(t *testing.T) {
	b, s, _ := start(t, nil)
	c := connect3(t, s, nil)
	for range 20 {
		token := c.Publish("cpc/7", 1, false, "reading")
		require.True(t, token.WaitTimeout(wait))
		require.NoError(t, token.Error())
	}
	require.Len(t, b.taken(), 20)
}

func TestMQTT311RefusalsAreNeverAcknowledged(t *testing.T) {
	for name, answer := range map[string]error{
		"a refusal with a code": &Refusal{Code: PayloadInvalid, Reason: "malformed SenML"},
		"any other error":       errors.New("disk"),
	} {
		t.Run(name, func(t *testing.T) {
			b, s, _ := start(t, func(Message) error { return answer })
			lost := make(chan error, 1)
			c := connect3(t, s, func(o *paho3.ClientOptions) {
				o.SetConnectionLostHandler(func(_ paho3.Client, err error) { lost <- err })
			})
			token := c.Publish("cpc/7", 1, false, "reading")
			select {
			case err := <-lost:
				require.Error(t, err)
			case <-time.After(wait):
				t.Fatal("the connection was not closed")
			}
			select {
			case <-token.Done():
				require.Error(t, token.Error(), "acknowledged what was refused")
			default:
			}
			require.Empty(t, b.taken())
		})
	}
}

func TestARefusedMQTT311MessageComesAgainAsADuplicate(t *testing.T) {
	refuse := true
	b, s, _ := start(t, func(Message) error {
		if refuse {
			refuse = false
			return errors.New("disk")
		}
		return nil
	})
	c := connect3(t, s, func(o *paho3.ClientOptions) {
		o.SetAutoReconnect(true).SetCleanSession(false).SetMaxReconnectInterval(10 * time.Millisecond)
	})
	c.Publish("cpc/7", 1, false, "reading") // its token is no witness: the client completes it when it sends again
	require.Eventually(t, func() bool { return len(b.taken()) == 1 }, wait, time.Millisecond)
	require.True(t, b.taken()[0].Duplicate)
}

func TestNobodySubscribes(t *testing.T) {
	_, s, _ := start(t, nil)
	c := connect5(t, s)
	ack, err := c.Subscribe(t.Context(), &paho.Subscribe{Subscriptions: []paho.SubscribeOptions{{Topic: "#", QoS: 0}}})
	require.Error(t, err)
	require.Len(t, ack.Reasons, 1)
	require.GreaterOrEqual(t, ack.Reasons[0], byte(0x80))
}

func TestWhatIsTooMuchClosesTheConnection(t *testing.T) {
	for name, c := range map[string]struct {
		qos     byte
		payload int
		words   string
	}{
		"a packet beyond the limit": {1, 1 << 17, "larger"},
		"QoS 2":                     {2, 1, "QoS 2"},
	} {
		t.Run(name, func(t *testing.T) {
			b, s, _ := start(t, nil)
			client := connect3(t, s, nil)
			client.Publish("cpc/7", c.qos, false, make([]byte, c.payload))
			select {
			case r := <-b.dropped:
				require.Contains(t, r.Reason, c.words)
			case <-time.After(wait):
				t.Fatal("nobody was told")
			}
			require.Empty(t, b.taken())
		})
	}
}

func TestQoS0IsTakenAndItsRefusalIsSilent(t *testing.T) {
	first := make(chan struct{}, 2)
	b, s, _ := start(t, func(m Message) error {
		first <- struct{}{}
		if string(m.Payload) == "bad" {
			return errors.New("no")
		}
		return nil
	})
	c := connect3(t, s, nil)
	require.True(t, c.Publish("cpc/7", 0, false, "bad").WaitTimeout(wait))
	require.True(t, c.Publish("cpc/7", 0, false, "good").WaitTimeout(wait))
	<-first
	<-first
	require.Eventually(t, func() bool { return len(b.taken()) == 1 }, wait, time.Millisecond)
	require.False(t, b.taken()[0].Acknowledged)
	require.True(t, c.IsConnected())
}

package gateway

import (
	"net"
	"testing"
	"time"

	"github.com/eclipse/paho.golang/paho"
	paho3 "github.com/eclipse/paho.mqtt.golang"
	"github.com/stretchr/testify/require"
)

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

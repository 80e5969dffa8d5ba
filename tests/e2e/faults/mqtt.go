package main

import (
	"context"
	"errors"
	"fmt"
	"net"

	"github.com/eclipse/paho.golang/paho"
)

// byMQTT publishes at QoS 1 over MQTT 5 and names a batch by the user property message-id. It connects anew after an error.
type byMQTT struct {
	address, topic string
	conn           *mqttConn
}

// mqttConn is one connection; its context ends when the connection does.
type mqttConn struct {
	client *paho.Client
	ctx    context.Context
	close  context.CancelFunc
}

func dialMQTT(ctx context.Context, address, id string) (*mqttConn, error) {
	socket, err := new(net.Dialer).DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	alive, lost := context.WithCancel(context.Background())
	c := &mqttConn{ctx: alive, close: func() { lost(); _ = socket.Close() }} // the socket may be closed already
	c.client = paho.NewClient(paho.ClientConfig{
		Conn: socket, PacketTimeout: ackTimeout,
		OnClientError:      func(error) { lost() },
		OnServerDisconnect: func(*paho.Disconnect) { lost() },
	})
	connecting, cancel := c.bound(ctx)
	defer cancel()
	if _, err := c.client.Connect(connecting, &paho.Connect{ClientID: id, CleanStart: true, KeepAlive: 30}); err != nil {
		c.close()
		return nil, err
	}
	return c, nil
}

// bound ends a context with the connection, and after ackTimeout.
func (c *mqttConn) bound(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithTimeout(ctx, ackTimeout)
	stop := context.AfterFunc(c.ctx, cancel)
	return ctx, func() { stop(); cancel() }
}

// publish sends one message and returns the reason of the PUBACK; 0 is success.
func (c *mqttConn) publish(ctx context.Context, topic, name string, body []byte) (code byte, reason string, err error) {
	ctx, cancel := c.bound(ctx)
	defer cancel()
	p := &paho.Publish{Topic: topic, QoS: 1, Payload: body, Properties: &paho.PublishProperties{}}
	if name != "" {
		p.Properties.User.Add("message-id", name)
	}
	ack, err := c.client.Publish(ctx, p)
	if ack == nil {
		return 0, "", errors.Join(errors.New("no acknowledgement"), err)
	}
	if ack.Properties != nil {
		reason = ack.Properties.ReasonString
	}
	if ack.ReasonCode >= 0x80 {
		return ack.ReasonCode, reason, nil // the library tells it as an error as well
	}
	return ack.ReasonCode, reason, err
}

func (t *byMQTT) send(ctx context.Context, name string, pack []byte) error {
	if t.conn == nil || t.conn.ctx.Err() != nil {
		conn, err := dialMQTT(ctx, t.address, "mqtt")
		if err != nil {
			return err
		}
		t.conn = conn
	}
	code, reason, err := t.conn.publish(ctx, t.topic, name, pack)
	if err != nil {
		t.conn.close()
		t.conn = nil
		return err
	}
	if code >= 0x80 {
		return refusedError{fmt.Errorf("PUBACK %#x: %s", code, reason)}
	}
	return nil
}

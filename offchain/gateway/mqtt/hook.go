package mqtt

import (
	"context"
	"errors"
	"log/slog"

	mochi "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/packets"
)

// messageID is the user property of MQTT 5 that names a message beyond one connection.
const messageID = "message-id"

// hook is where the library asks.
type hook struct {
	mochi.HookBase
	ctx     context.Context // of the server: the library's calls carry none
	handle  Handler
	dropped func(client string, reason Refusal)
	log     *slog.Logger
}

// ID implements mochi.Hook.
func (h *hook) ID() string { return "gateway" }

// Provides implements mochi.Hook.
func (h *hook) Provides(b byte) bool {
	switch b {
	case mochi.OnConnectAuthenticate, mochi.OnACLCheck, mochi.OnPacketRead, mochi.OnPublish, mochi.OnPacketEncode, mochi.OnDisconnect:
		return true
	}
	return false
}

// OnConnectAuthenticate lets every client in: the listener is local.
func (h *hook) OnConnectAuthenticate(*mochi.Client, packets.Packet) bool { return true }

// OnACLCheck lets clients publish, and subscribe to nothing.
func (h *hook) OnACLCheck(_ *mochi.Client, _ string, write bool) bool { return write }

// OnPacketRead closes the connection of a client that publishes at QoS 2: the library would lower the packet's QoS and
// answer with a PUBACK the client doesn't wait for. No other error than ErrRejectPacket has an effect here.
func (h *hook) OnPacketRead(cl *mochi.Client, pk packets.Packet) (packets.Packet, error) {
	if pk.FixedHeader.Type == packets.Publish && pk.FixedHeader.Qos > 1 {
		h.dropped(cl.ID, Refusal{Code: Unspecified, Reason: "QoS 2 is not offered: publish at QoS 1"})
		return pk, packets.ErrRejectPacket
	}
	return pk, nil
}

// OnPublish runs before the library acknowledges. CodeSuccessIgnore acknowledges without passing the message on; a
// Code is told to MQTT 5 clients and must be returned bare; for a 3.1.1 client every error but ErrRejectPacket would be
// acknowledged, so its connection is closed and the packet rejected.
func (h *hook) OnPublish(cl *mochi.Client, pk packets.Packet) (packets.Packet, error) {
	err := h.handle(h.ctx, message(cl, pk))
	if err == nil {
		return pk, packets.CodeSuccessIgnore
	}
	r := refusalOf(err)
	h.log.Debug("refused a message", "client", cl.ID, "topic", pk.TopicName, "reason", r.Reason)
	switch {
	case pk.FixedHeader.Qos == 0:
		return pk, packets.ErrRejectPacket
	case cl.Properties.ProtocolVersion >= 5:
		return pk, packets.Code{Code: byte(r.Code), Reason: r.Reason}
	}
	cl.Stop(errRefused)
	return pk, packets.ErrRejectPacket
}

// OnPacketEncode mends the library's PUBACK for MQTT 5: it carries the reason "granted QoS 1", which belongs in a SUBACK
// and which strict clients take for a protocol error.
func (h *hook) OnPacketEncode(_ *mochi.Client, pk packets.Packet) packets.Packet {
	if pk.FixedHeader.Type == packets.Puback && pk.ReasonCode == packets.CodeGrantedQos1.Code {
		pk.ReasonCode = packets.CodeSuccess.Code
	}
	return pk
}

var errRefused = errors.New("a message was refused")

func message(cl *mochi.Client, pk packets.Packet) Message {
	m := Message{
		Client: cl.ID, Topic: pk.TopicName, Payload: pk.Payload, ContentType: pk.Properties.ContentType,
		PacketID: pk.PacketID, Duplicate: pk.FixedHeader.Dup, Acknowledged: pk.FixedHeader.Qos > 0,
	}
	for _, p := range pk.Properties.User {
		if p.Key == messageID {
			m.ID = p.Val
		}
	}
	return m
}

// OnDisconnect tells of clients the library itself turned away for what they sent.
func (h *hook) OnDisconnect(cl *mochi.Client, err error, _ bool) {
	if errors.Is(err, packets.ErrPacketTooLarge) {
		h.dropped(cl.ID, Refusal{Code: PacketTooLarge, Reason: "packet is larger than the gateway takes"})
	}
}

package gateway

import (
	"context"
	"encoding/binary"
	"strconv"
	"strings"

	"github.com/cpchain/cpchain/offchain/gateway/mqtt"
	"github.com/cpchain/cpchain/offchain/gateway/senml"
)

// source names where records come from in metrics.
type source string

const (
	sourceHTTP source = "http"
	sourceMQTT source = "mqtt"
)

// ingest decodes a body and stores it, and counts what became of it.
func (n *Node) ingest(ctx context.Context, from source, stream uint64, media string, body []byte, b batch) (Accepted, error) {
	a, err := n.store(ctx, stream, media, body, b)
	if err != nil {
		return Accepted{}, n.refused(from, err, stream)
	}
	label := strconv.FormatUint(stream, 10)
	if a.Duplicate {
		n.metrics.duplicates.WithLabelValues(label, string(from)).Inc()
		return a, nil
	}
	n.metrics.batches.WithLabelValues(label, string(from)).Inc()
	n.metrics.records.WithLabelValues(label, string(from)).Add(float64(a.Records))
	return a, nil
}

func (n *Node) store(ctx context.Context, stream uint64, media string, body []byte, b batch) (Accepted, error) {
	l, err := n.lane(stream)
	if err != nil {
		return Accepted{}, err
	}
	switch media {
	case senml.MediaJSON:
		b.pack, err = senml.DecodeJSON(body)
	case senml.MediaCBOR:
		b.pack, err = senml.DecodeCBOR(body)
	default:
		return Accepted{}, refuse(ReasonMediaType, stream, "content type %q: send %s or %s", media, senml.MediaJSON, senml.MediaCBOR)
	}
	if err != nil {
		return Accepted{}, refuse(ReasonMalformed, stream, "%v", err)
	}
	return l.accept(ctx, b)
}

// refused counts a refusal; the log gets what the client is not told.
func (n *Node) refused(from source, err error, stream uint64) *Refusal {
	r := refusalOf(err, stream)
	n.metrics.refusals.WithLabelValues(string(r.Reason), string(from)).Inc()
	n.deps.Log.Debug("refused records", "source", from, "stream", stream, "reason", r.Reason, "err", err)
	if r.Reason == ReasonUnavailable {
		n.deps.Log.Error("records could not be stored", "source", from, "stream", stream, "err", err)
	}
	return r
}

// topicPrefix of MQTT topics; the stream's id follows.
const topicPrefix = "cpc/"

// message takes one MQTT message.
//
// MQTT 5 clients may name a message by the user property message-id. Without it, a packet sent again (DUP) is told from a
// new one by client id, packet id, topic and payload, provided that its times are absolute: packet ids are used again
// soon, and a payload without a time is another record each time it is sent.
func (n *Node) message(ctx context.Context, m mqtt.Message) error {
	id, ok := strings.CutPrefix(m.Topic, topicPrefix)
	stream, err := strconv.ParseUint(id, 10, 64)
	if !ok || err != nil {
		err = refuse(ReasonTopic, 0, "topic %q is no stream's: publish to %s<stream id>", m.Topic, topicPrefix)
	} else {
		_, err = n.ingest(ctx, sourceMQTT, stream, mediaOf(m), m.Payload, named(m))
	}
	if err == nil {
		return nil
	}
	r := refusalOf(err, stream)
	if r.Reason == ReasonTopic {
		r = n.refused(sourceMQTT, r, 0)
	}
	return &mqtt.Refusal{Code: mqttCode(r.Reason), Reason: r.Error()}
}

// dropped counts what the MQTT library refused by itself.
func (n *Node) dropped(client string, r mqtt.Refusal) {
	n.metrics.refusals.WithLabelValues(string(reasonOfCode(r.Code)), string(sourceMQTT)).Inc()
	n.deps.Log.Warn("closed an mqtt connection", "client", client, "reason", r.Reason)
}

// mediaOf a message: as it says, or by its first byte: JSON arrays begin with "[", CBOR arrays with 0x80 to 0x9f.
func mediaOf(m mqtt.Message) string {
	if m.ContentType != "" {
		return m.ContentType
	}
	if len(m.Payload) > 0 && m.Payload[0]&0xe0 == 0x80 {
		return senml.MediaCBOR
	}
	return senml.MediaJSON
}

func named(m mqtt.Message) batch {
	if m.ID != "" {
		id := newBatchID(m.Payload, []byte("mqtt message-id"), []byte(m.ID))
		return batch{id: &id, retry: true}
	}
	if !m.Acknowledged {
		return batch{}
	}
	id := newBatchID(m.Payload, []byte("mqtt packet"), []byte(m.Client), binary.BigEndian.AppendUint16(nil, m.PacketID), []byte(m.Topic), m.Payload)
	return batch{id: &id, retry: m.Duplicate, onlyAbsolute: true}
}

func (n *Node) startMQTT() error {
	if n.cfg.MQTT.Listen == "" {
		return nil
	}
	cfg := mqtt.Config{Listen: n.cfg.MQTT.Listen, MaxPayload: n.cfg.MQTT.MaxPayloadBytes, MaxClients: n.cfg.MQTT.MaxClients}
	s, err := mqtt.Start(cfg, n.message, n.dropped, n.deps.Log)
	n.mqtt = s
	return err
}

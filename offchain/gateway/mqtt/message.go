package mqtt

import (
	"context"
	"errors"
)

// Message is one publication.
type Message struct {
	// Client id, as the client chose it.
	Client  string
	Topic   string
	Payload []byte
	// ContentType of MQTT 5, else empty.
	ContentType string
	// ID is the user property "message-id" of MQTT 5, else empty.
	ID string
	// PacketID and Duplicate are MQTT's own: Duplicate says that the client has sent this packet before.
	PacketID  uint16
	Duplicate bool
	// Acknowledged is false for QoS 0: the client will not learn what became of it.
	Acknowledged bool
}

// Handler takes a message. Returning nil acknowledges it; a *Refusal tells an MQTT 5 client why not, any other error is
// told as unspecified. It must not keep the payload.
type Handler func(ctx context.Context, m Message) error

// Code is why a message is refused, as MQTT 5 numbers reasons.
type Code byte

// Codes a handler may use.
const (
	Unspecified    Code = 0x80
	NotAuthorized  Code = 0x87
	ServerBusy     Code = 0x89
	TopicInvalid   Code = 0x90
	PacketTooLarge Code = 0x95
	QuotaExceeded  Code = 0x97
	PayloadInvalid Code = 0x99
)

// Refusal is a handler's answer to a message it does not take.
type Refusal struct {
	Code   Code
	Reason string
}

// Error implements error.
func (r *Refusal) Error() string { return r.Reason }

// refusalOf gives any error the form of a refusal.
func refusalOf(err error) Refusal {
	var r *Refusal
	if errors.As(err, &r) {
		return *r
	}
	return Refusal{Code: Unspecified, Reason: "the gateway can't store it now"}
}

package gateway

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/cpchain/cpchain/offchain/gateway/mqtt"
	"github.com/cpchain/cpchain/offchain/gateway/wal"
)

// Reason a batch of records is refused for; each counts in a metric of its own.
type Reason string

// Reasons of refusals.
const (
	ReasonMalformed     Reason = "malformed"      // no SenML, or a part of it that is not understood
	ReasonTooLarge      Reason = "too_large"      // more bytes than one request may have
	ReasonMediaType     Reason = "media_type"     // neither SenML JSON nor SenML CBOR
	ReasonTopic         Reason = "topic"          // an MQTT topic that is no stream's
	ReasonQoS           Reason = "qos"            // MQTT QoS 2
	ReasonUnknownStream Reason = "unknown_stream" // not provisioned here
	ReasonUnknownField  Reason = "unknown_field"  // not in the schema
	ReasonUnit          Reason = "unit"           // not the schema's unit
	ReasonValue         Reason = "value"          // does not fit the field, or a key field is missing
	ReasonTime          Reason = "time"           // outside the stream's grid, or not absolute where it must be
	ReasonClock         Reason = "clock"          // too far from this gateway's clock
	ReasonNoKeys        Reason = "no_keys"        // the forward window of keys is used up
	ReasonConflict      Reason = "conflict"       // an idempotency key came again with other records
	ReasonFull          Reason = "full"           // the log has reached its limit
	ReasonUnavailable   Reason = "unavailable"    // the disk fails, or the stream can't be served
)

// Refusal says what is wrong with a batch. None of its records has been kept.
type Refusal struct {
	Reason Reason
	Stream uint64
	// Field and Unit name the culprit where there is one.
	Field, Unit string
	Text        string
}

// Error implements error.
func (r *Refusal) Error() string {
	if r.Stream == 0 {
		return r.Text
	}
	return fmt.Sprintf("stream %d: %s", r.Stream, r.Text)
}

func refuse(reason Reason, stream uint64, format string, args ...any) *Refusal {
	return &Refusal{Reason: reason, Stream: stream, Text: fmt.Sprintf(format, args...)}
}

// refusalOf gives every error of accepting records its reason. What went wrong inside is not for a client to read.
func refusalOf(err error, stream uint64) *Refusal {
	var r *Refusal
	switch {
	case errors.As(err, &r):
		return r
	case errors.Is(err, wal.ErrFull):
		return refuse(ReasonFull, stream, "too much waits to be anchored: try again when the chain and the storage nodes answer")
	case errors.Is(err, wal.ErrTooLarge):
		return refuse(ReasonTooLarge, stream, "the batch is too large: send fewer records at once")
	}
	return refuse(ReasonUnavailable, stream, "the gateway can't store records now: try again later")
}

// httpStatus is what HTTP says of a refusal: 4xx where sending the same again is no use.
func httpStatus(reason Reason) int {
	switch reason {
	case ReasonMalformed, ReasonTime, ReasonClock:
		return http.StatusBadRequest
	case ReasonUnknownField, ReasonUnit, ReasonValue, ReasonConflict:
		return http.StatusUnprocessableEntity
	case ReasonTooLarge:
		return http.StatusRequestEntityTooLarge
	case ReasonMediaType:
		return http.StatusUnsupportedMediaType
	case ReasonUnknownStream, ReasonTopic:
		return http.StatusNotFound
	case ReasonFull:
		return http.StatusInsufficientStorage
	default:
		return http.StatusServiceUnavailable
	}
}

// mqttCode is what MQTT 5 says of a refusal.
func mqttCode(reason Reason) mqtt.Code {
	switch reason {
	case ReasonUnknownStream, ReasonTopic:
		return mqtt.TopicInvalid
	case ReasonFull, ReasonNoKeys:
		return mqtt.QuotaExceeded
	case ReasonTooLarge:
		return mqtt.PacketTooLarge
	case ReasonUnavailable:
		return mqtt.Unspecified
	default:
		return mqtt.PayloadInvalid
	}
}

// reasonOfCode is the way back, for what the MQTT library refused by itself.
func reasonOfCode(code mqtt.Code) Reason {
	if code == mqtt.PacketTooLarge {
		return ReasonTooLarge
	}
	return ReasonQoS
}

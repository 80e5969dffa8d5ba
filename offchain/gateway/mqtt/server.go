package mqtt

import (
	"context"
	"fmt"
	"log/slog"
	"net"

	mochi "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/listeners"
)

// Config of a Server.
type Config struct {
	// Listen address, host:port.
	Listen string
	// MaxPayload of one message, in bytes.
	MaxPayload int
	// MaxClients connected at once.
	MaxClients int
}

// Bounds on what one client can make the server keep. The library's own defaults are no limit at all or near it.
const (
	packetOverhead  = 4 << 10 // topic and properties beside the payload
	maxInflight     = 1024
	maxPending      = 256
	receiveMaximum  = 256
	sessionExpiry   = 60 // seconds
	messageExpiry   = 60 // seconds
	topicAliases    = 16
	protocolVersion = 4 // MQTT 3.1.1 and later
)

// Server is a running way in.
type Server struct {
	inner    *mochi.Server
	listener net.Listener
	cancel   context.CancelFunc
}

// Start listens. Clients that send what no handler sees (too large a packet, QoS 2) are reported to dropped.
func Start(cfg Config, handle Handler, dropped func(client string, reason Refusal), log *slog.Logger) (*Server, error) {
	listener, err := net.Listen("tcp", cfg.Listen)
	if err != nil {
		return nil, fmt.Errorf("mqtt: %w", err)
	}
	// The library logs whole packets; payloads must not reach a log.
	inner := mochi.New(&mochi.Options{Capabilities: capabilities(cfg), Logger: slog.New(slog.DiscardHandler)})
	ctx, cancel := context.WithCancel(context.Background())
	s := &Server{inner: inner, listener: listener, cancel: cancel}
	h := &hook{ctx: ctx, handle: handle, dropped: dropped, log: log}
	if err := inner.AddHook(h, nil); err != nil {
		cancel()
		return nil, fmt.Errorf("mqtt: %w", err)
	}
	if err := inner.AddListener(listeners.NewNet("mqtt", listener)); err != nil {
		cancel()
		return nil, fmt.Errorf("mqtt: %w", err)
	}
	if err := inner.Serve(); err != nil {
		cancel()
		return nil, fmt.Errorf("mqtt: %w", err)
	}
	return s, nil
}

func capabilities(cfg Config) *mochi.Capabilities {
	c := mochi.NewDefaultServerCapabilities()
	c.MaximumClients = int64(cfg.MaxClients)
	c.MaximumPacketSize = uint32(cfg.MaxPayload + packetOverhead)
	c.MaximumSessionExpiryInterval = sessionExpiry
	c.MaximumMessageExpiryInterval = messageExpiry
	c.MaximumInflight = maxInflight
	c.MaximumClientWritesPending = maxPending
	c.ReceiveMaximum = receiveMaximum
	c.TopicAliasMaximum = topicAliases
	c.MinimumProtocolVersion = protocolVersion
	c.MaximumQos = 1
	c.RetainAvailable, c.SharedSubAvailable, c.WildcardSubAvailable, c.SubIDAvailable = 0, 0, 0, 0
	return c
}

// Addr the server listens on.
func (s *Server) Addr() string { return s.listener.Addr().String() }

// Stop closes all connections. A message whose handler is at work is not acknowledged unless it has finished.
func (s *Server) Stop() error {
	err := s.inner.Close()
	s.cancel()
	return err
}

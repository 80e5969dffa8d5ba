package keytree

import (
	"fmt"
	"io"
	"log/slog"
)

// Seed of a node, or of an owner. It prints as [redacted] under every verb.
type Seed [32]byte

// IntervalKey is the key of one interval. It prints as [redacted] under every verb.
type IntervalKey [32]byte

const redacted = "[redacted]"

// String never shows the secret.
func (Seed) String() string { return redacted }

// GoString never shows the secret.
func (Seed) GoString() string { return redacted }

// Format never shows the secret, whatever the verb: %d and %x would otherwise.
func (Seed) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

// LogValue never shows the secret.
func (Seed) LogValue() slog.Value { return slog.StringValue(redacted) }

// String never shows the secret.
func (IntervalKey) String() string { return redacted }

// GoString never shows the secret.
func (IntervalKey) GoString() string { return redacted }

// Format never shows the secret, whatever the verb.
func (IntervalKey) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

// LogValue never shows the secret.
func (IntervalKey) LogValue() slog.Value { return slog.StringValue(redacted) }

// Format shows how many nodes are held, never a seed. (fmt can't call the methods of the seeds inside by itself.)
func (w Window) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "window of %d nodes", len(w.nodes))
}

// LogValue shows how many nodes are held, never a seed.
func (w Window) LogValue() slog.Value { return slog.IntValue(len(w.nodes)) }

package candidate

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"github.com/cpchain/cpchain/pkg/election"
	"github.com/cpchain/cpchain/pkg/vrf"
)

// chainOf is a chain with terms of ten blocks whose window is blocks 2 to 5; it checks proofs as the real one does.
type chainOf struct {
	t      *testing.T
	key    vrf.PublicKey
	weight uint64
	last   int64 // the run ends after this block

	height  int64
	pending []byte // in the mempool
	drawn   map[uint64]int64
	lose    int // so many proofs get lost from the mempool
	down    bool
	sent    int
}

var errEnd = errors.New("end of the run")

func (c *chainOf) input(term uint64) []byte {
	return election.TermInput("test", term, election.Genesis("test", nil))
}

func (c *chainOf) Next(ctx context.Context, above int64) (int64, error) {
	require.Equal(c.t, c.height, above, "the agent follows every block")
	if c.height == c.last {
		return 0, errEnd
	}
	if c.pending != nil {
		term := uint64(c.height / 10)
		if c.lose > 0 {
			c.lose--
		} else {
			_, err := c.key.Verify(c.input(term), c.pending)
			require.NoError(c.t, err)
			require.NotContains(c.t, c.drawn, term, "sent again although the chain had it")
			c.drawn[term] = c.height
		}
		c.pending = nil
	}
	c.height++
	return c.height, ctx.Err()
}

func (c *chainOf) Turn(context.Context) (Turn, error) {
	if c.down {
		return Turn{}, errors.New("node does not answer")
	}
	term, at := uint64(c.height/10), c.height%10
	turn := Turn{Height: c.height, Term: term, Weight: c.weight, Key: c.key[:], Open: at >= 2 && at <= 5}
	if at >= 1 {
		turn.Input = c.input(term)
	}
	_, turn.Drawn = c.drawn[term]
	if c.weight == 0 {
		turn.Reason = "eligible from term 2 on"
	}
	return turn, nil
}

func (c *chainOf) Submit(_ context.Context, turn Turn, proof []byte) error {
	require.Equal(c.t, uint64(c.height/10), turn.Term)
	require.Contains(c.t, []int64{2, 3, 4, 5}, c.height%10, "outside the window")
	c.pending = proof
	c.sent++
	return nil
}

func run(t *testing.T, c *chainOf, key vrf.PrivateKey) (*Metrics, string) {
	t.Helper()
	var logged strings.Builder
	c.t, c.drawn = t, map[uint64]int64{}
	m := NewMetrics(prometheus.NewRegistry())
	err := New(c, key, slog.New(slog.NewTextHandler(&logged, nil)), m).Run(t.Context())
	require.ErrorIs(t, err, errEnd)
	return m, logged.String()
}

func TestAgentDrawsOnceEachTerm(t *testing.T) {
	key := vrf.FromSeed([vrf.SeedSize]byte{1})
	c := &chainOf{key: key.Public(), weight: 600, last: 40}
	m, logged := run(t, c, key)
	require.Equal(t, map[uint64]int64{0: 2, 1: 12, 2: 22, 3: 32}, c.drawn)
	require.Equal(t, 4, c.sent)
	output, _ := key.Prove(c.input(3))
	require.InDelta(t, float64(election.Draw(output[:], 600).Level()), testutil.ToFloat64(m.level), 0)
	require.Equal(t, 4, strings.Count(logged, "sortition: drew"))
}

func TestAgentSendsALostProofAgainWithinTheWindow(t *testing.T) {
	key := vrf.FromSeed([vrf.SeedSize]byte{2})
	c := &chainOf{key: key.Public(), weight: 600, last: 20, lose: 3}
	run(t, c, key)
	require.Equal(t, map[uint64]int64{0: 5, 1: 12}, c.drawn)

	c = &chainOf{key: key.Public(), weight: 600, last: 20, lose: 4}
	run(t, c, key)
	require.Equal(t, map[uint64]int64{1: 12}, c.drawn, "a window that has closed is let go")
}

func TestAgentSaysOnceWhyItDoesNotDraw(t *testing.T) {
	key := vrf.FromSeed([vrf.SeedSize]byte{3})
	c := &chainOf{key: key.Public(), last: 20}
	_, logged := run(t, c, key)
	require.Empty(t, c.drawn)
	require.Equal(t, 1, strings.Count(logged, "eligible from term 2 on"))

	c = &chainOf{key: vrf.FromSeed([vrf.SeedSize]byte{4}).Public(), weight: 600, last: 20}
	_, logged = run(t, c, key)
	require.Zero(t, c.sent, "a proof of another key than the registered one is not sent")
	require.Equal(t, 1, strings.Count(logged, "register this one"))
}

func TestAgentGoesOnAfterAFailure(t *testing.T) {
	key := vrf.FromSeed([vrf.SeedSize]byte{5})
	c := &chainOf{key: key.Public(), weight: 600, last: 12, down: true}
	m, logged := run(t, c, key)
	require.InDelta(t, 12, testutil.ToFloat64(m.failures), 0)
	require.Contains(t, logged, "node does not answer")
}

func TestAgentEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	key := vrf.FromSeed([vrf.SeedSize]byte{6})
	c := &chainOf{t: t, key: key.Public(), weight: 600, last: 12}
	err := New(c, key, slog.New(slog.DiscardHandler), NewMetrics(prometheus.NewRegistry())).Run(ctx)
	require.ErrorIs(t, err, context.Canceled)
}

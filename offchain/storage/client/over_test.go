package client

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWhatTheHostCallsATimeoutIsTheContextsDeadline(t *testing.T) {
	err := fmt.Errorf("failed to open stream: %w", os.ErrDeadlineExceeded)
	require.ErrorIs(t, whenOver(t.Context(), err), context.DeadlineExceeded)
	require.NotErrorIs(t, whenOver(t.Context(), errors.New("stream reset")), context.DeadlineExceeded)
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, whenOver(canceled, err), context.Canceled)
	require.NotErrorIs(t, whenOver(canceled, err), context.DeadlineExceeded)
}

package gateway

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestARetryIsStoredOnceEvenAfterItsBatchHasLeftTheLog(t *testing.T) {
	w := newWorld(t, nil)
	w.mustOpen()
	require.NoError(t, w.provision(0, 0, 99))
	body := pack("a", at(0, 1), "1")
	a, err := w.send("n1", body)
	require.NoError(t, err)
	require.False(t, a.Duplicate)
	for range 2 {
		a, err = w.send("n1", body)
		require.NoError(t, err)
		require.True(t, a.Duplicate)
		w.mustOpen()
	}
	w.clock(perBundle)
	w.mustPass()
	w.mustOpen()
	require.Zero(t, w.lane.status().WALBytes)
	a, err = w.send("n1", body)
	require.NoError(t, err)
	require.True(t, a.Duplicate)
	_, err = w.send("n1", pack("b", at(0, 1), "1"))
	require.True(t, isReason(err, ReasonConflict))
}

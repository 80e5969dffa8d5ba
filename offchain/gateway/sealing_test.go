package gateway

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestANewWriterEpochSealsAStagedBundleAnew(t *testing.T) {
	w := newWorld(t, nil)
	w.mustOpen()
	require.NoError(t, w.provision(0, 0, 99))
	w.mustSend("a", at(0, 1))
	w.clock(perBundle)
	w.chain.refuse = func(sdkMsg) error { return errDown }
	require.Error(t, w.pass())
	w.chain.refuse = nil
	w.chain.stream.Writer.Epoch = 5 // the owner handed over and back
	w.mustPass()
	require.Len(t, w.stages, 2)
	require.Equal(t, uint32(5), w.chain.anchors[0].WriterEpoch)
	w.distinctKeys()
	got, _ := w.fetch()
	require.Equal(t, []string{"a"}, cars(got))
}

func TestARefusedPlacementIsMadeAnew(t *testing.T) {
	w := newWorld(t, nil)
	w.mustOpen()
	require.NoError(t, w.provision(0, 0, 99))
	w.mustSend("a", at(0, 1))
	w.clock(perBundle)
	moved := false
	w.chain.refuse = func(sdkMsg) error {
		if !moved {
			moved = true
			w.chain.boundary += 100
		}
		return nil
	}
	w.mustPass()
	require.Len(t, w.chain.anchors, 1)
	require.Equal(t, int64(200), w.chain.anchors[0].Boundary)
	require.Len(t, w.stages, 1, "the bundle stays as it is")
}

func TestABundleIsMadeEarlyWhenItIsFull(t *testing.T) {
	w := newWorld(t, historical)
	w.cfg.Seal.MaxBundleBytes = 1 << 10
	w.mustOpen()
	require.NoError(t, w.provision(0, 0, 99))
	var want []string
	for i := range 4 {
		for j := range 30 {
			name := fmt.Sprintf("car-%d-%02d", i, j)
			w.mustSend(name, at(i, float64(j)))
			want = append(want, name)
		}
	}
	w.mustPass()
	require.Len(t, w.chain.anchors, 2, "one interval each, the third does not fill a bundle")
	require.NoError(t, w.lane.flush(t.Context(), 4))
	w.mustPass()
	got, _ := w.fetch()
	require.Equal(t, want, cars(got))
}

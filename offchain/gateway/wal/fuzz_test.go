package wal

import (
	"crypto/rand"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

func FuzzOpen(f *testing.F) {
	s := sealer{name: "cpchain-test/7", key: key, rand: rand.Reader}
	var bz []byte
	for i := range 3 {
		var err error
		bz, err = s.encode(bz, Frame{Number: uint64(i), Low: 1, High: 2, Payload: []byte("payload")}, uint64(i))
		require.NoError(f, err)
	}
	f.Add(bz)
	f.Add(bz[:len(bz)-1])
	f.Add(bz[len(bz)/3:])
	f.Add([]byte("CWL\x01"))
	f.Fuzz(func(t *testing.T, bz []byte) {
		opts := options(t.TempDir())
		require.NoError(t, os.WriteFile(segmentPath(opts.Dir, 0), bz, 0o600))
		l, report, err := Open(opts, func(fr Frame) error {
			if string(fr.Payload) != "payload" {
				t.Fatalf("forged frame %q", fr.Payload)
			}
			return nil
		})
		if err != nil {
			return
		}
		require.Equal(t, int64(len(bz)), report.Bytes+report.TornBytes)
		require.NoError(t, l.Append(t.Context(), []byte("payload"), 0, 0))
		require.NoError(t, l.Close())
	})
}

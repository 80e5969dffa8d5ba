package reader

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cpchain/cpchain/offchain/device"
	"github.com/cpchain/cpchain/pkg/timechain"
)

func TestBlocksOfAStreamWithADeviceMustCarryItsSignature(t *testing.T) {
	mint := func(kind string) *device.Key {
		k, err := device.Make(filepath.Join(t.TempDir(), "device.pem"), kind)
		require.NoError(t, err)
		return k
	}
	for _, kind := range []string{device.Ed25519, device.P256} {
		own, foreign := mint(kind), mint(kind)
		var last []byte
		swapped := func(digest [32]byte) ([]byte, error) { // each header carries the signature of the one before
			carried := last
			var err error
			if last, err = own.Sign(digest); carried == nil {
				carried = last
			}
			return carried, err
		}
		for name, c := range map[string]struct {
			sign func([32]byte) ([]byte, error)
			row  []byte
			err  error
			want uint64
		}{
			"signed by the device the stream names":       {own.Sign, own.Public(), nil, 4},
			"signed by a foreign key":                     {foreign.Sign, own.Public(), timechain.ErrDevice, 0},
			"with the signatures of other headers":        {swapped, own.Public(), timechain.ErrDevice, 0},
			"not signed":                                  {nil, own.Public(), timechain.ErrDevice, 0},
			"signed, but the stream names no device":      {own.Sign, nil, nil, 0},
			"not signed, and the stream names no device":  {nil, nil, nil, 0},
			"of a device with a key that is no key":       {own.Sign, []byte{1}, timechain.ErrDevice, 0},
			"of a device whose point is not on the curve": {own.Sign, append([]byte{5}, own.Public()...)[:33], timechain.ErrDevice, 0},
		} {
			w := newSignedWorld(t, c.sign)
			w.stream.DeviceKey = c.row
			got, report, err := w.fetch(w.reader, w, 2, 5)
			require.ErrorIs(t, err, c.err, "%s, %s", kind, name)
			require.Equal(t, c.want, report.DeviceSigned, "%s, %s", kind, name)
			if c.err == nil {
				require.Len(t, got, 4, "%s, %s", kind, name)
			} else {
				require.Empty(t, got, "%s, %s: nothing of it is handed out", kind, name)
			}
		}
	}
}

package gateway

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cpchain/cpchain/offchain/device"
	"github.com/cpchain/cpchain/pkg/keytree"
	"github.com/cpchain/cpchain/pkg/timechain"
)

func newDevice(t *testing.T, kind string) *device.Key {
	t.Helper()
	k, err := device.Make(filepath.Join(t.TempDir(), "device.pem"), kind)
	require.NoError(t, err)
	return k
}

// headers opens the stream's blocks, gaps among them.
func (w *world) headers() (list []timechain.BlockHeader) {
	w.t.Helper()
	schema, err := w.chain.stream.Schema.Timechain()
	require.NoError(w.t, err)
	for _, a := range w.chain.anchors {
		m, err := timechain.ParseManifest(w.nodes.manifests[string(a.ManifestCid)])
		require.NoError(w.t, err)
		payload := w.join(m)
		for i, line := range m.Lines {
			key := keytree.KeyOf(w.seed(keytree.Leaf(m.KeyEpoch, line.Interval)))
			_, headers, err := timechain.OpenInterval(m, payload, schema, w.chain.stream.Grid(), i, key, nil)
			require.NoError(w.t, err)
			list = append(list, headers...)
		}
	}
	return list
}

func TestTheDeviceSignsEveryBlockEvenOfAnOutage(t *testing.T) {
	for _, kind := range []string{device.Ed25519, device.P256} {
		w := newWorld(t, nil)
		w.self.Device = newDevice(t, kind)
		w.chain.stream.DeviceKey = w.self.Device.Public()
		w.mustOpen()
		require.NoError(t, w.provision(0, 0, 99))
		w.mustSend("before", at(0, 1))
		w.mustPass()
		w.kill()
		w.clock(3)
		w.mustOpen()
		w.mustSend("after", at(3, 1))
		w.clock(perBundle)
		w.mustPass()
		headers, gaps := w.headers(), 0
		require.Len(t, headers, 4, kind)
		for _, h := range headers {
			require.NoError(t, h.VerifyDevice(w.chain.stream.DeviceKey), kind)
			if h.Gap != "" {
				gaps++
			}
		}
		require.Equal(t, 2, gaps)
	}
}

func TestAStreamOfAnotherDeviceIsNeitherProvisionedNorSealed(t *testing.T) {
	w := newWorld(t, nil)
	other := newDevice(t, device.P256)
	w.chain.stream.DeviceKey = other.Public()
	w.mustOpen()
	for _, held := range []*device.Key{nil, newDevice(t, device.P256)} {
		w.self.Device, w.lane.self.Device = held, held
		require.ErrorContains(t, w.provision(0, 0, 99), "keys/device.pem")
	}
	w.self.Device, w.lane.self.Device = other, other
	require.NoError(t, w.provision(0, 0, 99))
	w.mustSend("a", at(0, 1))
	w.clock(perBundle)
	w.lane.self.Device = nil
	require.ErrorContains(t, w.pass(), "keys/device.pem")
	require.Empty(t, w.stages)
	require.Contains(t, w.lane.status().Trouble, "does not hold that key")
	w.lane.self.Device = other
	w.mustPass()
	require.NoError(t, w.headers()[0].VerifyDevice(other.Public()))
}

func TestAStreamWithoutADeviceIsNotSigned(t *testing.T) {
	w := newWorld(t, nil)
	w.self.Device = newDevice(t, device.Ed25519)
	w.mustOpen()
	require.NoError(t, w.provision(0, 0, 99))
	w.mustSend("a", at(0, 1))
	w.clock(perBundle)
	w.mustPass()
	require.Empty(t, w.headers()[0].DeviceSig)
}

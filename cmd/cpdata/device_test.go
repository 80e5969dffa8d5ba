package main

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cpchain/cpchain/offchain/device"
	"github.com/cpchain/cpchain/offchain/reader"
	datarights "github.com/cpchain/cpchain/x/datarights/types"
)

func TestPublishingTakesTheKeyOfTheDeviceTheStreamNamesAndNoOther(t *testing.T) {
	path := filepath.Join(t.TempDir(), "device.pem")
	key, err := device.Make(path, device.P256)
	require.NoError(t, err)
	for name, c := range map[string]struct {
		row    []byte
		path   string
		text   string
		signer bool
	}{
		"no device, no key":          {nil, "", "", false},
		"the device's key":           {key.Public(), path, "", true},
		"a key nobody would check":   {nil, path, "names no device", false},
		"a device, but no key":       {key.Public(), "", "--device-key FILE", false},
		"another device's key":       {make([]byte, 33), path, "names device 00", false},
		"a file that does not exist": {key.Public(), path + "x", "no such file", false},
	} {
		sign, err := deviceSigner(datarights.Stream{Id: 3, DeviceKey: c.row}, c.path)
		if c.text != "" {
			require.ErrorContains(t, err, c.text, name)
		} else {
			require.NoError(t, err, name)
		}
		require.Equal(t, c.signer, sign != nil, name)
	}
}

func TestVerifyTellsWhetherADeviceVouches(t *testing.T) {
	yes, text := signedText(datarights.Stream{DeviceKey: []byte{0xab}}, reader.Report{DeviceSigned: 7})
	require.True(t, yes)
	require.Equal(t, "device-signed: yes (7 blocks, by the device with key ab)", text)
	yes, text = signedText(datarights.Stream{}, reader.Report{})
	require.False(t, yes)
	require.Contains(t, text, "device-signed: no")
}

func TestADeviceKeyIsGivenInHexOrTakenFromTheGateway(t *testing.T) {
	key, err := streamFlags{device: "0aff"}.deviceKey(t.Context())
	require.NoError(t, err)
	require.Equal(t, []byte{0x0a, 0xff}, key)
	key, err = streamFlags{}.deviceKey(t.Context())
	require.NoError(t, err)
	require.Empty(t, key)
	_, err = streamFlags{device: "zz"}.deviceKey(t.Context())
	require.ErrorContains(t, err, "in hex")
	_, err = streamFlags{device: "gateway"}.deviceKey(t.Context())
	require.ErrorContains(t, err, "--gateway URL")
}

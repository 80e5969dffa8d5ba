package main

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/cpchain/cpchain/offchain/device"
	"github.com/cpchain/cpchain/offchain/owner"
	"github.com/cpchain/cpchain/offchain/reader"
	datarights "github.com/cpchain/cpchain/x/datarights/types"
)

// deviceKey is the public key of the device that is to sign the blocks of a new stream, or none.
func (f streamFlags) deviceKey(ctx context.Context) ([]byte, error) {
	text := f.device
	if text == "gateway" {
		if f.gateway == "" {
			return nil, errors.New("--device-key gateway: name the gateway with --gateway URL")
		}
		id, err := owner.NewGateway(f.gateway).Identity(ctx)
		if err != nil {
			return nil, err
		}
		if text = id.DeviceKey; text == "" {
			return nil, errors.New("the gateway holds no device key: its operator puts one in keys/device.pem of its home, or makes the home with `cpgatewayd init --device-key p256`")
		}
	}
	key, err := hex.DecodeString(text)
	if err != nil {
		return nil, fmt.Errorf("--device-key %q: write the public key in hex, or \"gateway\"", f.device)
	}
	return key, nil
}

// deviceSigner is what signs the blocks of a stream published without a gateway; nil where its row names no device.
func deviceSigner(s datarights.Stream, path string) (func(digest [32]byte) ([]byte, error), error) {
	if len(s.DeviceKey) == 0 {
		if path != "" {
			return nil, fmt.Errorf("--device-key: stream %d names no device, so nobody would check its signatures", s.Id)
		}
		return nil, nil
	}
	if path == "" {
		return nil, fmt.Errorf("the blocks of stream %d must be signed by its device: give its key with --device-key FILE", s.Id)
	}
	key, err := device.Load(path)
	if err != nil {
		return nil, fmt.Errorf("--device-key: %w", err)
	}
	if !bytes.Equal(key.Public(), s.DeviceKey) {
		return nil, fmt.Errorf("--device-key: %s holds key %x, but stream %d names device %x", path, key.Public(), s.Id, s.DeviceKey)
	}
	return key.Sign, nil
}

// signedText tells whether a device vouches for what was read.
func signedText(s datarights.Stream, r reader.Report) (yes bool, text string) {
	if len(s.DeviceKey) == 0 {
		return false, "device-signed: no (the stream names no device: its writer alone vouches)"
	}
	return true, fmt.Sprintf("device-signed: yes (%d blocks, by the device with key %x)", r.DeviceSigned, s.DeviceKey)
}

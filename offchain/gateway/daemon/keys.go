package daemon

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/cpchain/cpchain/offchain/device"
	"github.com/cpchain/cpchain/pkg/seal"
)

// Key files in <home>/keys, hex but for the device's, readable by the gateway's user alone.
const (
	keysDir    = "keys"
	writerFile = "writer.key" // ed25519 seed: signs anchors, tickets and hints
	sealFile   = "seal.key"   // X25519 secret: owners seal node seeds to it
	diskFile   = "disk.key"   // AES-256 key: log and state are sealed under it
	peerFile   = "peer.key"   // ed25519 seed: the libp2p name
	deviceFile = "device.pem" // PKCS#8, optional: signs block headers
)

// gatewayKeys are a gateway's own keys; its account key lies in the keyring.
type gatewayKeys struct {
	writer, peer ed25519.PrivateKey
	seal         seal.BoxSecret
	disk         seal.DiskKey
	device       *device.Key // nil where there is none
}

// makeKeys writes fresh keys into a home that has none; deviceKind is empty for no device key.
func makeKeys(home, deviceKind string) (gatewayKeys, error) {
	dir := filepath.Join(home, keysDir)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return gatewayKeys{}, err
	}
	for _, name := range []string{writerFile, peerFile, sealFile, diskFile} {
		key := make([]byte, 32)
		if _, err := rand.Read(key); err != nil {
			return gatewayKeys{}, err
		}
		if err := writeKey(dir, name, key); err != nil {
			return gatewayKeys{}, err
		}
	}
	if deviceKind != "" {
		if _, err := device.Make(filepath.Join(dir, deviceFile), deviceKind); err != nil {
			return gatewayKeys{}, err
		}
	}
	return loadKeys(home)
}

// loadKeys reads a home's keys.
func loadKeys(home string) (gatewayKeys, error) {
	dir := filepath.Join(home, keysDir)
	writer, err1 := readKey(dir, writerFile)
	peer, err2 := readKey(dir, peerFile)
	box, err3 := readKey(dir, sealFile)
	disk, err4 := readKey(dir, diskFile)
	dev, err5 := device.Load(filepath.Join(dir, deviceFile))
	if errors.Is(err5, os.ErrNotExist) {
		dev, err5 = nil, nil
	}
	if err := errors.Join(err1, err2, err3, err4, err5); err != nil {
		return gatewayKeys{}, err
	}
	return gatewayKeys{
		writer: ed25519.NewKeyFromSeed(writer[:]), peer: ed25519.NewKeyFromSeed(peer[:]), seal: box, disk: disk, device: dev,
	}, nil
}

// writeKey never replaces a key: whoever has lost it can't get it back.
func writeKey(dir, name string, key []byte) error {
	f, err := os.OpenFile(filepath.Join(dir, name), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(f, hex.EncodeToString(key))
	return errors.Join(err, f.Sync(), f.Close())
}

func readKey(dir, name string) (key [32]byte, err error) {
	path := filepath.Join(dir, name)
	text, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return key, fmt.Errorf("no key at %s: run init first", path)
	}
	if err != nil {
		return key, err
	}
	bz, err := hex.DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(bz) != len(key) {
		return key, fmt.Errorf("%s does not hold a 32-byte key in hex", path)
	}
	return [32]byte(bz), nil
}

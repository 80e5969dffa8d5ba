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

	"github.com/cpchain/cpchain/pkg/seal"
)

// Key files in <home>/keys, hex, readable by the operator alone. The disk key lies beside what it seals: it protects
// copies of the data folder (backups, a disk sold), not a stolen home.
const (
	keysDir  = "keys"
	peerFile = "peer.key" // ed25519 seed: the node's libp2p identity; signs receipts and answers
	sealFile = "seal.key" // X25519 secret: parcels are sealed to it
	diskFile = "disk.key" // AES-256 key: parcels at rest are sealed under it
)

// nodeKeys are a node's own keys; the operator's account key lies in the keyring.
type nodeKeys struct {
	peer ed25519.PrivateKey
	seal seal.BoxSecret
	disk seal.DiskKey
}

// makeKeys writes fresh keys into a home that has none.
func makeKeys(home string) (nodeKeys, error) {
	dir := filepath.Join(home, keysDir)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nodeKeys{}, err
	}
	_, peer, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nodeKeys{}, err
	}
	box, err := seal.NewBox(rand.Reader)
	if err != nil {
		return nodeKeys{}, err
	}
	disk, err := seal.NewDiskKey(rand.Reader)
	if err != nil {
		return nodeKeys{}, err
	}
	keys := nodeKeys{peer: peer, seal: box, disk: disk}
	return keys, errors.Join(
		writeKey(dir, peerFile, peer.Seed()), writeKey(dir, sealFile, box[:]), writeKey(dir, diskFile, disk[:]),
	)
}

// loadKeys reads a home's keys.
func loadKeys(home string) (nodeKeys, error) {
	dir := filepath.Join(home, keysDir)
	peer, err1 := readKey(dir, peerFile)
	box, err2 := readKey(dir, sealFile)
	disk, err3 := readKey(dir, diskFile)
	if err := errors.Join(err1, err2, err3); err != nil {
		return nodeKeys{}, err
	}
	return nodeKeys{peer: ed25519.NewKeyFromSeed(peer[:]), seal: box, disk: disk}, nil
}

// writeKey never replaces a key: whoever has lost it cannot get it back.
func writeKey(dir, name string, key []byte) error {
	f, err := os.OpenFile(filepath.Join(dir, name), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(f, hex.EncodeToString(key))
	return errors.Join(err, f.Sync(), f.Close())
}

func readKey(dir, name string) ([32]byte, error) {
	var key [32]byte
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
	copy(key[:], bz)
	return key, nil
}

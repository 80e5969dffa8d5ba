package candidate

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/cosmos/cosmos-sdk/crypto/keys/secp256k1"

	"github.com/cpchain/cpchain/offchain/durable"
	"github.com/cpchain/cpchain/offchain/secretfile"
	"github.com/cpchain/cpchain/pkg/vrf"
)

// PassphraseEnv names the environment variable with the passphrase of the key files; it goes before the file.
const PassphraseEnv = "CPCHAIND_VRF_PASSPHRASE" //nolint:gosec // the name of the variable

// The files of a candidate in its node's config folder.
const (
	vrfFile        = "vrf_key.age"
	agentFile      = "agent_key.age"
	passphraseFile = "vrf_passphrase"
)

// ErrNoKeys means that the home has no VRF key: the node validates if it is seated, and can't be elected again.
var ErrNoKeys = errors.New("this node has no VRF key: make one with cpchaind vrf-key")

// Keys of a candidate: the VRF key, which draws, and the key of the hot account that sends the draws. They are in two files, so
// that either can be replaced alone, and neither is the consensus key's.
type Keys struct {
	VRF   vrf.PrivateKey
	Agent *secp256k1.PrivKey
}

// MakeKeys makes the key files that are missing in a node's home and loads both. Without a passphrase in the environment it
// makes a random one and keeps it in a file beside them, for the operator to move.
func MakeKeys(home string) (Keys, error) {
	dir := filepath.Join(home, "config")
	passphrase, random, err := passphraseFor(dir)
	if err != nil {
		return Keys{}, err
	}
	save := secretfile.Save
	if random {
		save = secretfile.SaveRandom
	}
	for _, name := range []string{vrfFile, agentFile} {
		path := filepath.Join(dir, name)
		if _, err := os.Stat(path); err == nil {
			continue
		}
		var secret [32]byte
		if _, err := rand.Read(secret[:]); err != nil {
			return Keys{}, err
		}
		if err := save(path, passphrase, secret[:]); err != nil {
			return Keys{}, err
		}
	}
	return LoadKeys(home)
}

// LoadKeys opens the key files of a node's home. Errors: ErrNoKeys, secretfile.ErrPassphrase.
func LoadKeys(home string) (Keys, error) {
	dir := filepath.Join(home, "config")
	if _, err := os.Stat(filepath.Join(dir, vrfFile)); errors.Is(err, os.ErrNotExist) {
		return Keys{}, ErrNoKeys
	}
	passphrase, err := readPassphrase(dir)
	if err != nil {
		return Keys{}, err
	}
	seed, err := loadSecret(dir, vrfFile, passphrase)
	if err != nil {
		return Keys{}, err
	}
	agent, err := loadSecret(dir, agentFile, passphrase)
	if err != nil {
		return Keys{}, err
	}
	return Keys{VRF: vrf.FromSeed([vrf.SeedSize]byte(seed)), Agent: secp256k1.GenPrivKeyFromSecret(agent)}, nil
}

func loadSecret(dir, name, passphrase string) ([]byte, error) {
	secret, err := secretfile.Load(filepath.Join(dir, name), passphrase)
	if err != nil {
		return nil, fmt.Errorf("%w: set %s, or put the passphrase in %s", err, PassphraseEnv, filepath.Join(dir, passphraseFile))
	}
	if len(secret) != 32 {
		return nil, fmt.Errorf("%s holds %d bytes, want 32: restore it from a backup", filepath.Join(dir, name), len(secret))
	}
	return secret, nil
}

// passphraseFor new key files; random says that it was made here, or was before.
func passphraseFor(dir string) (passphrase string, random bool, err error) {
	if passphrase = os.Getenv(PassphraseEnv); passphrase != "" {
		return passphrase, false, nil
	}
	path := filepath.Join(dir, passphraseFile)
	if _, err := os.Stat(path); err == nil {
		passphrase, err = readPassphrase(dir)
		return passphrase, false, err
	}
	var secret [16]byte
	if _, err := rand.Read(secret[:]); err != nil {
		return "", false, err
	}
	passphrase = hex.EncodeToString(secret[:])
	return passphrase, true, durable.Create(path, []byte(passphrase+"\n"))
}

func readPassphrase(dir string) (string, error) {
	if passphrase := os.Getenv(PassphraseEnv); passphrase != "" {
		return passphrase, nil
	}
	raw, err := os.ReadFile(filepath.Join(dir, passphraseFile))
	if err != nil {
		return "", fmt.Errorf("passphrase of the VRF key: set %s, or put it in the file: %w", PassphraseEnv, err)
	}
	return strings.TrimSpace(string(raw)), nil
}

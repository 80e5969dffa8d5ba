package gateway

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/fxamacker/cbor/v2"

	"github.com/cpchain/cpchain/pkg/seal"
)

// vault keeps small sealed files; each is replaced as a whole or not at all. Get of a file that is not there gives an
// error that is os.ErrNotExist.
type vault interface {
	Put(name string, data []byte) error
	Get(name string) ([]byte, error)
	Delete(name string) error
}

// diskVault is a folder of files sealed under the gateway's disk key, each bound to its name and the folder's.
type diskVault struct {
	dir, label string
	key        seal.DiskKey
	rand       io.Reader
}

const vaultAD = "cpchain/gateway-file/v1"

func (v diskVault) ad(name string) []byte { return []byte(vaultAD + "\x00" + v.label + "\x00" + name) }

// Put stages, syncs and renames.
func (v diskVault) Put(name string, data []byte) error {
	sealed, err := v.key.Seal(v.rand, v.ad(name), data)
	if err != nil {
		return err
	}
	path := filepath.Join(v.dir, name)
	f, err := os.OpenFile(path+".staged", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(sealed)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(path+".staged", path); err != nil {
		return err
	}
	return v.sync()
}

// Get opens a file.
func (v diskVault) Get(name string) ([]byte, error) {
	sealed, err := os.ReadFile(filepath.Join(v.dir, name))
	if err != nil {
		return nil, err
	}
	data, err := v.key.Open(v.ad(name), sealed)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Join(v.dir, name), err)
	}
	return data, nil
}

// Delete removes a file; one that is not there is no error.
func (v diskVault) Delete(name string) error {
	if err := os.Remove(filepath.Join(v.dir, name)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return v.sync()
}

func (v diskVault) sync() error {
	d, err := os.Open(v.dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// recordVersion begins every record in the vault.
const recordVersion = 0x01

// putRecord writes a struct as version ‖ CBOR.
func putRecord(v vault, name string, record any) error {
	bz, err := cbor.Marshal(record)
	if err != nil {
		return err
	}
	return v.Put(name, append([]byte{recordVersion}, bz...))
}

// getRecord reads what putRecord wrote; found is false when there is none.
func getRecord(v vault, name string, record any) (found bool, err error) {
	bz, err := v.Get(name)
	if errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if len(bz) == 0 || bz[0] != recordVersion {
		return false, fmt.Errorf("%s is of a version this program does not know", name)
	}
	if err := cbor.Unmarshal(bz[1:], record); err != nil {
		return false, fmt.Errorf("%s: %w", name, err)
	}
	return true, nil
}

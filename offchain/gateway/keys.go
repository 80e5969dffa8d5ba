package gateway

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"os"
	"time"

	"github.com/cosmos/cosmos-sdk/crypto/keys/secp256k1"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/cpchain/cpchain/offchain/provision"
	"github.com/cpchain/cpchain/pkg/keytree"
	datarights "github.com/cpchain/cpchain/x/datarights/types"
)

func (l *lane) loadKeys() error {
	bz, err := l.vault.Get(keysFile)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return l.keys.UnmarshalBinary(bz)
}

// Provisioned is what a gateway holds after seeds were handed over.
type Provisioned struct {
	Stream   uint64 `json:"stream"`
	From     string `json:"from"`
	To       string `json:"to"`
	KeysLeft uint64 `json:"keys_left"`
}

// checkParcel checks that a parcel comes from the stream's owner and is for the writer this gateway is.
func (s Self) checkParcel(p provision.Parcel, row datarights.Stream) error {
	owner := sdk.AccAddress((&secp256k1.PubKey{Key: p.Owner}).Address())
	named, err := sdk.AccAddressFromBech32(row.Owner)
	if err != nil {
		return fmt.Errorf("owner of stream %d: %w", row.Id, err)
	}
	if !bytes.Equal(owner, named) {
		return refuse(ReasonUnknownStream, row.Id, "the parcel is signed by %s, who does not own the stream", owner)
	}
	return s.mayWrite(row)
}

// mayWrite checks that a row names this gateway as the writer, and no device but the one whose key it holds.
func (s Self) mayWrite(row datarights.Stream) error {
	if row.Writer.Account != s.Account || !bytes.Equal(row.Writer.Key, s.writerPublic()) {
		return refuse(ReasonUnavailable, row.Id, "its writer is %s, not this gateway (%s): the owner must run `cpdata stream set-writer`", row.Writer.Account, s.Account)
	}
	if len(row.DeviceKey) > 0 && !bytes.Equal(row.DeviceKey, s.devicePublic()) {
		return refuse(ReasonUnavailable, row.Id, "its blocks must be signed by the device with key %x, and this gateway does not hold that key: put it in keys/device.pem of the gateway's home", row.DeviceKey)
	}
	return nil
}

// addKeys takes seeds in. What the parcel holds of the past is forgotten at once: an old parcel that somebody kept and
// sends again must not bring back what had been forgotten.
func (l *lane) addKeys(p provision.Parcel) (Provisioned, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	next, err := copyWindow(l.keys)
	if err != nil {
		return Provisioned{}, err
	}
	if err := next.Add(p.Seeds); err != nil {
		return Provisioned{}, refuse(ReasonValue, l.id, "the seeds contradict those held: %v", err)
	}
	if gone := l.state.Forgotten; gone > 0 {
		next.Forget(p.KeyEpoch, uint32(min(gone-1, math.MaxUint32)))
	}
	if err := l.saveKeys(next); err != nil {
		return Provisioned{}, err
	}
	from, _ := l.reading.grid.Bounds(p.Seeds[0].Node.First())
	_, to := l.reading.grid.Bounds(p.Seeds[len(p.Seeds)-1].Node.Last())
	return Provisioned{
		Stream: l.id, From: time.UnixMilli(from).UTC().Format(time.RFC3339), To: time.UnixMilli(to).UTC().Format(time.RFC3339),
		KeysLeft: l.keysLeft(),
	}, nil
}

func copyWindow(w *keytree.Window) (*keytree.Window, error) {
	return keytree.NewWindow(w.Nodes())
}

// saveKeys replaces the window on disk, then in memory. The caller holds mu.
func (l *lane) saveKeys(w *keytree.Window) error {
	bz, err := w.MarshalBinary()
	if err != nil {
		return err
	}
	if err := l.vault.Put(keysFile, bz); err != nil {
		return err
	}
	l.keys = w
	return nil
}

// keysLeft counts the intervals held without a hole from the one to be sealed next, or from now where that is later. The
// caller holds mu.
func (l *lane) keysLeft() uint64 {
	at := l.open()
	if !l.row.Historical {
		if now, err := l.reading.grid.IntervalOf(l.ports.Clock().UnixNano()); err == nil {
			at = max(at, uint64(now))
		}
	}
	if l.row.Historical && l.keys.Left(l.row.KeyEpochAt(clamp(at)), clamp(at)) == 0 {
		if held, ok := l.heldFrom(at); ok {
			at = held
		}
	}
	if at > math.MaxUint32 {
		return 0
	}
	return l.keys.Left(l.row.KeyEpochAt(clamp(at)), clamp(at))
}

func clamp(i uint64) uint32 { return uint32(min(i, math.MaxUint32)) }

// heldFrom is the first interval at or after i whose key is held. The caller holds mu, or is the lane's pass.
func (l *lane) heldFrom(i uint64) (uint64, bool) {
	best, ok := uint64(0), false
	for _, n := range l.keys.Nodes() {
		at := max(uint64(n.Node.First()), i)
		if at > uint64(n.Node.Last()) || l.row.KeyEpochAt(uint32(at)) != n.Node.Epoch {
			continue
		}
		if !ok || at < best {
			best, ok = at, true
		}
	}
	return best, ok
}

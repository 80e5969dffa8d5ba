package light

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/cometbft/cometbft/light/store"
	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"
	"github.com/cometbft/cometbft/types"
)

// files keeps verified headers, one file each, named by height. A file is complete or not there, since it is renamed into
// place after it was synced, so programs may be killed at any time and may share a folder.
type files struct{ dir string }

var _ store.Store = files{}

const suffix = ".header"

func (f files) path(height int64) string {
	return filepath.Join(f.dir, strconv.FormatInt(height, 10)+suffix)
}

// SaveLightBlock implements store.Store.
func (f files) SaveLightBlock(lb *types.LightBlock) error {
	pb, err := lb.ToProto()
	if err != nil {
		return err
	}
	bz, err := pb.Marshal()
	if err != nil {
		return err
	}
	tmp, err := os.CreateTemp(f.dir, "*.part")
	if err != nil {
		return err
	}
	_, err = tmp.Write(bz)
	err = errors.Join(err, tmp.Sync(), tmp.Close())
	if err == nil {
		err = os.Rename(tmp.Name(), f.path(lb.Height))
	}
	if err != nil {
		return errors.Join(err, os.Remove(tmp.Name()))
	}
	return nil
}

// DeleteLightBlock implements store.Store.
func (f files) DeleteLightBlock(height int64) error {
	err := os.Remove(f.path(height))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}

// LightBlock implements store.Store.
func (f files) LightBlock(height int64) (*types.LightBlock, error) {
	bz, err := os.ReadFile(f.path(height))
	if errors.Is(err, os.ErrNotExist) {
		return nil, store.ErrLightBlockNotFound
	}
	if err != nil {
		return nil, err
	}
	var pb cmtproto.LightBlock
	if err := pb.Unmarshal(bz); err != nil {
		return nil, f.damaged(height, err)
	}
	lb, err := types.LightBlockFromProto(&pb)
	if err != nil {
		return nil, f.damaged(height, err)
	}
	if lb.SignedHeader == nil || lb.Height != height {
		return nil, f.damaged(height, errors.New("it is of another height"))
	}
	return lb, nil
}

func (f files) damaged(height int64, err error) error {
	return fmt.Errorf("verified header %s is damaged: delete the folder %s, to begin with trust_height again: %w", f.path(height), f.dir, err)
}

// heights in ascending order.
func (f files) heights() ([]int64, error) {
	entries, err := os.ReadDir(f.dir)
	if err != nil {
		return nil, err
	}
	var all []int64
	for _, e := range entries {
		name, is := strings.CutSuffix(e.Name(), suffix)
		height, err := strconv.ParseInt(name, 10, 64)
		if is && err == nil && height > 0 {
			all = append(all, height)
		}
	}
	slices.Sort(all)
	return all, nil
}

// LastLightBlockHeight implements store.Store: -1 when there is none.
func (f files) LastLightBlockHeight() (int64, error) {
	all, err := f.heights()
	if err != nil || len(all) == 0 {
		return -1, err
	}
	return all[len(all)-1], nil
}

// FirstLightBlockHeight implements store.Store: -1 when there is none.
func (f files) FirstLightBlockHeight() (int64, error) {
	all, err := f.heights()
	if err != nil || len(all) == 0 {
		return -1, err
	}
	return all[0], nil
}

// LightBlockBefore implements store.Store.
func (f files) LightBlockBefore(height int64) (*types.LightBlock, error) {
	all, err := f.heights()
	if err != nil {
		return nil, err
	}
	i, _ := slices.BinarySearch(all, height)
	if i == 0 {
		return nil, store.ErrLightBlockNotFound
	}
	return f.LightBlock(all[i-1])
}

// Prune implements store.Store: the newest size headers stay.
func (f files) Prune(size uint16) error {
	all, err := f.heights()
	if err != nil {
		return err
	}
	for len(all) > int(size) {
		if err := f.DeleteLightBlock(all[0]); err != nil {
			return err
		}
		all = all[1:]
	}
	return nil
}

// Size implements store.Store.
func (f files) Size() uint16 {
	all, _ := f.heights() // the light client shows it only
	return uint16(min(len(all), 1<<16-1))
}

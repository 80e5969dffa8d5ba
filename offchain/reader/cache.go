package reader

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/cpchain/cpchain/offchain/storage/wire"
	datarights "github.com/cpchain/cpchain/x/datarights/types"
	provider "github.com/cpchain/cpchain/x/provider/types"
)

// ErrNotCached means that an offline fetch needs something that was not kept.
var ErrNotCached = errors.New("not in the cache")

// Cache keeps what was fetched in a folder: a fetch that was cut off goes on where it stopped, and what was fetched once
// can be opened again without any storage node. It holds ciphertext and blinded answers only; the reader's own key stays
// where it is.
//
//	<dir>/cid/<hex of the CID>                        manifests and shards
//	<dir>/answer/<grant>-<provider>-<hex of the node>  signed answers
type Cache struct {
	dir  string
	next Network // nil: offline
}

// NewCache keeps what next gives in dir; a nil next makes it offline.
func NewCache(dir string, next Network) (*Cache, error) {
	for _, sub := range []string{"cid", "answer"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o700); err != nil {
			return nil, err
		}
	}
	return &Cache{dir: dir, next: next}, nil
}

// Manifest implements Network.
func (c *Cache) Manifest(ctx context.Context, from provider.Provider, ref BundleRef) ([]byte, error) {
	return c.object(ref, func() ([]byte, error) { return c.next.Manifest(ctx, from, ref) })
}

// Shard implements Network.
func (c *Cache) Shard(ctx context.Context, from provider.Provider, ref BundleRef, maxBytes uint64) ([]byte, error) {
	return c.object(ref, func() ([]byte, error) { return c.next.Shard(ctx, from, ref, maxBytes) })
}

func (c *Cache) object(ref BundleRef, fetch func() ([]byte, error)) ([]byte, error) {
	path := filepath.Join(c.dir, "cid", hex.EncodeToString(ref.CID))
	if bz, err := os.ReadFile(path); err == nil && wire.CheckCID(ref.CID, bz) == nil {
		return bz, nil
	}
	if c.next == nil {
		return nil, fmt.Errorf("%w: %x", ErrNotCached, ref.CID)
	}
	bz, err := fetch()
	if err != nil {
		return nil, err
	}
	return bz, write(path, bz)
}

// Fragments implements Network: only what is not kept is asked for.
func (c *Cache) Fragments(ctx context.Context, from provider.Provider, grant uint64, nodes [][]byte) ([]datarights.SignedAnswer, error) {
	answers := make([]datarights.SignedAnswer, len(nodes))
	var missing [][]byte
	var slots []int
	for i, node := range nodes {
		bz, err := os.ReadFile(c.answerPath(grant, from.Id, node))
		if err != nil || answers[i].Unmarshal(bz) != nil {
			missing, slots = append(missing, node), append(slots, i)
		}
	}
	if len(missing) == 0 {
		return answers, nil
	}
	if c.next == nil {
		return nil, fmt.Errorf("%w: %d answers of provider %d", ErrNotCached, len(missing), from.Id)
	}
	got, err := c.next.Fragments(ctx, from, grant, missing)
	if err != nil {
		return nil, err
	}
	if len(got) != len(missing) {
		return nil, fmt.Errorf("gave %d answers for %d nodes", len(got), len(missing))
	}
	for i, a := range got {
		answers[slots[i]] = a
		bz, err := a.Marshal()
		if err != nil {
			return nil, err
		}
		if err := write(c.answerPath(grant, from.Id, missing[i]), bz); err != nil {
			return nil, err
		}
	}
	return answers, nil
}

func (c *Cache) answerPath(grant, provider uint64, node []byte) string {
	return filepath.Join(c.dir, "answer", fmt.Sprintf("%d-%d-%x", grant, provider, node))
}

// write stages and renames, so that a file that is there is whole; what is in it is verified again when read.
func write(path string, bz []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".staged-*")
	if err != nil {
		return err
	}
	_, err = f.Write(bz)
	if err = errors.Join(err, f.Close()); err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return os.Rename(f.Name(), path)
}

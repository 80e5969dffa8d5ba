package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	dbm "github.com/cosmos/cosmos-db"

	"cosmossdk.io/log"
	"cosmossdk.io/store/metrics"
	"cosmossdk.io/store/rootmulti"
	"cosmossdk.io/store/types"
)

// stores reads the state of a stopped chain from its files, knowing nothing of what the modules keep there.
type stores struct {
	db   dbm.DB
	root *rootmulti.Store
	keys map[string]types.StoreKey
}

// openStores opens application.db in a node's data folder.
func openStores(dir string) (*stores, error) {
	db, err := dbm.NewDB("application", dbm.GoLevelDBBackend, dir)
	if err != nil {
		return nil, err
	}
	s := &stores{db: db, root: rootmulti.NewStore(db, log.NewNopLogger(), metrics.NewNoOpMetrics()), keys: map[string]types.StoreKey{}}
	info, err := s.root.GetCommitInfo(rootmulti.GetLatestVersion(db))
	if err != nil {
		return nil, err
	}
	for _, store := range info.StoreInfos {
		s.keys[store.Name] = types.NewKVStoreKey(store.Name)
		s.root.MountStoreWithDB(s.keys[store.Name], types.StoreTypeIAVL, nil)
	}
	return s, s.root.LoadLatestVersion()
}

func (s *stores) close() { _ = s.db.Close() } // nothing was written

// sizes is the bytes of keys and values in each store after a block.
func (s *stores) sizes(height int64) (map[string]int64, error) {
	at, err := s.root.CacheMultiStoreWithVersion(height)
	if err != nil {
		return nil, fmt.Errorf("state after block %d: %w", height, err)
	}
	sizes := map[string]int64{}
	for name, key := range s.keys {
		rows := at.GetKVStore(key).Iterator(nil, nil)
		for ; rows.Valid(); rows.Next() {
			sizes[name] += int64(len(rows.Key()) + len(rows.Value()))
		}
		if err := rows.Close(); err != nil {
			return nil, err
		}
	}
	return sizes, nil
}

// grown is by how many bytes each store has grown between two blocks.
func (s *stores) grown(from, to int64) (map[string]int64, error) {
	before, err := s.sizes(from)
	if err != nil {
		return nil, err
	}
	after, err := s.sizes(to)
	if err != nil {
		return nil, err
	}
	for name, size := range before {
		after[name] -= size
	}
	return after, nil
}

// others tells which stores have changed in size, besides those of data rights and providers.
func others(grown map[string]int64) string {
	var told []string
	for _, name := range slices.Sorted(maps.Keys(grown)) {
		if grown[name] != 0 && name != "datarights" && name != "provider" {
			told = append(told, fmt.Sprintf("%s %d", name, grown[name]))
		}
	}
	return strings.Join(told, ", ")
}

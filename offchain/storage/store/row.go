package store

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/ipfs/go-datastore"
	"github.com/ipfs/go-datastore/query"
)

func (s *Store) putRow(key datastore.Key, row any) error {
	bz, err := json.Marshal(row)
	if err != nil {
		return err
	}
	return s.rows.Put(context.Background(), key, bz)
}

func (s *Store) getRow(key datastore.Key, into any) error {
	bz, err := s.rows.Get(context.Background(), key)
	if errors.Is(err, datastore.ErrNotFound) {
		return ErrNotFound
	}
	if err != nil {
		return err
	}
	return json.Unmarshal(bz, into)
}

func (s *Store) scan(prefix string, visit func(key string, value []byte) error) error {
	results, err := s.rows.Query(context.Background(), query.Query{Prefix: prefix})
	if err != nil {
		return err
	}
	for r := range results.Next() {
		if r.Error == nil {
			r.Error = visit(r.Key, r.Value)
		}
		if r.Error != nil {
			return errors.Join(r.Error, results.Close())
		}
	}
	return results.Close()
}

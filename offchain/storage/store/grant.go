package store

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/ipfs/go-datastore"

	"github.com/cpchain/cpchain/offchain/storage/wire"
)

// GrantState is how far this proxy is with a grant.
type GrantState string

// States of a grant: its parcel is stored and to be accepted on chain, has been accepted, is to be refused on chain, or
// has been refused.
const (
	GrantStored   GrantState = "stored"
	GrantAccepted GrantState = "accepted"
	GrantRefusing GrantState = "refusing"
	GrantRefused  GrantState = "refused"
)

// Grant is the row of a grant this node is, or was asked to be, a proxy of.
type Grant struct {
	ID     uint64     `json:"id"`
	Stream uint64     `json:"stream"`
	State  GrantState `json:"state"`
	// Reason of a refusal.
	Reason string `json:"reason,omitempty"`
}

func grantKey(id uint64) datastore.Key {
	return datastore.NewKey(fmt.Sprintf("/grant/%016x", id))
}

func entriesKey(grant uint64) datastore.Key {
	return datastore.NewKey(fmt.Sprintf("/entry/%016x", grant))
}

func entryKey(grant uint64, node []byte) datastore.Key {
	return entriesKey(grant).ChildString(hex.EncodeToString(node))
}

// PutParcel stores a checked parcel, node (9-byte form) to entry, together with the grant's row, all or nothing.
func (s *Store) PutParcel(g Grant, entries map[string]wire.ParcelEntry) error {
	ctx := context.Background()
	batch, err := s.rows.Batch(ctx)
	if err != nil {
		return err
	}
	for node, e := range entries {
		key := entryKey(g.ID, []byte(node))
		sealed, err := s.sealEntry(key, e)
		if err != nil {
			return err
		}
		if err := batch.Put(ctx, key, sealed); err != nil {
			return err
		}
	}
	row, err := json.Marshal(g)
	if err != nil {
		return err
	}
	if err := batch.Put(ctx, grantKey(g.ID), row); err != nil {
		return err
	}
	return batch.Commit(ctx)
}

// PutGrant writes a grant's row.
func (s *Store) PutGrant(g Grant) error { return s.putRow(grantKey(g.ID), g) }

// Grant returns a grant's row, or ErrNotFound.
func (s *Store) Grant(id uint64) (Grant, error) {
	var g Grant
	return g, s.getRow(grantKey(id), &g)
}

// Grants returns the rows of all grants, by id.
func (s *Store) Grants() ([]Grant, error) {
	var grants []Grant
	err := s.scan("/grant", func(_ string, value []byte) error {
		var g Grant
		if err := json.Unmarshal(value, &g); err != nil {
			return err
		}
		grants = append(grants, g)
		return nil
	})
	return grants, err
}

// Entry returns the parcel entry of a node (9-byte form), or ErrNotFound.
func (s *Store) Entry(grant uint64, node []byte) (wire.ParcelEntry, error) {
	key := entryKey(grant, node)
	sealed, err := s.rows.Get(context.Background(), key)
	if errors.Is(err, datastore.ErrNotFound) {
		return wire.ParcelEntry{}, ErrNotFound
	}
	if err != nil {
		return wire.ParcelEntry{}, err
	}
	return s.openEntry(key, sealed)
}

// Nodes returns the nodes (9-byte form) of a stored parcel, in order.
func (s *Store) Nodes(grant uint64) ([][]byte, error) {
	var nodes [][]byte
	err := s.scan(entriesKey(grant).String(), func(key string, _ []byte) error {
		node, err := hex.DecodeString(key[strings.LastIndexByte(key, '/')+1:])
		nodes = append(nodes, node)
		return err
	})
	return nodes, err
}

// PutCapsule adds the capsule of a node whose window has closed; one that is there already stays.
func (s *Store) PutCapsule(grant uint64, node, capsule []byte) error {
	s.entries.Lock()
	defer s.entries.Unlock()
	e, err := s.Entry(grant, node)
	if err != nil || len(e.Capsule) > 0 {
		return err
	}
	e.Capsule = capsule
	key := entryKey(grant, node)
	sealed, err := s.sealEntry(key, e)
	if err != nil {
		return err
	}
	return s.rows.Put(context.Background(), key, sealed)
}

// DropParcel deletes the entries and the row of a grant.
func (s *Store) DropParcel(grant uint64) error {
	s.entries.Lock()
	defer s.entries.Unlock()
	nodes, err := s.Nodes(grant)
	if err != nil {
		return err
	}
	ctx := context.Background()
	batch, err := s.rows.Batch(ctx)
	if err != nil {
		return err
	}
	for _, node := range nodes {
		if err := batch.Delete(ctx, entryKey(grant, node)); err != nil {
			return err
		}
	}
	if err := batch.Delete(ctx, grantKey(grant)); err != nil {
		return err
	}
	return batch.Commit(ctx)
}

// sealEntry binds an entry to its key, so that rows cannot be exchanged.
func (s *Store) sealEntry(key datastore.Key, e wire.ParcelEntry) ([]byte, error) {
	plain, err := e.Marshal()
	if err != nil {
		return nil, err
	}
	return s.disk.Seal(s.rand, key.Bytes(), plain)
}

func (s *Store) openEntry(key datastore.Key, sealed []byte) (wire.ParcelEntry, error) {
	var e wire.ParcelEntry
	plain, err := s.disk.Open(key.Bytes(), sealed)
	if err != nil {
		return e, fmt.Errorf("parcel entry %s (was the disk key replaced?): %w", key, err)
	}
	return e, e.Unmarshal(plain)
}

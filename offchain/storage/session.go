package storage

import (
	"bytes"
	"io"
	"slices"
	"sync"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/cpchain/cpchain/offchain/storage/wire"
)

// Bounds of the session table. When it is full, what ends first makes room: its owner opens a new session.
const (
	maxSessionPeers    = 4096
	maxSessionsPerPeer = 64
	maxNoncePeers      = 4096
	maxNoncesPerPeer   = 16 // one process may open sessions for several streams at once
	nonceLife          = time.Minute
)

// session is one proven identity of a peer.
type session struct {
	role    wire.Role
	expires time.Time

	reader  uint64 // ROLE_READER
	version uint32
	authKey []byte

	address string // ROLE_OWNER

	stream    uint64 // ROLE_WRITER
	writerKey []byte
}

// same tells whether two sessions are of one identity.
func (s session) same(o session) bool {
	return s.role == o.role && s.reader == o.reader && s.version == o.version && s.address == o.address &&
		s.stream == o.stream && bytes.Equal(s.writerKey, o.writerKey)
}

type nonce struct {
	value   []byte
	expires time.Time
}

// sessions is the table of nonces given and sessions opened, by peer.
type sessions struct {
	rand  io.Reader
	clock func() time.Time

	mu     sync.Mutex
	nonces map[peer.ID][]nonce
	open   map[peer.ID][]session
}

func newSessions(rand io.Reader, clock func() time.Time) *sessions {
	return &sessions{rand: rand, clock: clock, nonces: make(map[peer.ID][]nonce), open: make(map[peer.ID][]session)}
}

// hello gives a peer a nonce.
func (t *sessions) hello(p peer.ID) ([]byte, error) {
	value := make([]byte, wire.NonceSize)
	if _, err := io.ReadFull(t.rand, value); err != nil {
		return nil, err
	}
	now := t.clock()
	t.mu.Lock()
	defer t.mu.Unlock()
	given, ok := t.nonces[p]
	if !ok && len(t.nonces) >= maxNoncePeers {
		evict(t.nonces, lastNonce, now)
	}
	if len(given) >= maxNoncesPerPeer {
		given = given[1:]
	}
	t.nonces[p] = append(given, nonce{value: value, expires: now.Add(nonceLife)})
	return value, nil
}

// take tells whether value is a nonce the peer was given, and voids it.
func (t *sessions) take(p peer.ID, value []byte) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	given := t.nonces[p]
	i := slices.IndexFunc(given, func(n nonce) bool { return bytes.Equal(n.value, value) })
	if i < 0 {
		return false
	}
	valid := t.clock().Before(given[i].expires)
	if given = slices.Delete(given, i, i+1); len(given) == 0 {
		delete(t.nonces, p)
	} else {
		t.nonces[p] = given
	}
	return valid
}

func lastNonce(given []nonce) time.Time { return given[len(given)-1].expires }

// add opens a session; one of the same identity is replaced.
func (t *sessions) add(p peer.ID, s session) {
	now := t.clock()
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, ok := t.open[p]; !ok && len(t.open) >= maxSessionPeers {
		evict(t.open, lastExpiry, now)
	}
	kept := make([]session, 0, len(t.open[p])+1)
	for _, o := range t.open[p] {
		if now.Before(o.expires) && !o.same(s) {
			kept = append(kept, o)
		}
	}
	if len(kept) >= maxSessionsPerPeer {
		kept = kept[1:] // the oldest
	}
	t.open[p] = append(kept, s)
}

// of returns a peer's open sessions.
func (t *sessions) of(p peer.ID) []session {
	now := t.clock()
	t.mu.Lock()
	defer t.mu.Unlock()
	var live []session
	for _, s := range t.open[p] {
		if now.Before(s.expires) {
			live = append(live, s)
		}
	}
	return live
}

// count of peers with a session, expired ones included.
func (t *sessions) count() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.open)
}

func lastExpiry(open []session) time.Time {
	var last time.Time
	for _, s := range open {
		if s.expires.After(last) {
			last = s.expires
		}
	}
	return last
}

// evict removes all entries that have expired, or else the one that expires first.
func evict[V any](table map[peer.ID]V, expires func(V) time.Time, now time.Time) {
	var first peer.ID
	var at time.Time
	removed := false
	for p, v := range table {
		e := expires(v)
		if !now.Before(e) {
			delete(table, p)
			removed = true
			continue
		}
		if first == "" || e.Before(at) {
			first, at = p, e
		}
	}
	if !removed {
		delete(table, first)
	}
}

package storage

import (
	"bufio"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"fmt"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/stretchr/testify/require"

	"github.com/cpchain/cpchain/offchain/storage/client"
	"github.com/cpchain/cpchain/offchain/storage/wire"
)

// caller speaks the protocol by hand, to say what a client never would.
type caller struct {
	t    testing.TB
	host host.Host
	peer peer.ID
}

func (w *world) caller(id uint64) caller {
	w.t.Helper()
	h, err := client.NewHost(nil, nil)
	require.NoError(w.t, err)
	w.t.Cleanup(func() { require.NoError(w.t, h.Close()) })
	node := w.nodes[id].node.Host()
	require.NoError(w.t, h.Connect(w.t.Context(), peer.AddrInfo{ID: node.ID(), Addrs: node.Addrs()}))
	return caller{t: w.t, host: h, peer: node.ID()}
}

func (c caller) say(req *wire.Request) *wire.Response {
	c.t.Helper()
	s, err := c.host.NewStream(c.t.Context(), c.peer, wire.ProtocolID)
	require.NoError(c.t, err)
	defer s.Close()
	require.NoError(c.t, wire.WriteRequest(s, req))
	resp, err := wire.ReadResponse(bufio.NewReader(s), wire.LimitManifest)
	require.NoError(c.t, err)
	return resp
}

func (c caller) hello() []byte {
	c.t.Helper()
	resp := c.say(&wire.Request{Body: &wire.Request_Hello{Hello: &wire.Hello{ChainId: testChain}}})
	require.Equal(c.t, wire.CODE_OK, resp.Code, resp.Message)
	return resp.GetHello().Nonce
}

func (c caller) auth(a wire.Auth) *wire.Response {
	return c.say(&wire.Request{Body: &wire.Request_Auth{Auth: &a}})
}

func TestSessionsAreProvedUnderAFreshNonceToOnePeer(t *testing.T) {
	w := newWorld(t)
	w.start(1)
	w.start(2)
	r := w.newReader(7)
	me, other := w.caller(1), w.caller(1)
	prove := func(c caller, change func(*wire.Auth)) wire.Auth {
		a := wire.Auth{Role: wire.ROLE_READER, Reader: 7, ReaderVersion: 1, ExpiresAt: time.Now().Add(time.Minute).Unix(), Nonce: c.hello()}
		change(&a)
		a.Signature = ed25519.Sign(r.auth, wire.AuthSignBytes(testChain, c.host.ID(), c.peer, a))
		return a
	}
	as := func(*wire.Auth) {}
	expect := func(code wire.Code, resp *wire.Response) {
		t.Helper()
		require.Equal(t, code, resp.Code, resp.Message)
	}
	first := prove(me, as)
	expect(wire.CODE_OK, me.auth(first))
	expect(wire.CODE_UNAUTHENTICATED, me.auth(first))            // a nonce serves once
	expect(wire.CODE_UNAUTHENTICATED, other.auth(prove(me, as))) // a nonce is given to one peer
	stolen := prove(me, as)                                      // a proof for one peer,
	stolen.Nonce = other.hello()                                 // brought by another under his own nonce
	expect(wire.CODE_UNAUTHENTICATED, other.auth(stolen))
	relayed := prove(w.caller(2), as) // a proof made for another server
	relayed.Nonce = me.hello()
	expect(wire.CODE_UNAUTHENTICATED, me.auth(relayed))
	expect(wire.CODE_UNAUTHENTICATED, me.auth(prove(me, func(a *wire.Auth) { a.Nonce = make([]byte, wire.NonceSize) })))

	expect(wire.CODE_BAD_REQUEST, me.auth(prove(me, func(a *wire.Auth) { a.ExpiresAt = time.Now().Unix() - 1 })))
	expect(wire.CODE_BAD_REQUEST, me.auth(prove(me, func(a *wire.Auth) { a.ExpiresAt = time.Now().Add(2 * time.Hour).Unix() })))
	expect(wire.CODE_BAD_REQUEST, me.auth(prove(me, func(a *wire.Auth) { a.Role = 9 })))
	expect(wire.CODE_BAD_REQUEST, me.auth(prove(me, func(a *wire.Auth) { a.ReaderVersion = 0 })))
	expect(wire.CODE_DENIED, me.auth(prove(me, func(a *wire.Auth) { a.Reader = 99 })))
	expect(wire.CODE_DENIED, me.auth(prove(me, func(a *wire.Auth) { a.Role, a.Stream = wire.ROLE_WRITER, 99 })))
	expect(wire.CODE_UNAUTHENTICATED, me.auth(prove(me, func(a *wire.Auth) { a.Role, a.Stream = wire.ROLE_WRITER, streamID })))
	expect(wire.CODE_BAD_REQUEST, me.auth(prove(me, func(a *wire.Auth) { a.Role = wire.ROLE_OWNER })))
	expect(wire.CODE_UNAUTHENTICATED, me.auth(prove(me, func(a *wire.Auth) {
		a.Role, a.PublicKey = wire.ROLE_OWNER, w.owner.PubKey().Bytes()
	})))
	resp := me.say(&wire.Request{Body: &wire.Request_Hello{Hello: &wire.Hello{ChainId: "other"}}})
	expect(wire.CODE_BAD_REQUEST, resp)
}

func TestSessionTableIsBounded(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	table := newSessions(rand.Reader, func() time.Time { return now })
	for i := range maxSessionPeers + 10 {
		p := peer.ID(fmt.Sprint(i))
		_, err := table.hello(p)
		require.NoError(t, err)
		table.add(p, session{role: wire.ROLE_WRITER, expires: now.Add(time.Duration(i+1) * time.Second)})
	}
	require.Equal(t, maxSessionPeers, table.count())
	require.LessOrEqual(t, len(table.nonces), maxNoncePeers)
	require.Empty(t, table.of("0"), "what ends first made room")
	require.Len(t, table.of("20"), 1)

	p := peer.ID("20")
	for i := range uint64(maxSessionsPerPeer + 5) {
		table.add(p, session{role: wire.ROLE_WRITER, stream: i, expires: now.Add(time.Minute)})
	}
	require.Len(t, table.of(p), maxSessionsPerPeer)
	table.add(p, session{role: wire.ROLE_WRITER, stream: 30, expires: now.Add(time.Hour)})
	require.Len(t, table.of(p), maxSessionsPerPeer, "the same identity again replaces itself")
	now = now.Add(2 * time.Minute)
	require.Len(t, table.of(p), 1, "sessions end")
}

func TestNoncesEnd(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	table := newSessions(rand.Reader, func() time.Time { return now })
	late, err := table.hello("p")
	require.NoError(t, err)
	now = now.Add(nonceLife)
	require.False(t, table.take("p", late))
	var given [][]byte
	for range maxNoncesPerPeer + 1 {
		n, err := table.hello("p")
		require.NoError(t, err)
		given = append(given, n)
	}
	require.False(t, table.take("p", given[0]), "the oldest made room")
	require.True(t, table.take("p", given[1]))
}

func TestAClientOpensItsSessionAnewAfterARestart(t *testing.T) {
	w := newWorld(t)
	m := w.start(1, func(c *Config, _ *Deps) { c.P2P.Listen = []string{"/ip4/127.0.0.1/tcp/0"} })
	b := w.newBundle(0, 100)
	w.upload(b, 1)
	conn := w.dial(1, w.asWriter())
	_, err := conn.GetShard(t.Context(), streamID, 0, wire.CID(b.shards[0]), 0, 100)
	require.NoError(t, err)
	m.node.handler.sessions.open = make(map[peer.ID][]session) // as after a restart
	_, err = conn.GetShard(t.Context(), streamID, 0, wire.CID(b.shards[0]), 0, 100)
	require.NoError(t, err)
}

func TestPeersThatAskTooMuchAreTurnedAway(t *testing.T) {
	w := newWorld(t)
	w.start(1, func(c *Config, _ *Deps) { c.Limits.RequestsPerSecond, c.Limits.RequestBurst = 1, 3 })
	c := w.caller(1)
	status := &wire.Request{Body: &wire.Request_Status{Status: &wire.Status{}}}
	for range 3 {
		require.Equal(t, wire.CODE_OK, c.say(status).Code)
	}
	require.Equal(t, wire.CODE_BUSY, c.say(status).Code)
	require.Equal(t, wire.CODE_OK, w.caller(1).say(status).Code, "others are served")
	big := &wire.Request{Body: &wire.Request_PutShard{PutShard: &wire.PutShard{Data: make([]byte, wire.MaxShard)}}}
	require.Equal(t, wire.CODE_BUSY, c.say(big).Code, "the refusal arrives before the shard has been read")
}

func TestAStreamCarriesManyRequestsAndEndsOnABadOne(t *testing.T) {
	w := newWorld(t)
	w.start(1)
	c := w.caller(1)
	s, err := c.host.NewStream(t.Context(), c.peer, wire.ProtocolID)
	require.NoError(t, err)
	defer s.Close()
	r := bufio.NewReader(s)
	for range 3 {
		require.NoError(t, wire.WriteRequest(s, &wire.Request{Body: &wire.Request_Status{Status: &wire.Status{}}}))
		resp, err := wire.ReadResponse(r, wire.LimitSmall)
		require.NoError(t, err)
		require.Equal(t, uint64(1), resp.GetStatus().Provider)
	}
	_, err = s.Write([]byte{0x01, 0x02, 0x7a, 0x00})
	require.NoError(t, err)
	resp, err := wire.ReadResponse(r, wire.LimitSmall)
	require.NoError(t, err)
	require.Equal(t, wire.CODE_BAD_REQUEST, resp.Code)
	_, err = r.ReadByte()
	require.Error(t, err, "nothing more comes")
}

func TestRequestsBeyondTheWorkSlotsAreTurnedAway(t *testing.T) {
	s := newServer(LimitsConfig{MaxStreams: 1, MaxRequests: 1, RequestsPerSecond: 100, RequestBurst: 100}, time.Now, freshMetrics(t), nil)
	require.Empty(t, s.admit("a"))
	require.Equal(t, "busy", s.admit("b"))
	<-s.work
	require.Empty(t, s.admit("b"))
	require.NoError(t, s.drain(context.Background()))
}

func TestTheRateLimiterForgetsPeersThatRest(t *testing.T) {
	now := time.Unix(0, 0)
	l := newLimiter(1, 2, func() time.Time { return now })
	require.True(t, l.allow("a"))
	require.True(t, l.allow("a"))
	require.False(t, l.allow("a"))
	now = now.Add(time.Second)
	require.True(t, l.allow("a"), "tokens come back")
	for i := range maxBuckets + 100 {
		l.allow(peer.ID(fmt.Sprint(i)))
	}
	require.LessOrEqual(t, len(l.buckets), maxBuckets)
}

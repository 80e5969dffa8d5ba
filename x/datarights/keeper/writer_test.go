package keeper

import (
	"crypto/ed25519"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cpchain/cpchain/x/datarights/types"
)

func (f *fixture) setWriter(stream uint64) *types.MsgSetWriter {
	key := signer("second gateway")
	m := &types.MsgSetWriter{Owner: f.text(f.alice), Stream: stream, Writer: types.Writer{Account: f.text(f.bob), Key: public(key), Epoch: 77}}
	m.WriterProof = ed25519.Sign(key, types.SetWriterProofBytes(testChain, stream, m.Writer))
	return m
}

func TestSetWriterHandsOverAndMakesTheOldWriterStale(t *testing.T) {
	f := newFixture(t)
	id := f.stream("buoy-1")
	old := f.nextAnchor(id)
	res, err := f.msg.SetWriter(f.ctx, f.setWriter(id)) // D-WRI-1
	require.NoError(t, err)
	require.EqualValues(t, 2, res.WriterEpoch)
	require.Equal(t, []*types.EventWriterSet{{Stream: id, WriterEpoch: 2, Account: f.text(f.bob)}}, events[*types.EventWriterSet](f))
	f.refuses(types.ErrForeignWriter, func() error { _, err := f.msg.Anchor(f.ctx, old); return err })
	old.Writer = f.text(f.bob)
	f.refuses(types.ErrStaleWriter, func() error { _, err := f.msg.Anchor(f.ctx, old); return err })
	fresh := f.nextAnchor(id)
	fresh.Writer = f.text(f.bob)
	f.refuses(types.ErrWriterSignature, func() error { _, err := f.msg.Anchor(f.ctx, fresh); return err })
	fresh.Anchor.Signature = ed25519.Sign(signer("second gateway"), types.AnchorSignBytes(testChain, fresh.Anchor))
	_, err = f.msg.Anchor(f.ctx, fresh)
	require.NoError(t, err)
}

func TestSetWriterRefuses(t *testing.T) {
	for _, c := range []struct {
		name   string
		want   error
		change func(f *fixture, m *types.MsgSetWriter)
	}{
		{"D-WRI-1: somebody who is not the owner", types.ErrNotOwner, func(f *fixture, m *types.MsgSetWriter) { m.Owner = f.text(f.gateway) }},
		{"D-WRI-1: a stream that does not exist", types.ErrNotFound, func(_ *fixture, m *types.MsgSetWriter) { m.Stream = 9 }},
		{"D-WRI-1: a key of a strange length", types.ErrWriter, func(_ *fixture, m *types.MsgSetWriter) { m.Writer.Key = m.Writer.Key[1:] }},
		{"D-WRI-1: an account that is none", types.ErrWriter, func(_ *fixture, m *types.MsgSetWriter) { m.Writer.Account = "" }},
		{"D-WRI-1: a proof by another key", types.ErrWriter, func(_ *fixture, m *types.MsgSetWriter) { m.WriterProof[0] ^= 1 }},
		{"D-WRI-1: a proof for another stream", types.ErrWriter, func(f *fixture, m *types.MsgSetWriter) { m.Stream = f.stream("buoy-2") }},
		{"D-WRI-1: a proof made for a new stream", types.ErrWriter, func(f *fixture, m *types.MsgSetWriter) {
			m.WriterProof = ed25519.Sign(signer("second gateway"), types.WriterProofBytes(testChain, m.Owner, "buoy-1", m.Writer))
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newFixture(t)
			m := f.setWriter(f.stream("buoy-1"))
			c.change(f, m)
			f.refuses(c.want, func() error { _, err := f.msg.SetWriter(f.ctx, m); return err })
		})
	}
}

func TestBumpWriterIsForTheWriterAloneAndNeverTwice(t *testing.T) {
	f := newFixture(t)
	id := f.stream("buoy-1")
	bump := func(m types.MsgBumpWriter) func() error {
		return func() error { _, err := f.msg.BumpWriter(f.ctx, &m); return err }
	}
	f.refuses(types.ErrForeignWriter, bump(types.MsgBumpWriter{Writer: f.text(f.alice), Stream: id, WriterEpoch: 1})) // D-WRI-2
	f.refuses(types.ErrNotFound, bump(types.MsgBumpWriter{Writer: f.text(f.gateway), Stream: 9, WriterEpoch: 1}))
	before := f.nextAnchor(id)
	require.NoError(t, bump(types.MsgBumpWriter{Writer: f.text(f.gateway), Stream: id, WriterEpoch: 1})())
	// a second restored copy of the same gateway loses the race
	f.refuses(types.ErrStaleWriter, bump(types.MsgBumpWriter{Writer: f.text(f.gateway), Stream: id, WriterEpoch: 1}))
	f.refuses(types.ErrStaleWriter, func() error { _, err := f.msg.Anchor(f.ctx, before); return err })
	f.anchor(id, 1)
}

func TestWriterEpochsNeverWrap(t *testing.T) {
	f := newFixture(t)
	id := f.stream("buoy-1")
	s, err := f.k.Stream(f.ctx, id)
	require.NoError(t, err)
	s.Writer.Epoch = 1<<32 - 1
	require.NoError(t, f.k.streams.Set(f.ctx, id, s))
	f.refuses(types.ErrWriter, func() error {
		_, err := f.msg.BumpWriter(f.ctx, &types.MsgBumpWriter{Writer: f.text(f.gateway), Stream: id, WriterEpoch: 1<<32 - 1})
		return err
	})
}

package keeper

import (
	"testing"

	"github.com/stretchr/testify/require"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/cpchain/cpchain/pkg/pre"
	"github.com/cpchain/cpchain/x/datarights/types"
)

func TestRegisterAndRotateAReader(t *testing.T) {
	f := newFixture(t)
	before := f.balance(f.bob)
	id, keys := f.reader("laptop")
	require.EqualValues(t, 1, id)
	require.Equal(t, before-100_000, f.balance(f.bob)) // D-RDR-3

	next := f.newReaderKeys()
	m := &types.MsgRotateReader{Owner: f.text(f.bob), Reader: id, PreKey: bytesOf(next.pre.Public()), AuthKey: public(next.auth)}
	m.PreKeyProof, m.AuthKeyProof = f.readerProofs(m.Owner, next)
	res, err := f.msg.RotateReader(f.ctx, m)
	require.NoError(t, err)
	require.EqualValues(t, 2, res.Version)

	now, err := f.query.Reader(f.ctx, &types.QueryReaderRequest{Id: id})
	require.NoError(t, err)
	require.EqualValues(t, 2, now.Version)
	require.False(t, now.Keys.Retired)
	old, err := f.query.Reader(f.ctx, &types.QueryReaderRequest{Id: id, Version: 1})
	require.NoError(t, err)
	require.True(t, old.Keys.Retired) // D-RDR-4
	require.Equal(t, public(keys.auth), old.Keys.AuthKey)
	require.Equal(t, []*types.EventReaderSet{
		{Reader: id, Version: 1, Owner: f.text(f.bob)}, {Reader: id, Version: 2, Owner: f.text(f.bob)},
	}, events[*types.EventReaderSet](f))
}

func TestRegisterReaderRefuses(t *testing.T) {
	for _, c := range []struct {
		name   string
		want   error
		change func(f *fixture, m *types.MsgRegisterReader)
	}{
		{"D-RDR-1: a name with spaces", types.ErrName, func(_ *fixture, m *types.MsgRegisterReader) { m.Name = "my phone" }},
		{"D-RDR-1: a name the owner has used", types.ErrNameTaken, func(f *fixture, m *types.MsgRegisterReader) { f.reader("laptop") }},
		{"D-RDR-2: a short pre key", types.ErrReaderKey, func(_ *fixture, m *types.MsgRegisterReader) { m.PreKey = m.PreKey[1:] }},
		{"D-RDR-2: the identity as pre key", types.ErrReaderKey, func(_ *fixture, m *types.MsgRegisterReader) { m.PreKey = make([]byte, 32) }},
		{"D-RDR-2: no point as pre key", types.ErrReaderKey, func(_ *fixture, m *types.MsgRegisterReader) { m.PreKey[31] = 0xff }},
		{"D-RDR-2: a forged pre key proof", types.ErrReaderKey, func(_ *fixture, m *types.MsgRegisterReader) { m.PreKeyProof[40] ^= 1 }},
		{"D-RDR-2: no pre key proof", types.ErrReaderKey, func(_ *fixture, m *types.MsgRegisterReader) { m.PreKeyProof = nil }},
		{"D-RDR-2: a short auth key", types.ErrReaderKey, func(_ *fixture, m *types.MsgRegisterReader) { m.AuthKey = m.AuthKey[1:] }},
		{"D-RDR-2: a forged auth key proof", types.ErrReaderKey, func(_ *fixture, m *types.MsgRegisterReader) { m.AuthKeyProof[0] ^= 1 }},
		{"D-RDR-2: an auth key anybody can sign for", types.ErrReaderKey, func(f *fixture, m *types.MsgRegisterReader) {
			keys := f.newReaderKeys()
			m.AuthKey, m.AuthKeyProof = forAnybody()
			m.PreKey = bytesOf(keys.pre.Public())
			var err error
			m.PreKeyProof, err = pre.ProvePossession(f.rand, keys.pre, types.ReaderProofBytes(testChain, m.Owner, m.PreKey, m.AuthKey))
			require.NoError(f.t, err)
		}},
		{"D-RDR-2: proofs of somebody else", types.ErrReaderKey, func(f *fixture, m *types.MsgRegisterReader) { m.Owner = f.text(f.alice) }},
		{"D-RDR-2: a key exchanged under the proofs", types.ErrReaderKey, func(f *fixture, m *types.MsgRegisterReader) { m.AuthKey = public(signer("mallory")) }},
		{"D-RDR-3: an owner who can't pay", types.ErrFee, func(f *fixture, m *types.MsgRegisterReader) { f.bank.balances[string(f.bob)] = sdk.Coins{} }},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newFixture(t)
			m := f.newReader("laptop", f.newReaderKeys())
			c.change(f, m)
			f.refuses(c.want, func() error { _, err := f.msg.RegisterReader(f.ctx, m); return err })
		})
	}
}

func TestRotateReaderRefuses(t *testing.T) {
	f := newFixture(t)
	id, _ := f.reader("laptop")
	keys := f.newReaderKeys()
	good := types.MsgRotateReader{Owner: f.text(f.bob), Reader: id, PreKey: bytesOf(keys.pre.Public()), AuthKey: public(keys.auth)}
	good.PreKeyProof, good.AuthKeyProof = f.readerProofs(good.Owner, keys)
	rotate := func(m types.MsgRotateReader) func() error {
		return func() error { _, err := f.msg.RotateReader(f.ctx, &m); return err }
	}
	foreign := good
	foreign.Owner = f.text(f.alice)
	f.refuses(types.ErrNotOwner, rotate(foreign)) // D-RDR-4
	unknown := good
	unknown.Reader = 9
	f.refuses(types.ErrNotFound, rotate(unknown))
	unproved := good
	unproved.PreKeyProof = good.AuthKeyProof
	f.refuses(types.ErrReaderKey, rotate(unproved))
	require.NoError(t, rotate(good)())
}

func TestReaderVersionsNeverWrap(t *testing.T) {
	f := newFixture(t)
	id, _ := f.reader("laptop")
	r, err := f.k.Reader(f.ctx, id)
	require.NoError(t, err)
	spent := r
	spent.Version = 1<<32 - 1
	require.NoError(t, f.k.readers.Set(f.ctx, id, spent))
	keys := f.newReaderKeys()
	m := &types.MsgRotateReader{Owner: f.text(f.bob), Reader: id, PreKey: bytesOf(keys.pre.Public()), AuthKey: public(keys.auth)}
	m.PreKeyProof, m.AuthKeyProof = f.readerProofs(m.Owner, keys)
	_, err = f.msg.RotateReader(f.ctx, m)
	require.ErrorIs(t, err, types.ErrReaderVersion)
	require.NoError(t, f.k.readers.Set(f.ctx, id, r))
}

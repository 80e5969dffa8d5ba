package overlay

import (
	"context"
	"crypto/ed25519"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpchain/cpchain/offchain/storage/wire"
	"github.com/cpchain/cpchain/pkg/keytree"
	"github.com/cpchain/cpchain/pkg/pre"
)

var epoch = time.Unix(1_800_000_000, 0)

func at(t time.Time) func() time.Time { return func() time.Time { return t } }

func testKey(b byte) ed25519.PrivateKey {
	seed := make([]byte, ed25519.SeedSize)
	seed[0] = b
	return ed25519.NewKeyFromSeed(seed)
}

func keyHint(t testing.TB) wire.KeyHint {
	t.Helper()
	node, err := keytree.Node{Epoch: 0, Depth: 30, Index: 2}.MarshalBinary()
	require.NoError(t, err)
	capsule, err := pre.NewCapsule([32]byte{1}, pre.CapsuleContext("cpchain-test/1", node))
	require.NoError(t, err)
	hash := pre.CapsuleHash(capsule)
	return wire.KeyHint{
		ChainId: chainID, Stream: 1, Node: node, CapsuleHash: hash[:], Capsule: capsule,
		FirstInterval: 8, LastInterval: 11, FirstSeq: 2, LastSeq: 3,
	}
}

func TestHintValidator(t *testing.T) {
	v := hintValidator{checker{clock: at(epoch)}}
	key := wire.HintKey(chainID, 1, 1)
	good := hint(1, testKey(1), epoch)
	value := func(change func(*wire.Hint), signAgain bool) []byte {
		h := good
		change(&h)
		if signAgain {
			h.Signature = ed25519.Sign(testKey(1), wire.HintSignBytes(h))
		}
		bz, err := h.Marshal()
		require.NoError(t, err)
		return bz
	}
	require.NoError(t, v.Validate(key, value(func(*wire.Hint) {}, false)))
	for name, c := range map[string]struct {
		change func(*wire.Hint)
		text   string
	}{
		"refuses another bundle's hint":      {func(h *wire.Hint) { h.Seq = 2 }, "another bundle"},
		"refuses another chain's hint":       {func(h *wire.Hint) { h.ChainId = "other" }, "another bundle"},
		"refuses a version from the future":  {func(h *wire.Hint) { h.Version += 3600 }, "future"},
		"refuses what has expired":           {func(h *wire.Hint) { h.ExpiresAt = epoch.Unix() }, "expired"},
		"refuses a life above the limit":     {func(h *wire.Hint) { h.ExpiresAt += 2 }, "lives longer"},
		"refuses too many providers":         {func(h *wire.Hint) { h.Providers = make([]uint64, maxProviders+1) }, "providers"},
		"refuses a cid of another length":    {func(h *wire.Hint) { h.ManifestCid = h.ManifestCid[1:] }, "cid"},
		"refuses a signer that is no key":    {func(h *wire.Hint) { h.Signer = []byte{1} }, "signature"},
		"refuses a signature by another key": {func(h *wire.Hint) { h.Signer = testKey(2).Public().(ed25519.PublicKey) }, "signature"},
		"refuses a record above 4 KiB":       {func(h *wire.Hint) { h.Signer = make([]byte, wire.MaxRecord) }, "limit"},
	} {
		t.Run(name, func(t *testing.T) {
			err := v.Validate(key, value(c.change, true))
			require.ErrorIs(t, err, ErrRecord)
			require.ErrorContains(t, err, c.text)
		})
	}
	t.Run("refuses a change after signing", func(t *testing.T) {
		err := v.Validate(key, value(func(h *wire.Hint) { h.Providers = []uint64{9} }, false))
		require.ErrorContains(t, err, "signature")
	})
	t.Run("refuses bytes that are no record, and a second form of a good one", func(t *testing.T) {
		require.ErrorIs(t, v.Validate(key, []byte{0xff}), ErrRecord)
		unknownField := append(value(func(*wire.Hint) {}, false), 15<<3, 1)
		require.ErrorContains(t, v.Validate(key, unknownField), "canonical")
	})
}

func TestKeyHintValidator(t *testing.T) {
	v := keyHintValidator{checker{clock: at(epoch)}}
	base := keyHint(t)
	key := wire.KeyHintKey(chainID, 1, base.Node)
	validate := func(change func(*wire.KeyHint)) error {
		k := base
		change(&k)
		k = SignKeyHint(k, 0, testKey(1), epoch)
		bz, err := k.Marshal()
		require.NoError(t, err)
		return v.Validate(key, bz)
	}
	require.NoError(t, validate(func(*wire.KeyHint) {}))
	for name, c := range map[string]struct {
		change func(*wire.KeyHint)
		text   string
	}{
		"refuses another stream's key":                  {func(k *wire.KeyHint) { k.Stream = 2 }, "another key node"},
		"refuses a node that is none":                   {func(k *wire.KeyHint) { k.Node = []byte{1} }, "node"},
		"refuses intervals outside of the node":         {func(k *wire.KeyHint) { k.LastInterval = 12 }, "intervals"},
		"refuses bundles in disorder":                   {func(k *wire.KeyHint) { k.FirstSeq = 4 }, "bundles"},
		"refuses a hash of another capsule":             {func(k *wire.KeyHint) { k.CapsuleHash = make([]byte, 32) }, "hash"},
		"refuses a capsule that is none":                {func(k *wire.KeyHint) { rehash(k, []byte{1, 2, 3}) }, "capsule"},
		"refuses a capsule whose proof does not verify": {func(k *wire.KeyHint) { rehash(k, flipped(k.Capsule)) }, "capsule"},
	} {
		t.Run(name, func(t *testing.T) {
			err := validate(c.change)
			require.ErrorIs(t, err, ErrRecord)
			require.ErrorContains(t, err, c.text)
		})
	}
}

func rehash(k *wire.KeyHint, capsule []byte) {
	hash := pre.CapsuleHash(capsule)
	k.Capsule, k.CapsuleHash = capsule, hash[:]
}

// flipped changes the proof inside a capsule: the last byte of its scalar s, behind version, suite, E and V.
func flipped(capsule []byte) []byte {
	c := append([]byte{}, capsule...)
	c[2+32+32] ^= 1
	return c
}

func TestSelectTakesTheHighestVersionThenTheLowestHash(t *testing.T) {
	encode := func(h wire.Hint) []byte {
		bz, err := h.Marshal()
		require.NoError(t, err)
		return bz
	}
	older, newer := encode(hint(1, testKey(1), epoch)), encode(hint(1, testKey(1), epoch.Add(time.Second)))
	twin := encode(hint(1, testKey(2), epoch.Add(time.Second)))
	v := hintValidator{}
	pick := func(values ...[]byte) []byte {
		i, err := v.Select("", values)
		require.NoError(t, err)
		return values[i]
	}
	require.Equal(t, newer, pick(older, newer))
	require.Equal(t, newer, pick(newer, older))
	require.Equal(t, newer, pick([]byte{0xff}, newer))
	require.Equal(t, pick(newer, twin), pick(twin, newer), "whoever is asked, one of equals wins")
	_, err := v.Select("", [][]byte{{0xff}})
	require.ErrorIs(t, err, ErrRecord)
}

type denies struct{}

func (denies) Hint(context.Context, wire.Hint) error       { return errForeignSigner }
func (denies) KeyHint(context.Context, wire.KeyHint) error { return errForeignSigner }

func TestTheAuthorityHasTheLastWord(t *testing.T) {
	c := checker{clock: at(epoch), authority: denies{}}
	h := hint(1, testKey(1), epoch)
	bz, err := h.Marshal()
	require.NoError(t, err)
	require.ErrorIs(t, hintValidator{c}.Validate(wire.HintKey(chainID, 1, 1), bz), errForeignSigner)
	k := SignKeyHint(keyHint(t), 0, testKey(1), epoch)
	bz, err = k.Marshal()
	require.NoError(t, err)
	require.ErrorIs(t, keyHintValidator{c}.Validate(wire.KeyHintKey(chainID, 1, k.Node), bz), errForeignSigner)
}

func FuzzHintRecord(f *testing.F) {
	h := hint(1, testKey(1), epoch)
	good, err := h.Marshal()
	require.NoError(f, err)
	f.Add(good)
	f.Add([]byte{0xff})
	v := hintValidator{checker{clock: at(epoch)}}
	f.Fuzz(func(t *testing.T, value []byte) {
		err := v.Validate(wire.HintKey(chainID, 1, 1), value)
		if err == nil {
			require.Equal(t, good, value, "only what was signed passes")
		}
		_, _ = v.Select("", [][]byte{value})
	})
}

func FuzzKeyHintRecord(f *testing.F) {
	k := SignKeyHint(keyHint(f), 0, testKey(1), epoch)
	good, err := k.Marshal()
	require.NoError(f, err)
	f.Add(good)
	f.Add([]byte{0xff})
	v := keyHintValidator{checker{clock: at(epoch)}}
	f.Fuzz(func(t *testing.T, value []byte) {
		err := v.Validate(wire.KeyHintKey(chainID, 1, k.Node), value)
		if err == nil {
			require.Equal(t, good, value)
		}
	})
}

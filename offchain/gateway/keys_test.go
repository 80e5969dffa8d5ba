package gateway

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cosmos/cosmos-sdk/crypto/keys/secp256k1"

	"github.com/cpchain/cpchain/pkg/keytree"
	datarights "github.com/cpchain/cpchain/x/datarights/types"
)

func TestKeysThatRunOutRefuseRecordsAndSayWhatToDo(t *testing.T) {
	w := newWorld(t, nil)
	w.mustOpen()
	_, err := w.send("", pack("a", at(0, 1), "1"))
	require.True(t, isReason(err, ReasonNoKeys))
	require.NoError(t, w.provision(0, 0, 6))
	require.Equal(t, uint64(7), w.lane.status().KeysLeft)
	w.mustSend("a", at(0, 1))
	w.clock(6)
	require.Equal(t, uint64(1), w.lane.status().KeysLeft)
	w.mustSend("b", at(6, 1))
	w.clock(7)
	require.Zero(t, w.lane.status().KeysLeft)
	_, err = w.send("", pack("c", at(7, 1), "1"))
	require.True(t, isReason(err, ReasonNoKeys))
	require.ErrorContains(t, err, "cpdata stream provision cars")
	w.clock(2 * perBundle)
	require.ErrorContains(t, w.pass(), "no keys to seal interval 7")
	require.Equal(t, uint64(7), w.lane.status().NextInterval, "what has keys is anchored")
	require.Contains(t, w.lane.status().Trouble, "no keys")

	require.NoError(t, w.provision(0, 9, 99)) // the owner comes late: intervals 7 and 8 can't be sealed any more
	w.mustSend("d", at(10, 1))
	w.clock(3 * perBundle)
	w.mustPass()
	got, gaps := w.fetch()
	require.Equal(t, []string{"a", "b", "d"}, cars(got))
	require.Equal(t, map[uint32]string{7: reasonNoKeys, 8: reasonNoKeys}, gaps)
}

func TestForgottenKeysDoNotComeBackByAnOldParcel(t *testing.T) {
	w := newWorld(t, nil)
	w.mustOpen()
	require.NoError(t, w.provision(0, 0, 99))
	w.clock(perBundle)
	w.mustPass()
	_, err := w.lane.keys.Key(0, 0)
	require.ErrorIs(t, err, keytree.ErrNoKey)
	require.NoError(t, w.provision(0, 0, 99), "the same parcel again")
	_, err = w.lane.keys.Key(0, 0)
	require.ErrorIs(t, err, keytree.ErrNoKey)
	w.mustOpen()
	_, err = w.lane.keys.Key(0, 0)
	require.ErrorIs(t, err, keytree.ErrNoKey)
	_, err = w.lane.keys.Key(0, perBundle)
	require.NoError(t, err)
}

func TestOnlyTheOwnerProvisionsAndOnlyTheWriterSeals(t *testing.T) {
	w := newWorld(t, nil)
	w.mustOpen()
	require.ErrorContains(t, w.provisionAs(secp256k1.GenPrivKey(), 0, 0, 99), "does not own")
	require.NoError(t, w.provision(0, 0, 99))
	w.mustSend("a", at(0, 1))
	w.clock(perBundle)
	w.chain.stream.Writer.Key = make([]byte, 32)
	require.ErrorContains(t, w.pass(), "set-writer")
	require.Empty(t, w.stages)
	require.ErrorContains(t, w.provision(0, 0, 99), "set-writer")
}

func TestARekeyCutsABundle(t *testing.T) {
	w := newWorld(t, nil)
	w.mustOpen()
	require.NoError(t, w.provision(0, 0, 99))
	w.mustSend("old key", at(0, 1))
	w.chain.stream.KeyEpochs = append(w.chain.stream.KeyEpochs, datarights.KeyEpoch{Epoch: 1, Start: 3})
	w.clock(4)
	w.mustSend("new key", at(4, 1))
	w.clock(perBundle)
	require.ErrorContains(t, w.pass(), "no keys to seal interval 3")
	require.NoError(t, w.provision(1, 3, 99))
	w.mustPass()
	require.Len(t, w.chain.anchors, 2)
	require.Equal(t, uint32(3), w.chain.anchors[0].Intervals)
	require.Equal(t, uint32(1), w.chain.anchors[1].KeyEpoch)
	got, _ := w.fetch()
	require.Equal(t, []string{"old key", "new key"}, cars(got))
}

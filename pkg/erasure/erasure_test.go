package erasure

import (
	"crypto/sha256"
	"encoding/hex"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// parityVector is the sha256 of all eight shards of payload(1000) under the 4-of-8 code.
const parityVector = "f04c21ca08210876066648faf4c852cd3c4a9f9a70e5bace4d647a2bc24cd6eb"

func payload(n int) []byte {
	src := rand.NewChaCha8([32]byte{1})
	bz := make([]byte, n)
	_, _ = src.Read(bz)
	return bz
}

func TestAnyKShardsRebuildThePayload(t *testing.T) {
	for _, size := range []int{0, 1, 63, 64, 65, 1000, 100_000} {
		code, err := New(4, 8, 1)
		require.NoError(t, err)
		want := payload(size)
		shards, err := code.Split(want)
		require.NoError(t, err)
		for mask := range 1 << 8 {
			got := make([][]byte, 8)
			have := 0
			for i := range 8 {
				if mask>>i&1 == 1 {
					got[i] = shards[i]
					have++
				}
			}
			back, err := code.Join(got, size)
			if have < 4 {
				require.ErrorIs(t, err, ErrTooFew)
				continue
			}
			require.NoError(t, err)
			require.Equal(t, want, back)
		}
	}
}

func TestTooFewShardsSaysHowMany(t *testing.T) {
	code, err := New(4, 8, 1)
	require.NoError(t, err)
	shards, err := code.Split(payload(500))
	require.NoError(t, err)
	_, err = code.Join([][]byte{shards[0], nil, shards[2], nil, nil, nil, nil, shards[7]}, 500)
	require.ErrorIs(t, err, ErrTooFew)
	require.ErrorContains(t, err, "have 3 of 4")
}

func TestShardsAreEqualAlignedAndSystematic(t *testing.T) {
	code, err := New(10, 16, 2)
	require.NoError(t, err)
	want := payload(12_345)
	shards, err := code.Split(want)
	require.NoError(t, err)
	require.Len(t, shards, 16)
	size := code.ShardSize(len(want))
	require.Zero(t, size%64)
	var front []byte
	for i, s := range shards {
		require.Len(t, s, size)
		if i < 10 {
			front = append(front, s...)
		}
	}
	require.Equal(t, want, front[:len(want)])
}

// The parity bytes are part of what the chain vouches for: another generator matrix would be another format.
func TestParityMatchesTheVector(t *testing.T) {
	code, err := New(4, 8, 1)
	require.NoError(t, err)
	shards, err := code.Split(payload(1000))
	require.NoError(t, err)
	h := sha256.New()
	for _, s := range shards {
		h.Write(s)
	}
	require.Equal(t, parityVector, hex.EncodeToString(h.Sum(nil)))
}

func TestNewRefusesCodesThatMakeNoSense(t *testing.T) {
	for name, kn := range map[string][2]int{
		"no data shard": {0, 4}, "nothing to lose": {4, 4}, "fewer than k": {4, 3}, "too many shards": {60, 65}, "too much parity": {4, 15},
	} {
		_, err := New(kn[0], kn[1], 1)
		require.Error(t, err, name)
	}
}

func TestJoinRefusesShardsOfTheWrongSizeOrNumber(t *testing.T) {
	code, err := New(2, 3, 1)
	require.NoError(t, err)
	shards, err := code.Split(payload(200))
	require.NoError(t, err)
	_, err = code.Join([][]byte{shards[0][:64], shards[1], nil}, 200)
	require.ErrorIs(t, err, ErrShardSize)
	_, err = code.Join(shards[:2], 200)
	require.Error(t, err)
}

func FuzzJoinNeverPanics(f *testing.F) {
	f.Add([]byte("abc"), uint8(3), 3)
	f.Fuzz(func(t *testing.T, data []byte, mask uint8, size int) {
		if size < 0 || size > 1<<16 {
			return
		}
		code, err := New(2, 4, 1)
		require.NoError(t, err)
		shards := make([][]byte, 4)
		for i := range shards {
			if mask>>i&1 == 1 {
				shards[i] = data
			}
		}
		got, err := code.Join(shards, size)
		if err == nil {
			require.Len(t, got, size)
		}
	})
}

func BenchmarkSplit10of16(b *testing.B) {
	code, err := New(10, 16, 1)
	require.NoError(b, err)
	data := payload(4 << 20)
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if _, err := code.Split(data); err != nil {
			b.Fatal(err)
		}
	}
}

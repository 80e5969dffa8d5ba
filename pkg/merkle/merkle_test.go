package merkle

import (
	"bytes"
	"encoding/hex"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
)

// Leaves and roots of the Certificate Transparency reference tests (RFC 6962 trees over eight known leaves).
var ctLeaves = []string{
	"", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
}

var ctRoots = []string{
	"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
	"fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
	"aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
	"d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
	"4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
	"76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
	"ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
	"5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
}

func ctHashes(t testing.TB) []Hash {
	var hashes []Hash
	for _, leaf := range ctLeaves {
		bz, err := hex.DecodeString(leaf)
		require.NoError(t, err)
		hashes = append(hashes, LeafHash(bz))
	}
	return hashes
}

func TestRootMatchesTheCertificateTransparencyVectors(t *testing.T) {
	hashes := ctHashes(t)
	empty := Root(nil)
	require.Equal(t, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", hex.EncodeToString(empty[:]))
	for i, want := range ctRoots {
		root := Root(hashes[:i+1])
		require.Equal(t, want, hex.EncodeToString(root[:]), "%d leaves", i+1)
		require.Equal(t, root, NewTree(hashes[:i+1]).Root())
	}
}

func TestEveryPathOfEveryTreeVerifies(t *testing.T) {
	var hashes []Hash
	for n := 1; n <= 70; n++ {
		hashes = append(hashes, LeafHash([]byte{byte(n)}))
		root, tree := Root(hashes), NewTree(hashes)
		for i := range hashes {
			path, err := Proof(hashes, i)
			require.NoError(t, err)
			fast, err := tree.Proof(i)
			require.NoError(t, err)
			require.Equal(t, path, fast)
			require.NoError(t, Verify(root, hashes[i], uint64(i), uint64(n), path))
		}
	}
}

func TestAPathVerifiesForItsLeafPlaceAndCountOnly(t *testing.T) {
	hashes := ctHashes(t)
	for n := uint64(1); n <= 8; n++ {
		root := Root(hashes[:n])
		for i := range n {
			path, err := Proof(hashes[:n], int(i))
			require.NoError(t, err)
			for j := range n {
				if j != i {
					require.ErrorIs(t, Verify(root, hashes[i], j, n, path), ErrProof, "leaf %d at %d of %d", i, j, n)
					require.ErrorIs(t, Verify(root, hashes[j], i, n, path), ErrProof)
				}
			}
			require.ErrorIs(t, Verify(root, hashes[i], i, i, path), ErrProof)
			require.ErrorIs(t, Verify(root, hashes[i], i, n, append(bytes2(path), Hash{})), ErrProof)
			if len(path) > 0 {
				require.ErrorIs(t, Verify(root, hashes[i], i, n, path[:len(path)-1]), ErrProof)
				flipped := bytes2(path)
				flipped[0][0] ^= 1
				require.ErrorIs(t, Verify(root, hashes[i], i, n, flipped), ErrProof)
			}
		}
	}
}

func bytes2(path []Hash) []Hash { return append([]Hash(nil), path...) }

func TestAnInnerNodeCannotPassForALeaf(t *testing.T) {
	a, b := LeafHash([]byte("a")), LeafHash([]byte("b"))
	root := Root([]Hash{a, b})
	require.NotEqual(t, root, LeafHash(append(a[:], b[:]...)))
}

func TestProofRefusesALeafThatDoesNotExist(t *testing.T) {
	for _, i := range []int{-1, 8} {
		_, err := Proof(ctHashes(t), i)
		require.Error(t, err)
		_, err = NewTree(ctHashes(t)).Proof(i)
		require.Error(t, err)
	}
}

func TestShardRootIsTheTreeOverItsOneKiBLeaves(t *testing.T) {
	for _, size := range []int{0, 1, 1023, 1024, 1025, 5000, 65536} {
		shard := bytes.Repeat([]byte{7}, size)
		var leaves []Hash
		for rest := shard; len(rest) > 0; {
			n := min(1024, len(rest))
			leaves, rest = append(leaves, LeafHash(rest[:n])), rest[n:]
		}
		require.Equal(t, Root(leaves), ShardRoot(shard), "size %d", size)
		require.EqualValues(t, len(leaves), ShardLeaves(uint64(size)))
		for i := range leaves {
			path, err := ShardProof(shard, i)
			require.NoError(t, err)
			require.NoError(t, Verify(ShardRoot(shard), leaves[i], uint64(i), uint64(len(leaves)), path))
		}
	}
}

func TestLeafHashOfLongDataIsTheSameAsOfItsParts(t *testing.T) {
	long := bytes.Repeat([]byte{1}, ShardLeaf+1)
	require.NotEqual(t, LeafHash(long), LeafHash(long[:ShardLeaf]))
}

func FuzzVerifyRefusesWhatItWasNotBuiltFrom(f *testing.F) {
	f.Add([]byte("leaf"), uint64(3), uint64(8), []byte{1, 2, 3})
	f.Fuzz(func(t *testing.T, data []byte, i, n uint64, raw []byte) {
		var path []Hash
		for len(raw) >= 32 && len(path) < 70 {
			path, raw = append(path, Hash(raw[:32])), raw[32:]
		}
		err := Verify(Hash{1}, LeafHash(data), i, n, path)
		if err == nil || !errors.Is(err, ErrProof) {
			t.Fatalf("a path to a root nobody hashed: %v", err)
		}
	})
}

func BenchmarkShardRoot(b *testing.B) {
	shard := make([]byte, 1<<20)
	b.SetBytes(int64(len(shard)))
	for b.Loop() {
		ShardRoot(shard)
	}
}

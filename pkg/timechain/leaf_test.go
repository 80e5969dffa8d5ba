package timechain

import (
	"crypto/sha256"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cpchain/cpchain/pkg/merkle"
)

// salted are n readings with salts of their own.
func salted(n int) ([]Record, [][16]byte) {
	records, salts := readings(0, 0, n), make([][16]byte, n)
	for i := range salts {
		salts[i] = [16]byte{byte(i), byte(i >> 8), 1}
	}
	return records, salts
}

// rootByTheBook computes a block's record root as the package comment tells it, without the code under test.
func rootByTheBook(records []Record, salts [][16]byte) merkle.Hash {
	var leaves []merkle.Hash
	for first := 0; first < len(records); first += 16 {
		var group []byte
		for i := first; i < min(first+16, len(records)); i++ {
			b := append([]byte{2}, salts[i][:]...)
			b = appendUint(appendInt(b, records[i].T), records[i].Seq)
			for _, v := range records[i].Values {
				b = v.appendCBOR(b)
			}
			sum := sha256.Sum256(b)
			group = append(group, sum[:]...)
		}
		leaves = append(leaves, merkle.LeafHash(group))
	}
	return merkle.Root(leaves)
}

func TestEveryRecordOfEveryBlockVerifiesAtItsPlaceAndCountOnly(t *testing.T) {
	var h leafHasher
	for n := 1; n <= 70; n++ {
		records, salts := salted(n)
		root := h.root(records, salts)
		require.Equal(t, rootByTheBook(records, salts), root)
		for i := range records {
			path, err := h.path(records, salts, i)
			require.NoError(t, err)
			leaf := h.record(&records[i], &salts[i])
			for j := range n + 2 {
				err := verifyRecord(root, leaf, uint64(j), uint64(n), path)
				require.Equal(t, j == i, err == nil, "record %d at %d of %d", i, j, n)
			}
			// A root does not bind a count by itself (the header does), but a path of the last group tells it.
			for _, other := range []int{n - 1, n + 1} {
				if i/groupSize == (n-1)/groupSize {
					require.ErrorIs(t, verifyRecord(root, leaf, uint64(i), uint64(other), path), merkle.ErrProof, "record %d of %d as of %d", i, n, other)
				}
			}
			require.ErrorIs(t, verifyRecord(root, leaf, uint64(i), uint64(n), append(slices.Clone(path), merkle.Hash{})), merkle.ErrProof)
			for k := range path {
				bad := slices.Clone(path)
				bad[k][0] ^= 1
				require.ErrorIs(t, verifyRecord(root, leaf, uint64(i), uint64(n), bad), merkle.ErrProof)
				require.ErrorIs(t, verifyRecord(root, leaf, uint64(i), uint64(n), path[:k]), merkle.ErrProof)
			}
		}
	}
}

func TestARootChangesWithAnyRecordLeftOutMovedOrDoubled(t *testing.T) {
	var h leafHasher
	records, salts := salted(40)
	root := h.root(records, salts)
	for i := range 39 {
		r, s := slices.Clone(records), slices.Clone(salts)
		r[i], r[i+1], s[i], s[i+1] = r[i+1], r[i], s[i+1], s[i]
		require.NotEqual(t, root, h.root(r, s), "%d and the next exchanged", i)
		require.NotEqual(t, root, h.root(slices.Delete(r, i, i+1), slices.Delete(s, i, i+1)), "%d left out", i)
		require.NotEqual(t, root, h.root(slices.Insert(slices.Clone(records), i, records[i]), slices.Insert(slices.Clone(salts), i, salts[i])), "%d doubled", i)
	}
}

// TestNothingElsePassesForARecord mounts second preimages: bytes that were hashed as a group or as a node, shown as a record's.
func TestNothingElsePassesForARecord(t *testing.T) {
	var h leafHasher
	records, salts := salted(40)
	root := h.root(records, salts)
	groups := slices.Clone(h.leaves(records, salts))
	require.Len(t, groups, 3)
	up, err := merkle.Proof(groups, 0)
	require.NoError(t, err)
	require.NoError(t, merkle.Verify(root, groups[0], 0, 3, up), "a group is a leaf of the tree above")
	require.ErrorIs(t, verifyRecord(root, groups[0], 0, 3, up), merkle.ErrProof, "a group as a record")
	require.ErrorIs(t, verifyRecord(root, groups[0], 0, 40, up), merkle.ErrProof)
	require.ErrorIs(t, verifyRecord(root, root, 0, 1, nil), merkle.ErrProof, "the root as the only record")
	sum := h.record(&records[0], &salts[0])
	require.NotEqual(t, sum, h.root(records[:1], salts[:1]), "a record as its own root")
	require.NotEqual(t, sum, merkle.LeafHash(append(salts[0][:], records[0].appendItems(nil)...)), "a record as a leaf")
}

func TestRecordsThatDifferInShapeHaveHashesOfTheirOwn(t *testing.T) {
	var h leafHasher
	seen := map[merkle.Hash]string{}
	for name, r := range map[string]Record{
		"no value":              {T: 1, Seq: 2},
		"an absent value":       {T: 1, Seq: 2, Values: []Value{Absent()}},
		"two absent values":     {T: 1, Seq: 2, Values: []Value{Absent(), Absent()}},
		"an integer":            {T: 1, Seq: 2, Values: []Value{Int(3)}},
		"the same as a double":  {T: 1, Seq: 2, Values: []Value{Float(3)}},
		"the same as a text":    {T: 1, Seq: 2, Values: []Value{Text("\x03")}},
		"an empty text, then 3": {T: 1, Seq: 2, Values: []Value{Text(""), Int(3)}},
		"two integers":          {T: 1, Seq: 2, Values: []Value{Int(3), Int(3)}},
		"a long integer":        {T: 1, Seq: 2, Values: []Value{Int(0x0303)}},
	} {
		sum := h.record(&r, &[16]byte{})
		require.Empty(t, seen[sum], name)
		seen[sum] = name
	}
}

package merkle

// ShardLeaf is how many bytes of a shard one leaf holds; the last may be shorter. A possession challenge asks for leaves.
const ShardLeaf = 1024

// ShardRoot is the root over a shard's leaves.
func ShardRoot(shard []byte) Hash {
	var s stack
	for len(shard) > 0 {
		n := min(ShardLeaf, len(shard))
		s.push(LeafHash(shard[:n]))
		shard = shard[n:]
	}
	return s.root()
}

// ShardLeaves is how many leaves a shard of a size has.
func ShardLeaves(size uint64) uint64 { return (size + ShardLeaf - 1) / ShardLeaf }

// ShardProof is the path of a shard's leaf i.
func ShardProof(shard []byte, i int) ([]Hash, error) {
	leaves := make([]Hash, 0, ShardLeaves(uint64(len(shard))))
	for len(shard) > 0 {
		n := min(ShardLeaf, len(shard))
		leaves = append(leaves, LeafHash(shard[:n]))
		shard = shard[n:]
	}
	return Proof(leaves, i)
}

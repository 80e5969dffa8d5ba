package types

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"math/big"
	"slices"

	"cosmossdk.io/math"
)

const (
	// MaxHolders bounds the shards of a bundle: holders one draw can ask for.
	MaxHolders = 64
	// MaxLargest is how many capacities a boundary keeps: in a draw of n no more than 2·n providers are sure to be eligible.
	MaxLargest = 2 * MaxHolders
)

// HolderWeight is what a row counts for in the draws of holders: its capacity while it is active in storage.
func (p Provider) HolderWeight() uint64 {
	if !p.Offers(true, false) {
		return 0
	}
	return p.CapacityBytes
}

// CapacityAt is the weight a boundary at height d sees, 0 for a provider that came, or came back, later.
func (s Standing) CapacityAt(d int64) uint64 {
	for _, c := range slices.Backward(s.Changes) {
		if c.Height < d {
			return c.CapacityBytes
		}
	}
	return 0
}

// Now is the weight that boundaries to come see unless it changes again.
func (s Standing) Now() uint64 {
	if len(s.Changes) == 0 {
		return 0
	}
	return s.Changes[len(s.Changes)-1].CapacityBytes
}

// Changed is the standing after a change of weight at a height. newest are the heights of boundaries, newest first: a change that
// no boundary has seen is replaced, and what only boundaries older than the last of them see is forgotten.
func (s Standing) Changed(height int64, weight uint64, newest []int64) Standing {
	changes := slices.Clone(s.Changes)
	if n := len(changes); n > 0 && (len(newest) == 0 || changes[n-1].Height >= newest[0]) {
		changes = changes[:n-1]
	}
	changes = append(changes, Weight{Height: height, CapacityBytes: weight})
	for len(newest) > 0 && len(changes) > 1 && changes[1].Height < newest[len(newest)-1] {
		changes = changes[1:]
	}
	return Standing{Changes: changes}
}

// Until is the standing on a chain that starts again at a height: changes above it lie before its first boundary.
func (s Standing) Until(height int64) Standing {
	var changes []Weight
	for _, c := range s.Changes {
		if c.Height > height {
			c.Height = max(height-1, 0)
		}
		for len(changes) > 0 && changes[len(changes)-1].Height >= c.Height {
			changes = changes[:len(changes)-1]
		}
		changes = append(changes, c)
	}
	return Standing{Changes: changes}
}

// validate checks that the changes are in order.
func (s Standing) validate() error {
	for i, c := range s.Changes {
		if c.Height < 0 || i > 0 && c.Height <= s.Changes[i-1].Height || c.CapacityBytes > MaxCapacityBytes {
			return ErrGenesis.Wrapf("change at height %d is out of order or too large", c.Height)
		}
	}
	return nil
}

// validate checks a boundary by itself.
func (b Boundary) validate() error {
	if len(b.Seed) != SeedBytes {
		return ErrGenesis.Wrapf("a seed of %d bytes", len(b.Seed))
	}
	if b.CapacityBytes.IsNil() || b.CapacityBytes.IsNegative() || uint64(len(b.Largest)) != min(b.Holders, MaxLargest) {
		return ErrGenesis.Wrapf("%d of %d holders are named, or their sum is missing", len(b.Largest), b.Holders)
	}
	for i, w := range b.Largest {
		if w == 0 || i > 0 && w > b.Largest[i-1] {
			return ErrGenesis.Wrapf("the largest capacities are out of order at %d", w)
		}
	}
	return nil
}

// validate checks a pool by itself.
func (p Pool) validate() error {
	for i, c := range p.Candidates {
		if c.Id == 0 || c.Operator == "" || c.Bond.IsNil() || c.Bond.IsNegative() || c.Bond.BigInt().BitLen() > maxAmountBits {
			return ErrGenesis.Wrapf("candidate %d is malformed", c.Id)
		}
		if i > 0 && c.Bond.GT(p.Candidates[i-1].Bond) {
			return ErrGenesis.Wrapf("candidate %d is out of order", c.Id)
		}
	}
	return nil
}

// Weigh sets what the boundary's draws weigh by from the weights of all providers active in storage, in any order.
func (b *Boundary) Weigh(weights []uint64) {
	sorted := slices.SortedFunc(slices.Values(weights), func(x, y uint64) int { return cmp.Compare(y, x) })
	b.Holders, b.CapacityBytes = uint64(len(sorted)), math.ZeroInt()
	for _, w := range sorted {
		b.CapacityBytes = b.CapacityBytes.Add(math.NewIntFromUint64(w))
	}
	b.Largest = sorted[:min(len(sorted), MaxLargest)]
}

// Eligible tells whether an operator of that weight may hold shards of a bundle of n shards: iff H(seed ‖ stream ‖ seq ‖ operator)
// / 2^256 < min(1, c·w) where the level c is such that over all operators these chances sum to 2·n, and all are eligible where
// there are at most 2·n. It needs nothing but the boundary and takes O(n) steps. Nothing a writer can vary cheaply enters.
func (b Boundary) Eligible(stream string, seq uint64, n int, operator string, weight uint64) bool {
	return weight > 0 && b.admits(b.hash(stream, seq, operator), weight, n)
}

// EligibleHolders lists those of the candidates, whose CapacityBytes are the weights the boundary sees, that are eligible, in the
// order of their hashes. On average there are 2·n, and where there are fewer than n the draw has failed: the other boundary that is
// allowed, or the next one, draws anew.
func EligibleHolders(b Boundary, stream string, seq uint64, n int, candidates []Provider) []Provider {
	hashes := make(map[uint64][]byte, len(candidates))
	var rows []Provider
	for _, c := range candidates {
		if hash := b.hash(stream, seq, c.Operator); c.CapacityBytes > 0 && b.admits(hash, c.CapacityBytes, n) {
			hashes[c.Id] = hash
			rows = append(rows, c)
		}
	}
	slices.SortFunc(rows, func(x, y Provider) int {
		return cmp.Or(bytes.Compare(hashes[x.Id], hashes[y.Id]), cmp.Compare(x.Id, y.Id))
	})
	return rows
}

func (b Boundary) hash(stream string, seq uint64, operator string) []byte {
	return drawHash(holderDrawLabel, b.Seed, []byte(stream), binary.BigEndian.AppendUint64(nil, seq), []byte(operator))
}

// admits compares hash / 2^256 with places·weight / rest.
func (b Boundary) admits(hash []byte, weight uint64, n int) bool {
	if b.Holders <= uint64(2*max(n, 0)) {
		return true
	}
	places, rest := b.level(n)
	left := new(big.Int).Mul(new(big.Int).SetBytes(hash), rest)
	right := new(big.Int).Mul(new(big.Int).SetUint64(weight), big.NewInt(places))
	return left.Cmp(right.Lsh(right, 256)) < 0
}

// level takes out the providers so large that they are sure to be eligible: the others share the places that are left, by capacity.
// There are more than 2·n, all with some capacity, so it ends with a place left.
func (b Boundary) level(n int) (places int64, rest *big.Int) {
	places, rest = int64(2*n), b.CapacityBytes.BigInt()
	for _, w := range b.Largest {
		weight := new(big.Int).SetUint64(w)
		if new(big.Int).Mul(weight, big.NewInt(places)).Cmp(rest) < 0 {
			break
		}
		places--
		rest.Sub(rest, weight)
	}
	return places, rest
}

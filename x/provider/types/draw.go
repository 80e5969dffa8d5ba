package types

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"math/big"
	"slices"
)

// DrawProxies ranks the candidates for a stream under a boundary's seed and returns the first n ids. An operator's rank key
// is H(seed ‖ stream ‖ operator) as a number divided by its bond, smallest first: a bond twice as large is first twice as
// likely, and nothing about reader or range enters. It is pure: everybody computes the same list.
func DrawProxies(seed []byte, stream string, candidates []Provider, n int) ([]uint64, error) {
	if n < 1 || len(candidates) < n {
		return nil, ErrTooFew.Wrapf("%d candidates for %d places", len(candidates), n)
	}
	type ranked struct {
		id   uint64
		rank *big.Int
	}
	ranks := make([]ranked, 0, len(candidates))
	for _, c := range candidates {
		if c.Bond.Amount.IsNil() || !c.Bond.Amount.IsPositive() {
			continue
		}
		hash := new(big.Int).SetBytes(drawHash("cpchain/draw/proxy/v1", seed, []byte(stream), []byte(c.Operator)))
		// shifted left, so that dividing by the bond keeps the order of near hashes
		ranks = append(ranks, ranked{c.Id, hash.Lsh(hash, 128).Quo(hash, c.Bond.Amount.BigInt())})
	}
	if len(ranks) < n {
		return nil, ErrTooFew.Wrapf("%d bonded candidates for %d places", len(ranks), n)
	}
	slices.SortFunc(ranks, func(a, b ranked) int { return cmp.Or(a.rank.Cmp(b.rank), cmp.Compare(a.id, b.id)) })
	ids := make([]uint64, n)
	for i := range ids {
		ids[i] = ranks[i].id
	}
	return ids, nil
}

// EligibleHolders lists the candidates that may hold shards of a bundle of n shards, in the order of their hashes: operator o
// is eligible iff H(seed ‖ stream ‖ seq ‖ o) < min(1, 2·n·w_o/W) with weights by capacity. Where that would leave fewer than
// n (small networks) all are eligible, in hash order.
func EligibleHolders(seed []byte, stream string, seq uint64, n int, candidates []Provider) []Provider {
	type hashed struct {
		row  Provider
		hash []byte
		in   bool
	}
	total := new(big.Int)
	for _, c := range candidates {
		total.Add(total, new(big.Int).SetUint64(c.CapacityBytes))
	}
	all := make([]hashed, len(candidates))
	eligible := 0
	for i, c := range candidates {
		h := drawHash("cpchain/draw/holder/v1", seed, []byte(stream), binary.BigEndian.AppendUint64(nil, seq), []byte(c.Operator))
		// hash / 2^256 < 2·n·w / W  <=>  hash · W < 2·n·w · 2^256
		left := new(big.Int).Mul(new(big.Int).SetBytes(h), total)
		right := new(big.Int).Mul(new(big.Int).SetUint64(c.CapacityBytes), big.NewInt(int64(2*n)))
		all[i] = hashed{c, h, left.Cmp(right.Lsh(right, 256)) < 0}
		if all[i].in {
			eligible++
		}
	}
	slices.SortFunc(all, func(a, b hashed) int { return cmp.Or(bytes.Compare(a.hash, b.hash), cmp.Compare(a.row.Id, b.row.Id)) })
	var rows []Provider
	for _, h := range all {
		if h.in || eligible < n {
			rows = append(rows, h.row)
		}
	}
	return rows
}

func drawHash(label string, parts ...[]byte) []byte {
	h := sha256.New()
	for _, part := range append([][]byte{[]byte(label)}, parts...) {
		h.Write(binary.BigEndian.AppendUint32(nil, uint32(len(part))))
		h.Write(part)
	}
	return h.Sum(nil)
}

package types

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"math/big"
	"slices"

	sdk "github.com/cosmos/cosmos-sdk/types"
)

// Labels that keep the two draws apart.
const (
	proxyDrawLabel  = "cpchain/draw/proxy/v1"
	holderDrawLabel = "cpchain/draw/holder/v1"
)

// logBits is how many binary digits after the point a rank's logarithm has.
const logBits = 64

// DrawProxies ranks the candidates for a stream under a boundary's seed and returns the ids of the first n. With
// h = H(seed ‖ stream ‖ operator) / 2^256 and b the bond, the rank key is -log2(h)/b, smallest first: the order of
// Efraimidis and Spirakis (2006), so that each next place goes to one of those left with a chance in proportion to its bond, and
// splitting a bond over several operators gains nothing. All arithmetic is on integers. Candidates without a bond are left
// out, and so is whom the caller leaves out of candidates; their order does not matter. Nothing about reader or range enters.
// ErrTooFew where fewer than n distinct candidates with a bond are left.
func DrawProxies(seed []byte, stream string, candidates []Provider, n int) ([]uint64, error) {
	type ranked struct {
		id   uint64
		rank *big.Int
	}
	ranks := make([]ranked, 0, len(candidates))
	seen := make(map[uint64]bool, len(candidates))
	for _, c := range candidates {
		if seen[c.Id] || c.Bond.Amount.IsNil() || !c.Bond.Amount.IsPositive() {
			continue
		}
		seen[c.Id] = true
		rank := negLog2(drawHash(proxyDrawLabel, seed, []byte(stream), []byte(c.Operator)))
		// shifted left, so that dividing by the bond keeps near ranks apart
		ranks = append(ranks, ranked{c.Id, rank.Lsh(rank, 128).Quo(rank, c.Bond.Amount.BigInt())})
	}
	if n < 1 || len(ranks) < n {
		return nil, ErrTooFew.Wrapf("%d bonded candidates for %d places", len(ranks), n)
	}
	slices.SortFunc(ranks, func(a, b ranked) int { return cmp.Or(a.rank.Cmp(b.rank), cmp.Compare(a.id, b.id)) })
	ids := make([]uint64, n)
	for i := range ids {
		ids[i] = ranks[i].id
	}
	return ids, nil
}

// RankPool ranks all of a pool but the providers excluded, as DrawProxies does: ids by rank.
func RankPool(seed []byte, stream string, pool Pool, excluded ...uint64) ([]uint64, error) {
	rows := slices.DeleteFunc(pool.Rows(), func(row Provider) bool {
		return slices.Contains(excluded, row.Id) || !row.Bond.IsPositive()
	})
	if len(rows) == 0 {
		return nil, nil
	}
	return DrawProxies(seed, stream, rows, len(rows))
}

// Rows are the pool's candidates as far as a draw looks at a row.
func (p Pool) Rows() []Provider {
	rows := make([]Provider, len(p.Candidates))
	for i, c := range p.Candidates {
		rows[i] = Provider{Id: c.Id, Operator: c.Operator, Bond: sdk.NewCoin(BondDenom, c.Bond)}
	}
	return rows
}

// negLog2 returns -log2((h+1) / 2^256) · 2^logBits for a 32-byte number h, rounded up by less than one unit. The digits of
// log2 come one by one by squaring a mantissa of 128 bits.
func negLog2(hash []byte) *big.Int {
	x := new(big.Int).SetBytes(hash)
	x.Add(x, big.NewInt(1)) // never 0
	whole := x.BitLen() - 1
	mantissa := x.Lsh(x, uint(256-whole)).Rsh(x, 129) // in [2^127, 2^128)
	log := big.NewInt(int64(whole))
	for range logBits {
		log.Lsh(log, 1)
		mantissa.Mul(mantissa, mantissa).Rsh(mantissa, 127)
		if mantissa.BitLen() > 128 {
			mantissa.Rsh(mantissa, 1)
			log.SetBit(log, 0, 1)
		}
	}
	return log.Sub(new(big.Int).Lsh(big.NewInt(256), logBits), log)
}

// drawHash hashes a label and parts, each with its length before it.
func drawHash(label string, parts ...[]byte) []byte {
	h := sha256.New()
	for _, part := range append([][]byte{[]byte(label)}, parts...) {
		h.Write(binary.BigEndian.AppendUint32(nil, uint32(len(part)))) //nolint:gosec // parts are keys, names and encoded messages
		h.Write(part)
	}
	return h.Sum(nil)
}

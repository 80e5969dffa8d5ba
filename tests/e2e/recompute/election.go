package main

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/big"
	"slices"

	"github.com/oasisprotocol/curve25519-voi/primitives/ed25519/extra/ecvrf"
)

// precision of logarithms here, in bits: far beyond the 48 that the chain computes to.
const precision = 160

// drawn is a candidate's proof with what it is checked by.
type drawn struct {
	operator string
	key      []byte
	weight   uint64
	proof    []byte // nil where it did not draw
}

// election is one term's, as the chain tells of it.
type election struct {
	chainID    string
	term       uint64
	randomness []byte // of the block before the term
	input      []byte
	draws      []drawn
	ranking    []string // best first, and their scores
	scores     [][]byte
	before     []seat // as of the block before the last of the term
	after      []seat // as of the last
	fit        map[string]bool
	budget     int // how many may still enter
}

// seat of the committee.
type seat struct {
	cohort   int
	operator string
}

// digest hashes length-prefixed parts under a label, as pkg/election documents.
func digest(label string, parts ...[]byte) []byte {
	h := sha256.New()
	for _, part := range append([][]byte{[]byte("cpchain/election/" + label + "/v1")}, parts...) {
		h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(part))))
		h.Write(part)
	}
	return h.Sum(nil)
}

func number(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }

// output of a VRF proof, verified.
func output(key, input, proof []byte) ([]byte, error) {
	ok, out := ecvrf.Verify(key, proof, input)
	if !ok {
		return nil, fmt.Errorf("the proof %x does not verify", proof)
	}
	return out, nil
}

// score is weight * 2^64 / -log2(u) in units of 2^-48, where u in (0, 1] comes from a hash of the output.
func score(out []byte, weight uint64) *big.Int {
	hash := sha256.Sum256(append([]byte("cpchain/election/draw/v1"), out...))
	log := minusLog2(new(big.Int).Add(new(big.Int).SetBytes(hash[:8]), big.NewInt(1)))
	numerator := new(big.Float).SetPrec(precision).SetInt(new(big.Int).Lsh(new(big.Int).SetUint64(weight), 64-48))
	whole, _ := numerator.Quo(numerator, log).Int(nil)
	return whole
}

// minusLog2 of x / 2^64, by squaring: each square tells one more bit of the logarithm.
func minusLog2(x *big.Int) *big.Float {
	whole := x.BitLen() - 1
	y := new(big.Float).SetPrec(precision).SetMantExp(new(big.Float).SetPrec(precision).SetInt(x), -whole) // in [1, 2)
	log := new(big.Float).SetPrec(precision).SetInt64(int64(whole))
	bit := new(big.Float).SetPrec(precision).SetInt64(1)
	half, two := big.NewFloat(0.5), big.NewFloat(2)
	for range 80 {
		bit.Mul(bit, half)
		y.Mul(y, y)
		if y.Cmp(two) >= 0 {
			y.Mul(y, half)
			log.Add(log, bit)
		}
	}
	return log.Sub(new(big.Float).SetPrec(precision).SetInt64(64), log)
}

// ranked is a candidate in the order that the outputs and weights give.
type ranked struct {
	operator string
	output   []byte
	score    *big.Int
}

// rank verifies every proof and orders the candidates anew.
func (e *election) rank() ([]ranked, error) {
	if want := digest("term", []byte(e.chainID), number(e.term), e.randomness); !bytes.Equal(want, e.input) {
		return nil, fmt.Errorf("input %x of term %d, by the randomness before it %x", e.input, e.term, want)
	}
	var all []ranked
	for _, d := range e.draws {
		if d.proof == nil {
			continue
		}
		out, err := output(d.key, e.input, d.proof)
		if err != nil {
			return nil, fmt.Errorf("%s in term %d: %w", d.operator, e.term, err)
		}
		all = append(all, ranked{d.operator, out, score(out, d.weight)})
	}
	slices.SortFunc(all, func(a, b ranked) int {
		return cmp.Or(b.score.Cmp(a.score), bytes.Compare(a.output, b.output), cmp.Compare(a.operator, b.operator))
	})
	return all, nil
}

// check elects anew and compares with what the chain made of it: ranks, scores, and who holds the cohort's seats.
func (e *election) check() error {
	all, err := e.rank()
	if err != nil {
		return err
	}
	if len(all) != len(e.ranking) {
		return fmt.Errorf("term %d: %d drew, the chain ranks %d", e.term, len(all), len(e.ranking))
	}
	for i, r := range all {
		if r.operator != e.ranking[i] {
			return fmt.Errorf("term %d: rank %d is %s, the chain says %s", e.term, i, r.operator, e.ranking[i])
		}
		if told := new(big.Int).SetBytes(e.scores[i]); !near(told, r.score) {
			return fmt.Errorf("term %d: score of %s is %s, the chain says %s", e.term, r.operator, r.score, told)
		}
	}
	return e.checkWinners()
}

// near says whether two scores differ by no more than the 48 bits of the chain's logarithm explain.
func near(a, b *big.Int) bool {
	off := new(big.Int).Sub(a, b)
	limit := new(big.Int).Rsh(b, 40)
	return off.Abs(off).Cmp(limit.Add(limit, big.NewInt(1))) <= 0
}

// checkWinners fills the seats that are up: the best ranks without a seat in another cohort, newcomers within the budget, and then the
// incumbents that nobody replaces.
func (e *election) checkWinners() error {
	cohorts := 0
	for _, s := range e.before {
		cohorts = max(cohorts, s.cohort+1)
	}
	up := int(e.term % uint64(cohorts))
	var incumbents, elsewhere []string
	places := 0
	for _, s := range e.before {
		if s.cohort == up {
			places++
			incumbents = append(incumbents, s.operator)
		} else {
			elsewhere = append(elsewhere, s.operator)
		}
	}
	want := e.winners(incumbents, elsewhere, places)
	var got []string
	for _, s := range e.after {
		if s.cohort == up {
			got = append(got, s.operator)
		}
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(want, got) {
		return fmt.Errorf("term %d: cohort %d goes to %v, the chain seats %v", e.term, up, want, got)
	}
	return nil
}

func (e *election) winners(incumbents, elsewhere []string, places int) []string {
	var winners []string
	budget := e.budget
	for _, operator := range append(slices.Clone(e.ranking), incumbents...) {
		if len(winners) == places {
			break
		}
		if operator == "" || slices.Contains(winners, operator) || slices.Contains(elsewhere, operator) {
			continue
		}
		if !slices.Contains(incumbents, operator) {
			if !e.fit[operator] || budget == 0 {
				continue
			}
			budget--
		}
		winners = append(winners, operator)
	}
	return winners
}

package election

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
	"math/bits"
)

const (
	// MaxReputation is the highest reputation.
	MaxReputation = 10_000
	// MaxWeight is the highest weight that scores are exact for.
	MaxWeight = math.MaxUint32
	// fractionBits of -log2(u).
	fractionBits = 48
)

// Weights says how much reputation counts: a candidate weighs from Min (reputation 0) to Max (reputation 10,000), linearly.
// Their ratio is the limit of what piling up reputation can gain.
type Weights struct{ Min, Max uint32 }

// Validate refuses weights that leave someone without a chance or turn reputation around.
func (w Weights) Validate() error {
	if w.Min == 0 || w.Max < w.Min {
		return fmt.Errorf("weights %d to %d: the least must be above zero and not above the most", w.Min, w.Max)
	}
	return nil
}

// Of a reputation, rounded down; reputations above MaxReputation count as that.
func (w Weights) Of(reputation uint32) uint64 {
	span := uint64(w.Max - w.Min)
	return uint64(w.Min) + span*uint64(min(reputation, MaxReputation))/MaxReputation
}

// Score of a candidate's draw: an unsigned 128-bit number, higher is better.
type Score struct{ Hi, Lo uint64 }

// Draw scores an output of the candidate's VRF, weight 1 to MaxWeight. A weight of 0 never wins: its score is 0.
func Draw(output []byte, weight uint64) Score {
	digest := sha256.Sum256(append([]byte("cpchain/election/draw/v1"), output...))
	divisor := negLog2(binary.BigEndian.Uint64(digest[:8]))
	// (weight << 64) / divisor, schoolbook in two digits
	hi, rest := weight/divisor, weight%divisor
	lo, _ := bits.Div64(rest, 0, divisor)
	return Score{Hi: hi, Lo: lo}
}

// Compare is negative where s is the lower score.
func (s Score) Compare(o Score) int {
	return cmp.Or(cmp.Compare(s.Hi, o.Hi), cmp.Compare(s.Lo, o.Lo))
}

// Level is the score's base-2 logarithm in quarters, rounded down: 4·log2(score), 0 for a score of 0. It is monotonous in
// the score, for people to read; ranks go by the score.
func (s Score) Level() uint32 {
	top, length := s.Hi, uint32(64)
	if top == 0 {
		top, length = s.Lo, 0
	}
	if top == 0 {
		return 0
	}
	whole := uint32(bits.Len64(top)) - 1
	// the 64 bits below and including the leading one
	mantissa := top << (63 - whole)
	if length == 64 && whole < 63 {
		mantissa |= s.Lo >> (whole + 1)
	}
	// quarters: how many of 2^(1/4), 2^(1/2), 2^(3/4), in 1.63 fixed point, rounded up, are reached
	quarters := uint32(0)
	for _, root := range [3]uint64{0x9837f0518db8a970, 0xb504f333f9de6485, 0xd744fccad69d6af5} {
		if mantissa >= root {
			quarters++
		}
	}
	return 4*(length+whole) + quarters
}

// Bytes of the score, big endian: they order as scores do.
func (s Score) Bytes() (b [16]byte) {
	binary.BigEndian.PutUint64(b[:8], s.Hi)
	binary.BigEndian.PutUint64(b[8:], s.Lo)
	return b
}

// String is the score as hex, 32 digits.
func (s Score) String() string { return fmt.Sprintf("%016x%016x", s.Hi, s.Lo) }

// negLog2 is -log2((v+1)/2^64) in 16.48 fixed point, at least 1: it divides. Each squaring of the mantissa gives one more bit
// of the logarithm; the error is below two units in the last place.
func negLog2(v uint64) uint64 {
	if v == math.MaxUint64 {
		return 1
	}
	x := v + 1
	whole := uint(bits.Len64(x)) - 1
	y := x << (63 - whole)
	var fraction uint64
	for range fractionBits {
		hi, lo := bits.Mul64(y, y)
		fraction <<= 1
		if hi>>63 == 1 {
			fraction |= 1
			y = hi
		} else {
			y = hi<<1 | lo>>63
		}
	}
	return max(1, 64<<fractionBits-(uint64(whole)<<fractionBits|fraction))
}

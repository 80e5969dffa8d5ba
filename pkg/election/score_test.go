package election

import (
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the vectors anew")

type drawVector struct {
	Output string `json:"output"` // hex of one repeated byte, 64 times
	Weight uint64 `json:"weight"`
	Score  string `json:"score"`
	Level  uint32 `json:"level"`
}

func repeated(b byte) []byte {
	output := make([]byte, 64)
	for i := range output {
		output[i] = b
	}
	return output
}

// The vectors pin what every node and every later version must compute; the next test says why they are right.
func TestDrawVectors(t *testing.T) {
	const file = "testdata/draw.json"
	var got []drawVector
	for b := range 16 {
		for _, weight := range []uint64{0, 1, 500, 1500, MaxWeight} {
			s := Draw(repeated(byte(b)), weight)
			got = append(got, drawVector{fmt.Sprintf("%02x*64", b), weight, s.String(), s.Level()})
		}
	}
	if *update {
		raw, err := json.MarshalIndent(got, "", " ")
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(file, append(raw, '\n'), 0o644))
	}
	raw, err := os.ReadFile(file)
	require.NoError(t, err)
	var want []drawVector
	require.NoError(t, json.Unmarshal(raw, &want))
	require.Equal(t, want, got)
}

func TestNegLog2AgreesWithTheMathLibrary(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		v := rng.Uint64() >> rng.UintN(64)
		// what math computes in float64 has 53 bits, the fraction here 48
		want := 64 - math.Log2(float64(v)+1)
		require.InDelta(t, want, math.Ldexp(float64(negLog2(v)), -fractionBits), 3e-14, "v = %d", v)
	}
	for v, want := range map[uint64]uint64{
		0:                  64 << fractionBits,
		1:                  63 << fractionBits,
		1<<63 - 1:          1 << fractionBits,
		math.MaxUint64:     1,
		math.MaxUint64 - 1: 1,
	} {
		require.Equal(t, want, negLog2(v), "v = %d", v)
	}
}

func TestNegLog2NeverRises(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for range 20_000 {
		v := rng.Uint64() >> rng.UintN(64)
		if v == math.MaxUint64 {
			continue
		}
		require.GreaterOrEqual(t, negLog2(v), negLog2(v+1), "v = %d", v)
	}
}

func TestScoreIsTheExactQuotient(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for range 2_000 {
		output, weight := repeated(byte(rng.Uint32())), rng.Uint64N(MaxWeight+1)
		s := Draw(output, weight)
		one := Draw(output, 1) // floor(2^64/L), which gives no more than a bound on L
		score := new(big.Int).Add(new(big.Int).Lsh(new(big.Int).SetUint64(s.Hi), 64), new(big.Int).SetUint64(s.Lo))
		unit := new(big.Int).Add(new(big.Int).Lsh(new(big.Int).SetUint64(one.Hi), 64), new(big.Int).SetUint64(one.Lo))
		w := new(big.Int).SetUint64(weight)
		low := new(big.Int).Mul(unit, w)
		high := new(big.Int).Mul(new(big.Int).Add(unit, big.NewInt(1)), w)
		require.True(t, score.Cmp(low) >= 0, "%d × %s", weight, unit)
		require.True(t, score.Cmp(high) <= 0, "%d × %s", weight, unit)
	}
}

func TestLevelIsTheLogarithmInQuarters(t *testing.T) {
	require.Zero(t, Score{}.Level())
	rng := rand.New(rand.NewPCG(7, 8))
	for range 20_000 {
		s := Score{Hi: rng.Uint64() >> rng.UintN(65), Lo: rng.Uint64()}
		f := new(big.Float).SetInt(new(big.Int).Add(new(big.Int).Lsh(new(big.Int).SetUint64(s.Hi), 64), new(big.Int).SetUint64(s.Lo)))
		m := new(big.Float)
		e := f.MantExp(m)
		mantissa, _ := m.Float64()
		quarters := 4 * (float64(e) + math.Log2(mantissa))
		if frac := quarters - math.Floor(quarters); frac < 1e-9 || frac > 1-1e-9 {
			continue // float64 can't tell on which side it is
		}
		require.Equal(t, uint32(math.Floor(quarters)), s.Level(), "%s", s)
	}
}

func TestWeightsRunFromMinToMax(t *testing.T) {
	w := Weights{Min: 500, Max: 1500}
	require.NoError(t, w.Validate())
	require.EqualValues(t, 500, w.Of(0))
	require.EqualValues(t, 600, w.Of(1_000))
	require.EqualValues(t, 1500, w.Of(10_000))
	require.EqualValues(t, 1500, w.Of(math.MaxUint32))
	require.EqualValues(t, MaxWeight, Weights{Min: 1, Max: MaxWeight}.Of(10_000))
	require.Error(t, Weights{Min: 0, Max: 5}.Validate())
	require.Error(t, Weights{Min: 6, Max: 5}.Validate())
}

func BenchmarkDraw(b *testing.B) {
	output := repeated(7)
	for b.Loop() {
		Draw(output, 1000)
	}
}

package types_test

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/big"
	"os"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/cpchain/cpchain/x/provider/types"
)

// candidate is a row as far as draws look at it.
func candidate(id uint64, operator string, bond math.Int, capacity uint64) types.Provider {
	return types.Provider{Id: id, Operator: operator, Bond: sdk.NewCoin(types.BondDenom, bond), CapacityBytes: capacity}
}

func candidates(bonds ...int64) []types.Provider {
	list := make([]types.Provider, len(bonds))
	for i, bond := range bonds {
		list[i] = candidate(uint64(i+1), fmt.Sprintf("cpc1operator%d", i), math.NewInt(bond), 1_000_000)
	}
	return list
}

func seed(n int) []byte {
	s := make([]byte, types.SeedBytes)
	s[0], s[1], s[2] = byte(n>>16), byte(n>>8), byte(n)
	return s
}

// The vectors were computed by another program: logarithms of 120 digits for the proxies, fractions for the holders.
func TestDrawsMatchTheVectors(t *testing.T) {
	bz, err := os.ReadFile("testdata/draw.json")
	require.NoError(t, err)
	var vectors []struct {
		Name, Seed, Stream string
		Seq                uint64 `json:",string"`
		N                  int
		Candidates         []struct {
			ID       uint64
			Operator string
			Bond     string
			Capacity uint64
		}
		Proxies, Holders []uint64
	}
	require.NoError(t, json.Unmarshal(bz, &vectors))
	require.NotEmpty(t, vectors)
	for _, v := range vectors {
		t.Run(v.Name, func(t *testing.T) {
			s, err := hex.DecodeString(v.Seed)
			require.NoError(t, err)
			var rows []types.Provider
			for _, c := range v.Candidates {
				bond, ok := math.NewIntFromString(c.Bond)
				require.True(t, ok)
				rows = append(rows, candidate(c.ID, c.Operator, bond, c.Capacity))
			}
			slices.Reverse(rows) // the order handed in does not matter
			proxies, err := types.DrawProxies(s, v.Stream, rows, v.N)
			require.NoError(t, err)
			require.Equal(t, v.Proxies, proxies)
			var holders []uint64
			b := boundary(s, rows)
			for _, row := range types.EligibleHolders(b, v.Stream, v.Seq, v.N, rows) {
				holders = append(holders, row.Id)
			}
			require.Equal(t, v.Holders, holders)
			for _, row := range rows { // what a client lists is what the chain takes
				require.Equal(t, slices.Contains(holders, row.Id), b.Eligible(v.Stream, v.Seq, v.N, row.Operator, row.CapacityBytes))
			}
		})
	}
}

func TestDrawProxiesRefusesTooFew(t *testing.T) {
	twice := candidates(5)
	twice = append(twice, twice[0])
	for name, c := range map[string]struct {
		rows []types.Provider
		n    int
	}{
		"none wanted":                {candidates(1, 1), 0},
		"more wanted than there are": {candidates(1, 1), 3},
		"some without a bond":        {candidates(1, 1, 0), 3},
		"one that stands twice":      {twice, 2},
		"one whose bond is missing":  {[]types.Provider{{Id: 1, Operator: "cpc1"}}, 1},
	} {
		_, err := types.DrawProxies(seed(1), "cpchain-1/1", c.rows, c.n)
		require.ErrorIs(t, err, types.ErrTooFew, name)
	}
}

func TestFirstPlaceGoesByBond(t *testing.T) {
	const draws = 20_000
	rows := candidates(1_000_000_000, 2_000_000_000, 3_000_000_000, 4_000_000_000)
	first := map[uint64]int{}
	for i := range draws {
		ids, err := types.DrawProxies(seed(i), "cpchain-1/1", rows, 2)
		require.NoError(t, err)
		require.NotEqual(t, ids[0], ids[1])
		first[ids[0]]++
	}
	for id := uint64(1); id <= 4; id++ { // 6 standard deviations are at most 6·sqrt(20000·0.24) = 416
		require.InDelta(t, draws*int(id)/10, first[id], 416, "provider %d", id)
	}
}

func TestSplittingABondOverOperatorsGainsNothing(t *testing.T) {
	const draws = 20_000
	whole, split := candidates(50, 50), candidates(50, 10, 10, 10, 10, 10)
	wins := func(rows []types.Provider) (n int) {
		for i := range draws {
			ids, err := types.DrawProxies(seed(i), "cpchain-1/1", rows, 1)
			require.NoError(t, err)
			if ids[0] != 1 {
				n++
			}
		}
		return n
	}
	require.InDelta(t, draws/2, wins(whole), 425)
	require.InDelta(t, draws/2, wins(split), 425)
}

func TestDrawDependsOnSeedAndStream(t *testing.T) {
	rows := candidates(slices.Repeat([]int64{7}, 30)...)
	draw := func(s []byte, stream string) []uint64 {
		ids, err := types.DrawProxies(s, stream, rows, 5)
		require.NoError(t, err)
		return ids
	}
	require.Equal(t, draw(seed(1), "cpchain-1/1"), draw(seed(1), "cpchain-1/1"))
	require.NotEqual(t, draw(seed(1), "cpchain-1/1"), draw(seed(2), "cpchain-1/1"))
	require.NotEqual(t, draw(seed(1), "cpchain-1/1"), draw(seed(1), "cpchain-1/2"))
}

func TestDrawHoldsAtExtremeBonds(t *testing.T) {
	rows := candidates(1, 1)
	rows[1].Bond.Amount = math.NewIntFromBigInt(new(big.Int).Lsh(big.NewInt(1), 128))
	for i := range 200 {
		ids, err := types.DrawProxies(seed(i), "cpchain-1/1", rows, 2)
		require.NoError(t, err)
		require.Equal(t, []uint64{2, 1}, ids)
	}
}

func BenchmarkDrawProxiesOf1000(b *testing.B) {
	rows := candidates(slices.Repeat([]int64{7}, 1000)...)
	for b.Loop() {
		if _, err := types.DrawProxies(seed(1), "cpchain-1/1", rows, 9); err != nil {
			b.Fatal(err)
		}
	}
}

package types

import (
	"crypto/sha256"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cpchain/cpchain/pkg/merkle"
)

func seedOf(n int) []byte {
	h := sha256.Sum256([]byte(fmt.Sprint("seed", n)))
	return h[:]
}

// ST-PIC-1: every leaf of a node is as likely as any other, in whatever shard it lies.
func TestPicksAreEvenOverAllLeaves(t *testing.T) {
	counts := []uint64{8, 0, 3, 1} // 8 shards of 1 leaf, 3 of up to 4, 1 of up to 8: 28 places
	const draws = 28_000
	seen := map[Draw]int{}
	for n := range uint32(draws) {
		at, ok := PickAt(seedOf(1), 7, 3, n, 0, counts)
		require.True(t, ok)
		require.Less(t, at.Index, counts[at.Class])
		seen[at]++
	}
	require.Len(t, seen, 28, "every leaf is drawn")
	for at, n := range seen {
		require.InDelta(t, draws/28, n, 160, "%v: five standard deviations", at)
	}
	_, ok := PickAt(seedOf(1), 7, 3, 0, 0, []uint64{0, 0})
	require.False(t, ok, "nothing to pick from")
	_, ok = PickAt(seedOf(1), 7, 3, 0, 0, nil)
	require.False(t, ok)
}

// ST-PIC-2: who gave up a part f is caught by k picks with 1 - (1-f)^k.
func TestWhoGaveUpHalfIsCaughtAtTheComputedRate(t *testing.T) {
	counts := []uint64{100}
	caught := 0
	const periods = 20_000
	for p := range uint64(periods) {
		for n := range uint32(4) {
			if at, _ := PickAt(seedOf(2), 7, p, n, 0, counts); at.Index < 50 {
				caught++
				break
			}
		}
	}
	require.InDelta(t, 15.0/16, float64(caught)/periods, 0.009)
}

func TestClassesHoldShardsOfAlikeSize(t *testing.T) {
	for size, class := range map[uint64]uint32{0: 0, 1: 0, 1024: 0, 1025: 1, 2048: 1, 2049: 2, 4096: 2, 4097: 3, 1 << 30: MaxClass} {
		require.Equal(t, class, Class(size), "%d bytes", size)
		require.LessOrEqual(t, merkle.ShardLeaves(size), uint64(1)<<class)
	}
}

// ST-FIL-2: one in 1,024 may fill at once, twice as many each stagger, and everybody in the end.
func TestTheTurnToFillComesToTwiceAsManyEachTime(t *testing.T) {
	const operators = 20_000
	ref := SlotRef{Stream: 7, Seq: 3, Slot: 1}
	for steps := int64(0); steps <= fillBits; steps++ {
		may := 0
		for o := range operators {
			ok, after := MayFill(seedOf(3), ref, fmt.Sprint("operator", o), 5*steps, 5)
			require.Equal(t, ok, after <= 5*steps)
			if ok {
				may++
			}
		}
		want := float64(operators) / float64(int(1)<<(fillBits-steps))
		require.InDelta(t, want, may, 5*(want/10+5), "after %d staggers", steps)
	}
	ok, _ := MayFill(seedOf(3), ref, "anybody", 5*fillBits, 5)
	require.True(t, ok)
	_, one := MayFill(seedOf(3), ref, "operator1", 0, 5)
	differs := false
	for slot := range uint32(20) {
		_, other := MayFill(seedOf(3), SlotRef{Stream: 7, Seq: 3, Slot: slot}, "operator1", 0, 5)
		differs = differs || other != one
	}
	require.True(t, differs, "each slot has its own order")
}

// ST-FIL-3
func TestRepairBeginsBeforeTheLastSpareIsGone(t *testing.T) {
	require.False(t, RepairDue(16, 10, 16, 6_000), "nothing is missing")
	require.False(t, RepairDue(16, 10, 15, 6_000))
	require.True(t, RepairDue(16, 10, 14, 6_000))
	require.True(t, RepairDue(16, 10, 9, 6_000), "too late, but others may still have it")
	require.False(t, RepairDue(16, 10, 11, 0))
	require.True(t, RepairDue(16, 10, 10, 0))
	require.True(t, RepairDue(16, 10, 15, 10_000), "eager")
}

// ST-PAY-2
func TestPricesAreExactAndBounded(t *testing.T) {
	p := DefaultParams()
	pay, err := p.Pay(1<<30, 3_000)
	require.NoError(t, err)
	require.EqualValues(t, 100, pay, "a GiB at 3,000 a month of 30 periods")
	pay, err = p.Pay(1, 1)
	require.NoError(t, err)
	require.EqualValues(t, 1, pay, "rounded up")
	pay, err = p.Pay(1<<30, 0)
	require.NoError(t, err)
	require.Zero(t, pay)
	_, err = p.Pay(1<<40, 1<<60)
	require.ErrorIs(t, err, ErrPrice)
	paid, burnt, err := p.Cost(101, 16, 366)
	require.NoError(t, err)
	require.EqualValues(t, 101*16*366, paid)
	require.EqualValues(t, (101*16*366*5+99)/100, burnt)
	_, _, err = p.Cost(1<<50, 64, 3_660)
	require.ErrorIs(t, err, ErrAmount)
	require.EqualValues(t, 5, p.BurntPart(100))
	require.Zero(t, p.BurntPart(19))
}

func FuzzAnswerVerifyRefusesWhatIsNotThere(f *testing.F) {
	shard := make([]byte, 5_000)
	root := merkle.ShardRoot(shard)
	good := Answer{Cid: make([]byte, cidBytes), TreeRoot: root[:], Leaf: shard[:1024]}
	bz, err := good.Marshal()
	require.NoError(f, err)
	f.Add(bz, uint64(0))
	f.Fuzz(func(t *testing.T, bz []byte, leaf uint64) {
		var a Answer
		if a.Unmarshal(bz) != nil {
			return
		}
		d := Deal{ShardRoot: make([]byte, 32), ShardBytes: 5_000, Slots: make([]Slot, 8)}
		require.ErrorIs(t, a.Verify(d, Pick{Leaf: leaf}), ErrAnswer, "nobody knows what hashes to nothing")
	})
}

package types

import "encoding/binary"

const (
	fillLabel = "cpchain/storage/fill/v1"
	// fillBits: at once one operator in 2^fillBits may fill an open slot.
	fillBits = 10
)

// MayFill tells whether an operator may fill a slot that has been open for so many blocks, and after how many it may: one operator in
// 1,024 at once, and twice as many each stagger. The seed is a draw boundary's, so that nobody could name itself to suit; nobody
// has to know the others, and rarely do two rebuild the same shard.
func MayFill(seed []byte, s SlotRef, operator string, open int64, stagger uint32) (may bool, after int64) {
	h := hashOf(fillLabel, seed, number(s.Stream), number(s.Seq), number(uint64(s.Slot)), []byte(operator))
	steps := int64(0)
	for top := binary.BigEndian.Uint32(h[:4]) >> (32 - fillBits); top > 0; top >>= 1 {
		steps++
	}
	after = steps * int64(stagger)
	return open >= after, after
}

// RepairDue tells whether repair of a bundle begins: held slots have fallen to k + ⌈(n-k)·slack/10000⌉ or fewer.
func RepairDue(n, k, held int, slackBps uint32) bool {
	spare := (n-k)*int(slackBps) + bps - 1
	return held < n && held <= k+spare/bps
}

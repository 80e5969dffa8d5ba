package election

import "encoding/binary"

const (
	// EqualPower is the voting power of every seat, but for the difference that SeatPower makes.
	EqualPower = 1 << 20
	// powerSpread bounds that difference: below a thousandth.
	powerSpread = 1 << 10
)

// SeatPower is the voting power of a seat: equal for all but for less than a thousandth, which nobody can aim at. CometBFT lets those
// that join together propose one after the other, in the order of their consensus addresses where their powers are the same; whoever
// made its keys to have neighbouring addresses would hold many blocks in a row at a term's end, and choose the next term's input from
// thousands. The difference orders them instead, anew for each term in which a seat is taken.
func SeatPower(consensusKey []byte, since uint64) int64 {
	d := digest("power", consensusKey, number(since))
	return EqualPower + int64(binary.BigEndian.Uint16(d[:2])%powerSpread)
}

package election

import "encoding/binary"

const (
	// EqualPower is the voting power of every seat, but for the difference that SeatPower makes.
	EqualPower = 1 << 20
	// powerSpread bounds that difference: below a thousandth.
	powerSpread = 1 << 10
	// MaxSeatPower that SeatPower gives.
	MaxSeatPower = EqualPower + powerSpread - 1
)

// SeatPower is the voting power of a seat: equal for all but for less than a thousandth, which nobody can aim at. CometBFT lets those
// that join together propose one after the other, in the order of their consensus addresses where their powers are the same; whoever
// made its keys to have neighbouring addresses would hold many blocks in a row at a term's end, and choose the next term's input from
// thousands. The difference orders them instead, by the input of the term in which the seat is taken, which nobody knew when the keys
// were made.
func SeatPower(consensusKey, input []byte) int64 {
	d := digest("power", consensusKey, input)
	return EqualPower + int64(binary.BigEndian.Uint16(d[:2])%powerSpread)
}

// Package sim runs the whole application on random transactions: the message factories of every module (ours in
// x/*/simulation, the SDK's own), absent and cheating validators, passing time, changing params. After each block the
// invariants must hold; a seed always gives the same state; and an exported state goes on where the first chain stopped. A new
// module joins by its AppModule's WeightedOperationsX and ProposalMsgsX.
//
//	make sim                               # ten seeds of 1000 blocks
//	make sim SIM_SEEDS=7,8 SIM_BLOCKS=5000 # as many as wanted
//
// A failure names its seed, which repeats it: SIM_SEEDS=7 SIM_BLOCKS=1000 go test ./tests/sim.
package sim

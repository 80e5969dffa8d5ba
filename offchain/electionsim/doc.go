// Package electionsim says how hard it is to capture the committee (R4.2, R4.5). It runs the elections of many terms, with the code
// the chain runs (pkg/election for draws, ranks, rotation and randomness, x/reputation for what behaviour costs, CometBFT's own
// order of proposers), against an adversary with a strategy, and counts the seats it gets. Everything follows from a seed.
//
// Signatures are left out: outputs of verifiable random functions are hashes of the operator, its key and the term's input.
package electionsim

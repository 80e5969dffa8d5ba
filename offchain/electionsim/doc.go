// Package electionsim says how hard it is to capture the committee (R4.2, R4.5): it runs the elections of many terms, with the
// code the chain runs (pkg/election), against an adversary, and counts the seats it gets. Everything follows from a seed.
//
// Signatures are left out: outputs of verifiable random functions are hashes of the seed, the term's input and the candidate.
package electionsim

// Package election chooses a committee by weighted lottery and rotates it, in integers only, so that every machine and every
// program comes to the same seats (R4.2, R4.5, R4.6). The chain runs it, the candidate's own agent runs it to know its level,
// and the simulator runs it to say how hard capture is.
//
// # Lottery
//
// Each candidate has a weight from its reputation and, from a verifiable random function over the term's input, a 64-byte
// output nobody could choose. With u uniform in (0, 1] from that output, candidates are ordered by the exponential race
//
//	score = weight / -log2(u), highest first
//
// which is successive weighted drawing without replacement (Efraimidis and Spirakis, "Weighted random sampling with a
// reservoir", IPL 97(5), 2006), and needs nothing but the candidate's own proof. -log2 is computed by squaring in 16.48 fixed
// point. Level, 0 to 383, is the score's logarithm in quarters: what people are shown.
//
// # Randomness
//
// The input of a term comes from a chain of values R, one per block, into which each proposer mixes its own VRF output (RANDAO
// with outputs that can be withheld but not chosen; Gilad et al., "Algorand", SOSP 2017, for the per-block VRF). A proposer
// who withholds mixes in a fixed tag instead, and pays. Sortition proofs never enter it: whoever withholds one changes nobody's
// draw but its own.
//
// # Rotation
//
// Seats are numbered; consecutive seats form cohorts, one of which is up for election each term, so that at most a fifth of the
// set changes on schedule and a light client that trusts a third of it can follow. Additions per term are bounded, removals are
// not, and the set is never empty.
package election

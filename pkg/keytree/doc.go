// Package keytree derives one symmetric key per time interval from a binary tree of seeds, so that any range of intervals
// can be handed over as a few seeds and nothing else follows from them.
//
// Construction: the GGM tree (Goldreich, Goldwasser, Micali: How to Construct Random Functions, J. ACM 1986) of fixed depth
// 32 over SHA-256, as TimeCrypt (NSDI 2020) uses it for time-ordered data. A stream has one tree per key epoch:
//
//	root(stream, epoch) = HKDF-SHA256(owner seed, info = label ‖ stream ‖ epoch)    (RFC 5869; "hardened": no public part)
//	left(seed)  = SHA-256("cpchain/keytree/left/v1"  ‖ 0x00 ‖ seed)
//	right(seed) = SHA-256("cpchain/keytree/right/v1" ‖ 0x00 ‖ seed)
//	key(leaf)   = SHA-256("cpchain/keytree/key/v1"   ‖ 0x00 ‖ seed of leaf)
//	commitment  = SHA-256("cpchain/keytree/commit/v1" ‖ 0x00 ‖ key)
//
// Each hash is one compression of a secret of full entropy under its own label, modelled as a PRF keyed by the seed. Whoever
// holds a node's seed can derive every interval key below it and, the hashes being one-way, neither its parent, nor its
// sibling, nor anything beside it. A key's commitment is binding (collision resistance) and hides the key.
//
// What it does not do: a seed once handed over can't be taken back, and who holds two siblings holds their parent's range
// (never the parent's seed).
package keytree

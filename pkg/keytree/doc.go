// Package keytree derives one symmetric key per time interval from a binary tree of seeds, so that any range of intervals
// can be handed over as a few seeds and nothing else follows from them (R2.1, R3.2).
//
// # Construction
//
// The GGM tree (Goldreich, Goldwasser, Micali: "How to construct random functions", J. ACM 33(4), 1986) of fixed depth 32
// over SHA-256, used for time-ordered data as in TimeCrypt (Burkhalter et al., NSDI 2020). A stream has one tree per key
// epoch:
//
//	root(stream, epoch) = HKDF-SHA256(owner seed, info = label ‖ 0x00 ‖ len(stream) ‖ stream ‖ epoch)   (RFC 5869)
//	left(seed)          = SHA-256("cpchain/keytree/left"   ‖ 0x00 ‖ seed)
//	right(seed)         = SHA-256("cpchain/keytree/right"  ‖ 0x00 ‖ seed)
//	key(leaf)           = SHA-256("cpchain/keytree/key"    ‖ 0x00 ‖ seed of leaf)
//	commitment          = SHA-256("cpchain/keytree/commit" ‖ 0x00 ‖ key)
//
// The root is "hardened": it follows from the owner's seed only and has no public part. Each label leaves room for label,
// zero byte, secret and padding in ONE compression of SHA-256, so a key costs three compressions when a range is walked in
// order (Keys) and 33 when reached from the root.
//
// # Security
//
// Each hash is one compression of a secret of full entropy under its own label, modelled as a PRF keyed by the seed; by the
// GGM argument every key outside a seed's subtree stays indistinguishable from random to whoever holds that seed, for it is
// separated from it by at least one PRF call under a key he does not have. So a seed's holder derives every key below its
// node and neither its parent, nor its sibling, nor anything beside it; the key of an interval does not give back the seed of
// its leaf (and so not the proxy re-encryption keys that hang on that seed). A commitment binds to one key (collision
// resistance of SHA-256) and hides it (256-bit pre-images). Streams, key epochs, nodes, keys and commitments never share an
// input to a hash: labels hold no zero byte, lengths are fixed or prefixed.
//
// A Window forgets: once an interval has passed, only the seeds to its right survive, so a stolen gateway opens nothing of
// the past (puncturing, the forward security of a GGM tree).
//
// # What it does not protect
//
// A seed once handed over can't be taken back. Two siblings together reach their parent's range (never its seed). Forgetting
// overwrites the copies this package made, not those of the garbage collector, a swap file or a backup; and seeds handed over
// a second time are held a second time. The interval key is deterministic: sealing twice under it needs a fresh salt, which
// is package seal's part.
package keytree

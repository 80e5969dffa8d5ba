// Package pre is threshold proxy re-encryption over ristretto255: what was wrapped once for an owner's key is opened by a
// reader after t of n proxies each contributed a re-encryption, without any of them, or fewer than t together with the
// reader, learning anything (R3.1 to R3.3).
//
// # Construction
//
// The scheme follows Umbral (Nuñez, "Umbral: a threshold proxy re-encryption scheme", NuCypher 2018), which builds on BBS98
// (Blaze, Bleumer, Strauss: "Divertible protocols and atomic proxy cryptography", EUROCRYPT 1998) and Shamir's secret sharing
// (CACM 22(11), 1979), in the prime-order group ristretto255 (RFC 9496) with generator G and a second generator
// U = HashToElement("U", "cpchain/pre/U/v1") (RFC 9380). H is expand_message_xmd with SHA-512 to 64 bytes, reduced; every use
// has a label of its own and takes length-prefixed parts. A key pair (a, A = aG) belongs to one node of a key tree and is
// derived, like the two random scalars r and u of its one capsule, from the node's 32-byte seed under distinct labels:
//
//	E = rG   V = uG   s = u + r·H(E, V)                              capsule, checked by sG = V + H(E, V)·E
//	K = HKDF((r+u)·A, suite ‖ E ‖ V ‖ A ‖ context)                   RFC 5869; wraps the seed itself with AES-256-GCM,
//	                                                                 associated data = context ‖ version ‖ suite ‖ E ‖ V ‖ s
//
// so the capsule of a node is one fixed byte string: the owner knows its hash before the node's time has come, a gateway
// that holds the seed makes the same bytes, it is the same for all readers, and whoever opens it re-derives A and the capsule
// and compares.
//
//	x random, X = xG, D = xB = bX, d = H(X, B, D)                    B = bG is the reader
//	f(0) = a/d, f of degree t-1 with random coefficients
//	rk_i = f(x_i), x_i = H(X, B, D, id_i), U1_i = rk_i·U             share of proxy i; its Leaf is public
//	E1 = rk·E, V1 = rk·V, NIZK of log_E E1 = log_V V1 = log_U U1     fragment
//	K from d·Σ λ_i (E1_i + V1_i) = (r+u)·A                           opening
//
// The proof is Schnorr's and Chaum and Pedersen's, made non-interactive by Fiat and Shamir and sent as challenge and
// response. Its challenge covers chain id, grant, the whole leaf (version, suite, node, A, hash of the capsule, proxy, id, X,
// U1), E, V, E1, V1 and the commitments. Its nonce is hedged: hashed from the share, the transcript and fresh randomness, so
// that neither a broken nor a repeating random source gives two challenges one nonce (which would give the share away).
// x, the polynomial and the ids are hedged with the node's seed for the same reason. x is fresh at every Split, as a
// dispute may show D.
//
// # Security
//
// The capsule is encrypt-with-hash of a uniform seed (Bellare, Boldyreva, O'Neill: "Deterministic and efficiently searchable
// encryption", CRYPTO 2007): deterministic, yet hiding, since its message has full entropy; under CDH in the random oracle
// model K is unknown without a, the seed, or t shares and b. Fewer than t shares say nothing about f(0), with or without the
// reader (Shamir). All n shares without the reader can't even be interpolated: the places x_i and the factor d hang on D,
// which is a Diffie-Hellman secret of owner and reader. A fragment that verifies was made with the share its leaf commits to
// (soundness of the proof), for this capsule, grant and chain: anyone can check it, nobody can transplant it. A proxy
// re-encrypts the leaf's capsule and no other, so it is no oracle for a reader's own. When enough verified fragments still do
// not open, the polynomial or the capsule was bad, which no proxy could see: ErrOwnerFault. Umbral's capsule check does not
// bind A and GCM does not commit to its key; the hash in the leaf and the re-derivation on opening do both.
//
// # What it does not protect
//
// t proxies together with the reader recover a (Umbral is not master-secret secure). a and the seed of its node are then
// known, which is what the grant opens anyway; no other node's key is related to it, so there is nothing above or beside to
// fall (the tests mount it). t colluding proxies can serve their reader before the window closes or after a revocation;
// revocation is the proxies' refusal, and a node once opened stays open. A reader can pass on what he reads. Whoever
// learns a node's seed can open all its capsules, past and future. There is no post-quantum security.
//
// # Timing
//
// Arithmetic is filippo.io/edwards25519, constant-time wherever a scalar or a point is secret: keys, shares, nonces, d, the
// weights and the shared point. Only functions named public... take variable time, in verification, whose inputs are public.
// Points are decoded with early returns; the encodings are public. The tests hold decoding, arithmetic and hashing against
// the RFC's vectors and against circl's independent ristretto255.
package pre

// Package pre is threshold proxy re-encryption over ristretto255: what was wrapped once for an owner's key is opened by a
// reader after t of n proxies each contributed a re-encryption, without any of them, or fewer than t together with the
// reader, learning anything.
//
// # Construction
//
// The scheme follows Umbral (Nuñez, "Umbral: a threshold proxy re-encryption scheme", NuCypher 2018), which builds on BBS98
// and Shamir's secret sharing, in the prime-order group ristretto255 (RFC 9496) with generator G and a second generator
// U = HashToGroup("cpchain/pre/U/v1"). Every key pair (a, A = aG) belongs to one node of a key tree and is derived, like
// the two random scalars r and u of its one capsule, from the node's 32-byte seed under distinct labels:
//
//	E = rG   V = uG   s = u + r·H(E, V)                                capsule, checked by sG = V + H(E, V)·E
//	K = KDF((r+u)·A, E, V, A, context)                                 wraps the seed itself: AES-256-GCM, data = context ‖ E ‖ V ‖ s
//
// so the capsule of a node is one fixed byte string: the owner knows its hash before the node's time has come, a gateway
// that holds the seed makes the same bytes, and whoever opens it re-derives A and the capsule and compares. (Encryption of a
// uniform seed with randomness hashed from that seed: Bellare, Boldyreva and O'Neill, CRYPTO 2007, encrypt-with-hash.)
//
//	x random, X = xG, D = xB = bX, d = H(X, B, D)                      B = bG is the reader
//	f(0) = a/d, f of degree t-1 with random coefficients
//	rk_i = f(x_i), x_i = H(X, B, D, id_i), U1_i = rk_i·U               share of proxy i; its Leaf is public
//	E1 = rk·E, V1 = rk·V, NIZK of log_E E1 = log_V V1 = log_U U1       fragment (Chaum–Pedersen, Fiat–Shamir)
//	K from d·Σ λ_i (E1_i + V1_i) = (r+u)·A                             opening
//
// The proof's challenge covers chain id, grant, leaf, capsule and all points. Its nonce is hedged: hashed from the share, the
// transcript and fresh randomness, so that neither a broken nor a repeated random source gives two proofs one nonce.
//
// # What holds and what does not
//
// Fewer than t shares say nothing about f(0) (Shamir). All n shares without the reader can't even be interpolated: the
// places x_i depend on D, which only owner and reader know. t shares together with the reader's key give a itself, and with
// it exactly what the grant opens anyway: the seed of this node. No other node's key is related to it. A fragment that
// verifies was made with the share the leaf commits to; when enough verified fragments still do not open, the polynomial or
// the capsule was bad, which is the owner's fault. Revocation is the proxies' refusal: a node once opened stays open.
// There is no post-quantum security.
//
// Secret scalars are handled by circl's constant-time ristretto255; verification has public inputs only.
package pre

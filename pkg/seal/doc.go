// Package seal holds the symmetric and public-key encryption of CPChain's data plane.
//
// # Segments
//
// A segment is sealed under a key used once: HKDF-SHA256 (RFC 5869) of the interval key with a fresh 32-byte salt, the writer
// epoch and the part. The interval key alone is deterministic, so a crash, a restored image or a second writer would otherwise
// meet one key and nonce with two plaintexts, which breaks GCM (NIST SP 800-38D). The plaintext goes through STREAM (Hoang,
// Reyhanitabar, Rogaway, Vizár: Online Authenticated-Encryption and its Nonce-Reuse Misuse-Resistance, CRYPTO 2015) in chunks
// of 64 KiB with AES-256-GCM; the nonce is the chunk's number and a flag for the last one, so that cutting, dropping,
// reordering, splicing and extending are all detected. Stream, key epoch, interval, part, writer epoch and salt are
// associated data of every chunk. The derivation also gives a 32-byte commitment that stands before the chunks: a sealed
// segment opens under one key only (AES-GCM by itself does not commit: Grubbs, Lu, Ristenpart, CRYPTO 2017).
//
// # Parcels
//
// SealTo is HPKE in base mode (RFC 9180) with DHKEM(X25519, HKDF-SHA256), HKDF-SHA256 and AES-256-GCM. The possession of an
// X25519 key is proved by XEdDSA (Perrin, 2016), which a chain verifies like an ed25519 signature.
//
// # At rest
//
// DiskKey seals small frames of daemons' files with random nonces.
package seal

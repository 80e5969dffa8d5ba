// Package timechain turns a stream's records into what is stored and anchored, and back: a chain of blocks over time, sealed
// in segments, bundled, erasure-coded and described by a manifest.
//
// # Time
//
// A Grid cuts event time into blocks (T), intervals (e, one symmetric key each) and uploads (u). A record belongs to the block
// period and interval its time lies in. One that comes late is sealed in the interval open then, in a late block, under its
// own time. Order inside a block, and inside an interval, is (time, arrival).
//
// # What is bound to what
//
//	record  ── salted, in groups of 16 ──▶ block record root ─┐
//	block header {…, previous header's hash} ─────────────────┴▶ header root of the interval ─┐
//	manifest line {interval, counts, times, header root, last header, commitment, parts} ─▶ record root of the anchor
//
// All trees are RFC 6962 trees over SHA-256 (package merkle). A leaf of a block's tree is the hashes of 16 records one after the
// other, of what is left in the last; a record's hash is H(0x02 ‖ salt ‖ T, Seq and values as a CBOR sequence, RFC 8742). The
// header binds the number of records, and with it every group's size. Headers are chained by hash over blocks, intervals and bundles;
// the manifest says where its chain begins, and each line where it stands after its interval, so nothing can be left out,
// added, moved or altered. Salts come from a keystream under the segment's key (package seal): one record can be shown to a
// third party (RecordProof) without making its neighbours guessable.
//
// # Formats
//
// Records, headers, lines, manifests and proofs are CBOR in core deterministic encoding (RFC 8949, section 4.2.1) after a
// version byte, manifests, headers and proofs also after a suite byte (1: SHA-256, AES-256-GCM). What is parsed is encoded
// again and compared, so a thing has exactly one encoding.
//
// A segment's plaintext is a codec byte and a body: block headers, less what follows from elsewhere, and the records by
// column. Times are deltas of deltas, integers and decimals deltas, doubles XORed, each against the same series' last value
// where the schema names key fields; texts go through a dictionary. Codec 1 compresses the body with zstd (RFC 8878), codec 2
// leaves it.
//
// The package does no I/O, reads no clock and draws no randomness but from the reader it is given: the same input and reader
// give the same bytes, with any number of workers.
package timechain

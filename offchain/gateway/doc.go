// Package gateway is the edge gateway: it takes sensor records, keeps them sealed on disk from the moment it acknowledges
// them, and turns them into sealed, erasure-coded, anchored bundles.
//
// A lane is the whole way of one stream. Records go into the lane's write-ahead log (package wal); when an upload window
// has closed, its intervals are sealed into a bundle, which is staged on disk, uploaded (package publish) and anchored;
// then the log is trimmed and the keys of the past are forgotten. Every step can be cut off by a crash and taken up
// again: a staged bundle is uploaded as it is or thrown away and sealed anew under fresh salts, and nothing is sent twice
// before the chain has been asked.
//
// A gateway whose state is behind the chain (a restored disk image) seals nothing before it has begun a new writer epoch
// there. Its keys are files: a gateway without secure hardware protects what it has forgotten, and nothing else.
package gateway

// Package wal is a sealed write-ahead log: what Append has returned from without error is on disk, and survives any crash.
//
// # On disk
//
//	<dir>/<number of its first frame, 16 hex digits>.wal    segments; the last one is written to
//
//	segment = frame …
//	frame   = magic "CWL" ‖ version 0x01 ‖ number (8) ‖ durable (8) ‖ length (4) ‖ sealed
//	sealed  = seal.DiskKey over low (4) ‖ high (4) ‖ payload, bound to the log's name and the frame's header
//
// Numbers are big endian and count on without a hole over all segments. durable is how many frames were known to be on
// disk when this one was written. It tells the two kinds of broken bytes apart: a write torn by a crash is followed by
// nothing that was acknowledged later, so the tail is cut and nobody has been promised anything; broken bytes followed
// by a frame that says they had been durable are damage to acknowledged data, which Open reports (ErrCorrupt) and does
// not touch. Damage to the very last group written can't be told from a torn write.
//
// Writers that meet during one fsync share the next (group commit). After an fsync that failed, the state of the page
// cache is unknown, so the log refuses everything until it is opened again.
package wal

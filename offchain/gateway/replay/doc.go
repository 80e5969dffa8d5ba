// Package replay sends a CSV file to a running gateway as a client of its HTTP interface, at any speed.
//
// Each batch has an idempotency key made of the file's hash, the options and the rows, and boundaries that depend on them
// alone: a replay that was cut off, on either side, goes on where it was without storing anything twice.
package replay

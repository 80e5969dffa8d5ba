// Package integration tests the application in process, all modules together.
package integration

import "time"

// testTimeout and testTick bound the wait for work that the application does beside the blocks.
const (
	testTimeout = 20 * time.Second
	testTick    = 10 * time.Millisecond
)

// Package cli is the story of everything people type: scripts of command lines against a live stack of one validator, five
// storage nodes and a gateway, each line with what it must print or how it must be refused. `make e2e STORY=cli` runs it.
package cli

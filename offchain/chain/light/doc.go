// Package light reads rows of the chain's state from a node that is not trusted.
//
// Headers are verified by CometBFT's light client: beginning with one header whose hash the user got elsewhere, a later
// one is believed when enough of the power that signed an earlier one has signed it too, with headers between where the
// validators changed much. A row, or its absence, is then proved against the app hash of a verified header (ICS-23).
package light

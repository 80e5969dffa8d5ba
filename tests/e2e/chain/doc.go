// Package chain runs networks of real cpchaind processes, for tests and demonstrations: homes made by "cpchaind testnet
// init-files", ports of their own on loopback, a log file each. It ends only processes that it started.
package chain

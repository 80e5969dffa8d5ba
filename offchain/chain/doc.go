// Package chain is the one adapter between CPChain's off-chain programs and a chain node.
//
// It needs nothing but a CometBFT RPC address: module queries travel as ABCI queries, transactions through the mempool
// endpoints. Each program declares the few methods it uses as its own interface and gets a *Client for it.
package chain

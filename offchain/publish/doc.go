// Package publish brings a sealed bundle to the storage providers and makes the anchor that vouches for it.
//
// A Publisher reads the newest draw boundary, ranks the eligible providers by the draw (nothing the writer can vary
// enters it), gives each slot of the bundle to another operator under a ticket signed by the writer key, goes on to the
// next operator where one fails, leaves the manifest and all receipts with every holder, and signs the anchor. It sends
// no transaction: when, and by whom, is the caller's business, as is keeping the anchor until it is on chain.
package publish

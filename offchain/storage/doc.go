// Package storage is the storage and re-encryption node: it keeps shards, manifests and parcels, serves them to those
// the chain says have a right, and turns capsules into fragments for the readers of live grants.
//
// A Node holds the parts: the store (folder store) owns the disk, the overlay (folder overlay) the peer-to-peer network,
// the server answers peers through one handler per request, and chores repeat on a timer: the anchorer settles uploads,
// the acceptor answers parcels on chain, the publisher keeps hints alive in the DHT. What a node knows of the chain
// comes through the small ports in ports.go.
package storage

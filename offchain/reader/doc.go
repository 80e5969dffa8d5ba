// Package reader fetches, verifies and opens what a reader was granted (or an owner owns).
//
// A fetch goes: grant row → key tree cover → t proxies' signed answers → node seeds → interval keys; and, per anchor in
// range: manifest by its CID → k shards by their CIDs → sealed payload → records. Nothing a storage node says is
// believed: manifests and shards are matched to the anchor's hashes, answers to the grant's root and the proxy's key, and
// every interval to its commitment, its header chain and its record root.
package reader

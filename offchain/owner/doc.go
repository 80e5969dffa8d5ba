// Package owner is what a stream's owner does off chain: derive key trees from the root seed, provision gateways, build
// grants and bring proxies their parcels, revoke.
//
// Nothing here needs the owner online after the grant transaction: the parcels are what the proxies serve from.
package owner

package keeper

// What the module charges for work the store does not see. The unit is the SDK's own 1,000 gas for one ed25519 verification;
// the figures are the times BenchmarkGas gives, as multiples of that, rounded up (README, gas).
const (
	// gasSignature is one ed25519 verification: 67 µs where the others were measured.
	gasSignature = 1_000
	// gasPossession is a reader's two proofs, one Schnorr proof on ristretto255 and one ed25519 signature: 117 µs.
	gasPossession = 2_000
	// gasFragment is one fragment with its proof and capsule: 380 µs.
	gasFragment = 6_000
	// gasPerNode is one key tree node: a grant's cover is computed when it is made and again in every dispute. 66 ns.
	gasPerNode = 1
	// gasPerRank is one proxy ranked by its bond, when a grant is made or a parcel handed over: 5.3 µs.
	gasPerRank = 80
)

package keeper

// What the module charges for work the store does not see, beside the SDK's own 1,000 gas for a signature: the figures are
// multiples of the time of one ed25519 verification, measured by BenchmarkGas and rounded up (README, gas).
const (
	// gasSignature is one ed25519 verification.
	gasSignature = 1_000
	// gasPossession is a reader's two proofs: one Schnorr proof on ristretto255, one ed25519 signature.
	gasPossession = 4_000
	// gasFragment is one fragment with its proof and capsule.
	gasFragment = 10_000
	// gasPerNode is one key tree node: a grant's cover is computed when it is made and again in every dispute.
	gasPerNode = 100
)

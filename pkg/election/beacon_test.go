package election

import (
	"encoding/hex"
	"testing"

	"github.com/stretchr/testify/require"
)

// Computed by another program from the package's description.
func TestBeaconVectors(t *testing.T) {
	r := Genesis("cpchain-1", []byte("seed"))
	for _, c := range []struct{ name, want, got string }{
		{"genesis", "6e29a52cd1d8b3680576eb23c61dccf7c62ab9b7d9ff44d870e3b1f299d35c41", hex.EncodeToString(r[:])},
		{"block", "5c8c05604f820484a0e2f7b1ae77878ae355d3ab5a39a3bd761a1980556799b1", hex.EncodeToString(BlockInput("cpchain-1", 7, r))},
		{"term", "9075ef0f5c38c14ac12447d5414a173d30623be089c90ea7626a7d45d3961e54", hex.EncodeToString(TermInput("cpchain-1", 7, r))},
	} {
		require.Equal(t, c.want, c.got, c.name)
	}
	mixed, skipped := r.Mix([]byte("output")), r.Skip()
	require.Equal(t, "10c49658070201c19df05605ef61ff63bce35250d3111e8c02565596f3d1cc72", hex.EncodeToString(mixed[:]))
	require.Equal(t, "694bae658a242af452a16266314a623480a77e89fe0d5c33c5b6c9a37af2b18d", hex.EncodeToString(skipped[:]))
}

func TestInputsBindEverything(t *testing.T) {
	r := Genesis("cpchain-1", []byte("seed"))
	seen := map[string]bool{}
	for _, input := range [][]byte{
		BlockInput("cpchain-1", 7, r), BlockInput("cpchain-2", 7, r), BlockInput("cpchain-1", 8, r), BlockInput("cpchain-1", 7, r.Skip()),
		TermInput("cpchain-1", 7, r), TermInput("cpchain-2", 7, r), TermInput("cpchain-1", 8, r), TermInput("cpchain-1", 7, r.Skip()),
	} {
		require.False(t, seen[string(input)])
		seen[string(input)] = true
	}
	require.NotEqual(t, Genesis("ab", []byte("c")), Genesis("a", []byte("bc")), "lengths keep parts apart")
	require.NotEqual(t, r.Mix(nil), r.Skip())
}

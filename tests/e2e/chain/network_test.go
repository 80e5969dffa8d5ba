//go:build e2e

package chain

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestNetworkOutlivesAKilledValidator needs a built binary: CPCHAIND=/path/to/cpchaind go test -tags e2e ./tests/e2e/chain
func TestNetworkOutlivesAKilledValidator(t *testing.T) {
	binary := os.Getenv("CPCHAIND")
	require.NotEmpty(t, binary, "set CPCHAIND to the path of a built cpchaind")
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	network, err := Start(ctx, t, Config{
		Binary: binary, Validators: 4, BlockTime: 200 * time.Millisecond, Accounts: []string{"alice=1000000000ucpc", "bob=1ucpc"},
	})
	require.NoError(t, err)
	alice, bob := mustAddress(ctx, t, network, "alice"), mustAddress(ctx, t, network, "bob")

	network.Nodes[3].Kill()
	sent, err := network.Tx(ctx, "alice", "bank", "send", alice, bob, "41ucpc")
	require.NoError(t, err)
	require.Positive(t, sent.Height)

	var answer struct {
		Balance struct {
			Amount string `json:"amount"`
		} `json:"balance"`
	}
	require.NoError(t, network.Query(ctx, &answer, "bank", "balance", bob, "ucpc"))
	require.Equal(t, "42", answer.Balance.Amount)

	_, err = network.Tx(ctx, "bob", "bank", "send", bob, alice, "1000000ucpc")
	require.ErrorContains(t, err, "insufficient funds")

	require.NoError(t, network.Nodes[3].Start())
	have, err := network.Nodes[0].Height(ctx)
	require.NoError(t, err)
	require.NoError(t, network.Nodes[3].WaitHeight(ctx, have+2))
	require.NoError(t, network.Nodes[1].Restart(ctx))
	require.NoError(t, network.WaitHeight(ctx, have+5))
}

func mustAddress(ctx context.Context, t *testing.T, n *Network, key string) string {
	address, err := n.Address(ctx, key)
	require.NoError(t, err)
	return address
}

// Command recompute elects a chain's committees anew, from what the chain answers to queries: it verifies the randomness of every block
// and every candidate's proof, computes scores with its own arithmetic, and compares ranks and winners with the chain's. It shares no
// code with the election but the VRF's verification and the messages of queries.
//
//	recompute -node http://127.0.0.1:26657
//
// It prints {"terms", "draws", "blocks", "skipped"} and fails at the first difference.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/signal"

	rpchttp "github.com/cometbft/cometbft/rpc/client/http"
)

// result counts what was recomputed and found the same.
type result struct {
	Terms  int `json:"terms"`
	Draws  int `json:"draws"`
	Blocks int `json:"blocks"`
	// Skipped blocks had no proof of randomness; Unclear terms ended in the same block in which a member was removed.
	Skipped int `json:"skipped"`
	Unclear int `json:"unclear"`
}

func main() {
	node := flag.String("node", "http://127.0.0.1:26657", "CometBFT RPC of a node that keeps all states")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	res, err := recompute(ctx, *node)
	if out, e := json.Marshal(res); e == nil {
		fmt.Println(string(out))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "recompute:", err)
		os.Exit(1)
	}
}

func recompute(ctx context.Context, node string) (result, error) {
	var res result
	rpc, err := rpchttp.New(node, "/websocket")
	if err != nil {
		return res, err
	}
	status, err := rpc.Status(ctx)
	if err != nil {
		return res, err
	}
	c := &chain{rpc: rpc, id: status.NodeInfo.Network, newest: status.SyncInfo.LatestBlockHeight - 1}
	if err := c.terms(ctx, &res); err != nil {
		return res, err
	}
	return res, c.blocks(ctx, &res)
}

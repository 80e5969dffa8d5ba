// Command cpstoraged is the storage and re-encryption node.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/cpchain/cpchain/offchain/storage/daemon"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := daemon.Command().ExecuteContext(ctx); err != nil {
		fmt.Fprintf(os.Stderr, "cpstoraged: %v\n", err)
		os.Exit(1)
	}
}

// Command cpgatewayd is the edge gateway.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/cpchain/cpchain/offchain/gateway/daemon"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := daemon.Command().ExecuteContext(ctx); err != nil {
		fmt.Fprintf(os.Stderr, "cpgatewayd: %v\n", err)
		os.Exit(1)
	}
}

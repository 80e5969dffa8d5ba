// Command faultyproxy is cpstoraged with a fault, for tests that show how readers deal with bad proxies: FAULT=wrong signs
// fragments made for another grant, FAULT=silent takes every request for fragments and never answers.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/cpchain/cpchain/offchain/storage"
	"github.com/cpchain/cpchain/offchain/storage/daemon"
	"github.com/cpchain/cpchain/pkg/pre"
)

var faults = map[string]storage.ReEncrypt{"wrong": wrong, "silent": silent}

// wrong gives a well-formed fragment whose proof is for the next grant.
func wrong(_ context.Context, rand io.Reader, s pre.Share, capsule []byte, b pre.Binding) ([]byte, error) {
	b.Grant++
	return pre.ReEncrypt(rand, s, capsule, b)
}

// silent lets the asker wait until it gives up.
func silent(ctx context.Context, _ io.Reader, _ pre.Share, _ []byte, _ pre.Binding) ([]byte, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

func main() {
	fault, ok := faults[os.Getenv("FAULT")]
	if !ok {
		fmt.Fprintln(os.Stderr, "faultyproxy: set FAULT to wrong or silent")
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := daemon.Command(daemon.WithReEncrypt(fault)).ExecuteContext(ctx); err != nil {
		fmt.Fprintf(os.Stderr, "faultyproxy: %v\n", err)
		os.Exit(1)
	}
}

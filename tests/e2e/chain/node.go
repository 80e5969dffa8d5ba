package chain

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	cmthttp "github.com/cometbft/cometbft/rpc/client/http"
	cmttypes "github.com/cometbft/cometbft/types"
)

// redial is the pause between attempts to reach a node that is still starting.
const redial = 100 * time.Millisecond

// tailBytes of a log are shown when a node ends unexpectedly.
const tailBytes = 2000

// Node is one validator. Its methods are for one goroutine at a time.
type Node struct {
	// Name is node0, node1, ...
	Name string
	// Home holds keys, configuration and data.
	Home string
	// RPC is CometBFT's address, such as http://127.0.0.1:26657.
	RPC string
	// GRPC is host:port.
	GRPC string
	// REST is the address of the gRPC gateway.
	REST string
	// Peer is how others reach it: node id@host:port.
	Peer string
	// Operator is the account of its validator, Validator the validator's address.
	Operator, Validator string
	// LogFile gets what the process prints, over all its starts.
	LogFile string

	binary string
	env    Env
	cmd    *exec.Cmd
	ended  chan struct{} // closed when the process has ended
}

// Start starts the process; flags are added to those of "cpchaind start". It doesn't wait: see WaitHeight.
func (n *Node) Start(flags ...string) error {
	if n.Running() {
		return fmt.Errorf("%s runs already", n.Name)
	}
	log, err := os.OpenFile(n.LogFile, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer log.Close() // the process has its own descriptor
	cmd := exec.Command(n.binary, append([]string{"start", "--home", n.Home, "--log_no_color"}, flags...)...)
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("%s: %w", n.Name, err)
	}
	n.cmd, n.ended = cmd, make(chan struct{})
	go func(ended chan struct{}) {
		_ = cmd.Wait() // how it ended is in ProcessState
		close(ended)
	}(n.ended)
	n.env.Logf("chain: %s started, pid %d, rpc %s", n.Name, cmd.Process.Pid, n.RPC)
	return nil
}

// Running says whether the process was started and has not ended.
func (n *Node) Running() bool {
	if n.cmd == nil {
		return false
	}
	select {
	case <-n.ended:
		return false
	default:
		return true
	}
}

// Stop asks the process to end and waits for it. When the context ends first, the process is killed and that is an error.
func (n *Node) Stop(ctx context.Context) error {
	if !n.Running() {
		return nil
	}
	if err := n.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("%s: %w", n.Name, err)
	}
	select {
	case <-n.ended:
		return nil
	case <-ctx.Done():
		n.Kill()
		return fmt.Errorf("%s did not end when asked and was killed: %w", n.Name, ctx.Err())
	}
}

// Kill ends the process without warning, as a power cut does, and waits for it.
func (n *Node) Kill() {
	if !n.Running() {
		return
	}
	_ = n.cmd.Process.Kill() // it fails only if the process has ended
	<-n.ended
	n.env.Logf("chain: %s killed", n.Name)
}

// Restart stops the process and starts it again.
func (n *Node) Restart(ctx context.Context) error {
	if err := n.Stop(ctx); err != nil {
		return err
	}
	return n.Start()
}

// Height of the node's newest block.
func (n *Node) Height(ctx context.Context) (int64, error) {
	client, err := cmthttp.New(n.RPC, "/websocket")
	if err != nil {
		return 0, err
	}
	return height(ctx, client)
}

func height(ctx context.Context, client *cmthttp.HTTP) (int64, error) {
	status, err := client.Status(ctx)
	if err != nil {
		return 0, err
	}
	return status.SyncInfo.LatestBlockHeight, nil
}

// WaitHeight waits until the node has the block of a height. It fails when the process ends, with the end of its log.
func (n *Node) WaitHeight(ctx context.Context, want int64) error {
	client, err := n.dial(ctx)
	if err != nil {
		return err
	}
	defer n.hangUp(client)
	blocks, err := client.Subscribe(ctx, "wait", cmttypes.EventQueryNewBlockHeader.String(), 100)
	if err != nil {
		return fmt.Errorf("%s: %w", n.Name, err)
	}
	// The block may have come before the subscription.
	if have, err := height(ctx, client); err != nil || have >= want {
		return err
	}
	for {
		select {
		case event := <-blocks:
			if header, ok := event.Data.(cmttypes.EventDataNewBlockHeader); ok && header.Header.Height >= want {
				return nil
			}
		case <-n.ended:
			return n.unexpectedEnd()
		case <-ctx.Done():
			return fmt.Errorf("%s: waiting for block %d: %w", n.Name, want, ctx.Err())
		}
	}
}

// dial connects to the node's RPC as soon as it answers.
func (n *Node) dial(ctx context.Context) (*cmthttp.HTTP, error) {
	if n.cmd == nil {
		return nil, fmt.Errorf("%s was not started", n.Name)
	}
	client, err := cmthttp.New(n.RPC, "/websocket")
	if err != nil {
		return nil, err
	}
	for {
		if _, err = client.Status(ctx); err == nil {
			break
		}
		select {
		case <-time.After(redial):
		case <-n.ended:
			return nil, n.unexpectedEnd()
		case <-ctx.Done():
			return nil, fmt.Errorf("%s: waiting for its RPC: %w: %w", n.Name, ctx.Err(), err)
		}
	}
	if err := client.Start(); err != nil {
		return nil, fmt.Errorf("%s: event connection: %w", n.Name, err)
	}
	return client, nil
}

func (n *Node) hangUp(client *cmthttp.HTTP) {
	if err := client.Stop(); err != nil {
		n.env.Logf("chain: %s: close event connection: %v", n.Name, err)
	}
}

func (n *Node) unexpectedEnd() error {
	return fmt.Errorf("%s ended (%s); the end of its log:\n%s", n.Name, n.cmd.ProcessState, n.Tail())
}

// Tail is the end of the log.
func (n *Node) Tail() string {
	log, err := os.ReadFile(n.LogFile)
	if err != nil {
		return err.Error()
	}
	return strings.TrimSpace(string(log[max(0, len(log)-tailBytes):]))
}

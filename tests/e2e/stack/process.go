package stack

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// process is a daemon of the stack, with its log.
type process struct {
	name, log string
	cmd       *exec.Cmd
	done      chan struct{}
}

// start starts a daemon with its output appended to the log, and env beside this process's own environment.
func start(name, log string, env []string, binary string, args ...string) (*process, error) {
	if err := os.MkdirAll(filepath.Dir(log), 0o700); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	p := &process{name: name, log: log, cmd: exec.Command(binary, args...), done: make(chan struct{})}
	p.cmd.Env = append(os.Environ(), env...)
	p.cmd.Stdout, p.cmd.Stderr = f, f
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	go func() {
		_ = p.cmd.Wait() // how it ended is told by the log
		close(p.done)
	}()
	return p, nil
}

// running tells whether the process has not ended.
func (p *process) running() bool {
	if p == nil {
		return false
	}
	select {
	case <-p.done:
		return false
	default:
		return true
	}
}

// kill ends the process at once, as a power cut would.
func (p *process) kill() {
	if p.running() {
		_ = p.cmd.Process.Kill() // it may have ended in between
		<-p.done
	}
}

// signal sends the process a signal if it lives.
func (p *process) signal(sig os.Signal) error {
	if !p.running() {
		return errors.New(p.name + " does not run")
	}
	return p.cmd.Process.Signal(sig)
}

// stopTime is how long a daemon may take to end by itself.
const stopTime = 15 * time.Second

// stop asks the process to end, and kills it when it does not.
func (p *process) stop() {
	if !p.running() {
		return
	}
	_ = p.cmd.Process.Signal(syscall.SIGTERM) // it may have ended in between
	select {
	case <-p.done:
	case <-time.After(stopTime):
		p.kill()
	}
}

// waitHealthy waits until a daemon's health endpoint says ok, or the process ends, or ctx does.
func (p *process) waitHealthy(ctx context.Context, url string) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return err
		}
		if res, err := http.DefaultClient.Do(req); err == nil {
			_ = res.Body.Close() // read or not, the status is what counts
			if res.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-p.done:
			return errors.New(p.name + " ended: " + p.tail())
		case <-ctx.Done():
			return fmt.Errorf("%s is not healthy: %w: %s", p.name, ctx.Err(), p.tail())
		case <-tick.C:
		}
	}
}

// tail is the end of the log.
func (p *process) tail() string {
	bz, err := os.ReadFile(p.log)
	if err != nil {
		return err.Error()
	}
	return string(bz[max(0, len(bz)-2000):])
}

package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"

	"github.com/cpchain/cpchain/pkg/timechain"
)

// plainPeer is what publishing and fetching are compared with: the same shards moved by plain HTTP.
const plainPeer = "HTTP PUT and GET of the same shards, fsync"

// plainNodes are processes that keep what is PUT to them, and nothing else: no keys, tickets, proofs or chain.
type plainNodes struct {
	urls    []string
	bundles []*timechain.Bundle
}

// startPlainNodes starts this program anew as so many nodes.
func startPlainNodes(ctx context.Context, b *bench, dir string, count int) (*plainNodes, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	p := &plainNodes{}
	for i := range count {
		cmd := exec.CommandContext(ctx, program, "-serve", filepath.Join(dir, fmt.Sprintf("plain%d", i)))
		out, err := cmd.StdoutPipe()
		if err != nil {
			return nil, err
		}
		if err := cmd.Start(); err != nil {
			return nil, err
		}
		b.Cleanup(func() {
			_ = cmd.Process.Kill() // it keeps nothing that is wanted
			_ = cmd.Wait()         // killed is how it ends
		})
		url, err := bufio.NewReader(out).ReadString('\n')
		if err != nil {
			return nil, fmt.Errorf("plain node %d: %w", i, err)
		}
		p.urls = append(p.urls, strings.TrimSpace(url))
	}
	return p, nil
}

// servePlain is one plain node: it prints its URL and serves until it is killed.
func servePlain(dir string) error {
	handler, err := plainHandler(dir)
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println("http://" + l.Addr().String())
	return http.Serve(l, handler)
}

func plainHandler(dir string) (http.Handler, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("PUT /{name}", func(w http.ResponseWriter, r *http.Request) {
		if err := keep(filepath.Join(dir, filepath.Base(r.PathValue("name"))), r.Body); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	})
	mux.Handle("GET /", http.FileServer(http.Dir(dir)))
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprintf(w, "process_cpu_seconds_total %f\n", cpuTime(syscall.RUSAGE_SELF).Seconds()) // who asked may have gone
	})
	return mux, nil
}

// keep writes a file as a storage node does: beside, synced, renamed.
func keep(path string, body io.Reader) error {
	f, err := os.Create(path + ".new")
	if err != nil {
		return err
	}
	_, err = io.Copy(f, body)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

// spent is the processor time of the nodes and of this process, which is their client.
func (p *plainNodes) spent(ctx context.Context) (float64, error) {
	total := cpuTime(syscall.RUSAGE_SELF).Seconds()
	for _, url := range p.urls {
		s, err := processSeconds(ctx, url+"/metrics")
		if err != nil {
			return 0, err
		}
		total += s
	}
	return total, nil
}

// put brings every shard of every bundle to its node, a bundle at a time.
func (p *plainNodes) put(ctx context.Context) error {
	for seq, b := range p.bundles {
		if err := parallel(len(b.Shards), func(i int) error {
			_, err := p.request(ctx, http.MethodPut, i, seq, b.Shards[i])
			return err
		}); err != nil {
			return err
		}
	}
	return nil
}

// get fetches as many shards of every bundle as rebuild it.
func (p *plainNodes) get(ctx context.Context) error {
	for seq, b := range p.bundles {
		if err := parallel(dataShards, func(i int) error {
			got, err := p.request(ctx, http.MethodGet, i, seq, nil)
			if err == nil && !bytes.Equal(got, b.Shards[i]) {
				return errors.New("a plain node gave back something else")
			}
			return err
		}); err != nil {
			return err
		}
	}
	return nil
}

func (p *plainNodes) request(ctx context.Context, method string, node, seq int, body []byte) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, method, fmt.Sprintf("%s/%d-%d", p.urls[node], seq, node), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	got, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", res.Status, got)
	}
	return got, err
}

// parallel does n things at once and gives all their errors.
func parallel(n int, do func(i int) error) error {
	errs := make([]error, n)
	var group sync.WaitGroup
	for i := range n {
		group.Go(func() { errs[i] = do(i) })
	}
	group.Wait()
	return errors.Join(errs...)
}

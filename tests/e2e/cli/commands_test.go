//go:build e2e

package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/cpchain/cpchain/offchain/chain"
	"github.com/cpchain/cpchain/tests/e2e/stack"
)

// patience is how long a script waits for anything.
const patience = time.Minute

// commands are what scripts have beside testscript's own.
func (w *world) commands() map[string]func(*testscript.TestScript, bool, []string) {
	var faucet sync.Mutex
	return map[string]func(*testscript.TestScript, bool, []string){
		// exits CODE PROGRAM ARGS: the program ends with this code
		"exits": func(ts *testscript.TestScript, _ bool, args []string) {
			err := ts.Exec(args[1], args[2:]...)
			var exit *exec.ExitError
			if !errors.As(err, &exit) || strconv.Itoa(exit.ExitCode()) != args[0] {
				ts.Fatalf("%s: exit code %s wanted: %v\n%s", strings.Join(args[1:], " "), args[0], err, ts.ReadFile("stderr"))
			}
		},
		// get NAME PATH: sets a variable from the JSON on standard output, by names and numbers with dots between
		"get": func(ts *testscript.TestScript, _ bool, args []string) {
			value, err := at([]byte(ts.ReadFile("stdout")), strings.Split(args[1], "."))
			ts.Check(err)
			ts.Setenv(args[0], value)
		},
		// time NAME SPAN STEP: sets a variable to the time that long from now, cut to whole steps
		"time": func(ts *testscript.TestScript, _ bool, args []string) {
			span, err1 := time.ParseDuration(args[1])
			step, err2 := time.ParseDuration(args[2])
			ts.Check(errors.Join(err1, err2))
			ts.Setenv(args[0], time.Now().UTC().Add(span).Truncate(step).Format(time.RFC3339))
		},
		// fund ADDRESS: the faucet pays
		"fund": func(ts *testscript.TestScript, _ bool, args []string) {
			faucet.Lock()
			defer faucet.Unlock()
			ts.Check(w.Fund(context.Background(), args[0], "100000000ucpc"))
		},
		// restart N: storage node N ends in good order and starts again
		"restart": func(ts *testscript.TestScript, _ bool, args []string) {
			n, err := strconv.Atoi(args[0])
			ts.Check(err)
			w.Providers[n].Stop()
			ts.Check(w.Providers[n].Start(context.Background()))
		},
		// stop ID and start ID: the storage node of a provider; its home goes into PROXYHOME
		"stop": func(ts *testscript.TestScript, _ bool, args []string) {
			w.provider(ts, args[0]).Stop()
		},
		"start": func(ts *testscript.TestScript, _ bool, args []string) {
			p := w.provider(ts, args[0])
			ts.Setenv("PROXYHOME", p.Home)
			ts.Check(p.Start(context.Background()))
		},
		"included": w.included,
		"await":    await,
		"post":     post,
		"forge":    w.forge,
	}
}

func (w *world) provider(ts *testscript.TestScript, id string) *stack.Provider {
	n, err := strconv.ParseUint(id, 10, 64)
	ts.Check(err)
	return w.ByID(n)
}

// at finds a value in JSON.
func at(bz []byte, path []string) (string, error) {
	var value any
	dec := json.NewDecoder(strings.NewReader(string(bz)))
	dec.UseNumber()
	if err := dec.Decode(&value); err != nil {
		return "", fmt.Errorf("standard output is no JSON: %w: %s", err, bz)
	}
	for _, name := range path {
		switch v := value.(type) {
		case map[string]any:
			value = v[name]
		case []any:
			i, err := strconv.Atoi(name)
			if err != nil || i >= len(v) {
				return "", fmt.Errorf("no element %q of %d", name, len(v))
			}
			value = v[i]
		default:
			return "", fmt.Errorf("no %q in %v", name, v)
		}
	}
	if value == nil {
		return "", fmt.Errorf("no %s in %s", strings.Join(path, "."), bz)
	}
	return fmt.Sprint(value), nil
}

// included waits until the transaction that cpchaind has just sent is in a block, and has succeeded; ! included WORDS: that it
// was refused there for this reason.
func (w *world) included(ts *testscript.TestScript, neg bool, args []string) {
	hash, err := at([]byte(ts.ReadFile("stdout")), []string{"txhash"})
	ts.Check(err)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	c, err := chain.Dial(ctx, chain.Config{RPC: w.RPC()})
	ts.Check(err)
	_, err = c.WaitTx(ctx, hash)
	switch {
	case !neg:
		ts.Check(err)
	case err == nil || !strings.Contains(err.Error(), args[0]):
		ts.Fatalf("a refusal with %q wanted: %v", args[0], err)
	}
}

// await PATTERN PROGRAM ARGS: runs the program again and again until it prints something that matches.
func await(ts *testscript.TestScript, _ bool, args []string) {
	pattern := regexp.MustCompile(args[0])
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	end := time.After(patience)
	for {
		err := ts.Exec(args[1], args[2:]...)
		if err == nil && pattern.MatchString(ts.ReadFile("stdout")) {
			return
		}
		select {
		case <-end:
			ts.Fatalf("%s never printed %q: %v", strings.Join(args[1:], " "), args[0], err)
		case <-tick.C:
		}
	}
}

// post URL TYPE BODY: as a sensor does; NOW in the body is the time in seconds.
func post(ts *testscript.TestScript, _ bool, args []string) {
	body := strings.ReplaceAll(args[2], "NOW", strconv.FormatInt(time.Now().Unix(), 10))
	res, err := http.Post(args[0], args[1], strings.NewReader(body))
	ts.Check(err)
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	ts.Check(err)
	if res.StatusCode != http.StatusOK {
		ts.Fatalf("%s: %s", res.Status, answer)
	}
}

// writeFile is for commands that leave a file in the script's folder.
func writeFile(ts *testscript.TestScript, name string, value any) {
	bz, err := json.Marshal(value)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(name), bz, 0o600))
}

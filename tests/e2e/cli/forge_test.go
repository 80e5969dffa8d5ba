//go:build e2e

package cli

import (
	"crypto/ed25519"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	datarights "github.com/cpchain/cpchain/x/datarights/types"
)

// forge CACHE GOOD WRONG UNSIGNED: makes, of an answer that a fetch kept, the answer itself, one that the proxy would have
// signed had it been wrong, and one that somebody else made wrong. The proxy's number goes into LIAR.
func (w *world) forge(ts *testscript.TestScript, _ bool, args []string) {
	a, err := anyAnswer(filepath.Join(ts.MkAbs(args[0]), "answer"))
	ts.Check(err)
	liar := w.ByID(a.Provider)
	key, err := peerKey(liar.Home)
	ts.Check(err)
	ts.Setenv("LIAR", strconv.FormatUint(a.Provider, 10))
	writeFile(ts, args[1], a)
	a.Fragment[70] ^= 1
	writeFile(ts, args[3], a)
	a.Signature = ed25519.Sign(key, datarights.AnswerSignBytes(w.Chain.ChainID, a))
	writeFile(ts, args[2], a)
}

func anyAnswer(dir string) (a datarights.SignedAnswer, err error) {
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(files) == 0 {
		return a, errors.Join(fmt.Errorf("no answer in %s", dir), err)
	}
	bz, err := os.ReadFile(files[0])
	if err != nil {
		return a, err
	}
	return a, a.Unmarshal(bz)
}

// peerKey is the identity of a storage node.
func peerKey(home string) (ed25519.PrivateKey, error) {
	text, err := os.ReadFile(filepath.Join(home, "keys", "peer.key"))
	if err != nil {
		return nil, err
	}
	seed, err := hex.DecodeString(strings.TrimSpace(string(text)))
	return ed25519.NewKeyFromSeed(seed), err
}

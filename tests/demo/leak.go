package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/syndtr/goleveldb/leveldb"
	"github.com/syndtr/goleveldb/leveldb/opt"
	"github.com/syndtr/goleveldb/leveldb/util"

	"github.com/cpchain/cpchain/offchain/owner"
	"github.com/cpchain/cpchain/pkg/keytree"
	"github.com/cpchain/cpchain/pkg/timechain/csvio"
	"github.com/cpchain/cpchain/tests/e2e/stack"
	datarights "github.com/cpchain/cpchain/x/datarights/types"
)

// leaks is what a scan found.
type leaks struct {
	Files    int      `json:"files"`
	Bytes    int64    `json:"bytes"`
	Patterns int      `json:"patterns"`
	Found    []string `json:"found"`
	// ControlFound is how many patterns the same scan finds in a folder where everything was leaked on purpose.
	ControlFound int `json:"control_found"`
}

// sampleRows of each file are looked for.
const sampleRows = 50

// leakScan looks for plaintext and seeds in everything the storage nodes, the chain and all logs wrote.
func (d *demo) leakScan(ctx context.Context) error {
	patterns, err := d.patterns(ctx)
	if err != nil {
		return err
	}
	// the databases are read as their owners would read them: on disk their blocks are compressed
	for _, p := range d.Providers {
		p.Stop()
	}
	if err := d.Chain.Stop(ctx); err != nil {
		return err
	}
	var roots []string
	for _, p := range d.Providers {
		roots = append(roots, p.Home)
	}
	// the gateway's home too: what it keeps, records not yet anchored and keys of the coming time, is sealed
	roots = append(roots, d.Chain.Dir, filepath.Join(d.dir, "logs"), d.gateway.Home+".away")
	found := &leaks{Patterns: len(patterns), Found: []string{}}
	d.result.LeakScan = found
	for _, root := range roots {
		if err := found.scan(root, patterns); err != nil {
			return err
		}
	}
	if len(found.Found) > 0 {
		return fmt.Errorf("the scan found %d leaks: %s", len(found.Found), strings.Join(found.Found, "; "))
	}
	if err := d.control(found, patterns); err != nil {
		return err
	}
	d.say("scanned %d files (%d MB) of storage nodes, chain, gateway and logs for %d sample rows, codec frames and seeds: none found; the same scan of a folder that leaks finds all",
		found.Files, found.Bytes>>20, found.Patterns)
	return nil
}

// control leaks every pattern on purpose, in files and in a compressed database, and scans again.
func (d *demo) control(found *leaks, patterns map[string][]byte) error {
	dir := filepath.Join(d.dir, "leaky")
	db, err := leveldb.OpenFile(filepath.Join(dir, "leaky.db"), &opt.Options{Compression: opt.SnappyCompression})
	if err != nil {
		return err
	}
	i := 0
	for _, pattern := range patterns {
		value := bytes.Join([][]byte{bytes.Repeat([]byte("x"), 300), pattern, bytes.Repeat([]byte("y"), 300)}, nil)
		if i++; i%2 == 0 {
			err = db.Put([]byte(fmt.Sprint(i)), value, nil)
		} else {
			err = os.WriteFile(filepath.Join(dir, fmt.Sprintf("leak-%d", i)), value, 0o600)
		}
		if err != nil {
			return err
		}
	}
	if err := db.CompactRange(util.Range{}); err != nil {
		return err
	}
	if err := db.Close(); err != nil {
		return err
	}
	control := &leaks{}
	if err := control.scan(dir, patterns); err != nil {
		return err
	}
	found.ControlFound = len(control.Found)
	if found.ControlFound != len(patterns) {
		return fmt.Errorf("the scan finds %d of %d leaks made on purpose: it proves nothing", found.ControlFound, len(patterns))
	}
	return nil
}

// scan goes over a folder: files as they are, databases by their entries.
func (l *leaks) scan(root string, patterns map[string][]byte) error {
	seen := map[string]bool{}
	look := func(where string, bz []byte) {
		for name, p := range patterns {
			if !seen[name] && bytes.Contains(bz, p) {
				seen[name] = true
				l.Found = append(l.Found, name+" in "+where)
			}
		}
	}
	return filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if e.IsDir() {
			if _, err := os.Stat(filepath.Join(path, "CURRENT")); err == nil {
				return scanDB(path, look)
			}
			return nil
		}
		bz, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		l.Files++
		l.Bytes += int64(len(bz))
		look(path, bz)
		return nil
	})
}

func scanDB(path string, look func(string, []byte)) error {
	db, err := leveldb.OpenFile(path, &opt.Options{ReadOnly: true})
	if err != nil {
		return fmt.Errorf("database %s: %w", path, err)
	}
	defer db.Close()
	iter := db.NewIterator(nil, nil)
	defer iter.Release()
	for iter.Next() {
		look(path, iter.Key())
		look(path, iter.Value())
	}
	return iter.Error()
}

// patterns are what must not be found: rows of the files as text, records in canonical form, columns as they stand in a
// segment before sealing, and every seed the owners' words lead to that was used, in binary, hex and base64.
func (d *demo) patterns(ctx context.Context) (map[string][]byte, error) {
	patterns := map[string][]byte{}
	for _, s := range []struct {
		user *stack.User
		of   *shown
		name string
	}{{d.alice, &d.weather, "weather"}, {d.bob, &d.traffic, "traffic"}} {
		rows, err := stack.Shell(ctx, fmt.Sprintf(`awk 'NR>1 && NR%%%d==0' %q | head -%d`, 150, s.of.file, sampleRows))
		if err != nil {
			return nil, err
		}
		for i, row := range strings.Split(strings.TrimSpace(string(rows)), "\n") {
			patterns[fmt.Sprintf("%s row %d", s.name, i)] = []byte(row)
		}
		if err := addSeeds(ctx, patterns, s.user, s.of.id, d.Chain.ChainID, s.name); err != nil {
			return nil, err
		}
	}
	return patterns, d.addFrames(patterns)
}

// addSeeds takes the owner's words, as the owner could, and derives what must stay secret.
func addSeeds(ctx context.Context, patterns map[string][]byte, u *stack.User, stream uint64, chainID, name string) error {
	var backup struct {
		Words string `json:"words"`
	}
	if err := u.JSON(ctx, &backup, "keys", "backup"); err != nil {
		return err
	}
	root, err := owner.RootSeed(backup.Words)
	if err != nil {
		return err
	}
	tree, err := keytree.StreamRoot(root, datarights.StreamID(chainID, stream), 0)
	if err != nil {
		return err
	}
	secrets := map[string][32]byte{"root seed": root, "tree root": tree}
	for _, interval := range []uint32{0, 20, 750} {
		leaf, err := keytree.Derive(tree, keytree.Node{}, keytree.Leaf(0, interval))
		if err != nil {
			return err
		}
		secrets[fmt.Sprintf("leaf seed %d", interval)] = leaf
		secrets[fmt.Sprintf("interval key %d", interval)] = keytree.KeyOf(leaf)
	}
	patterns[name+" words"] = []byte(backup.Words)
	for what, secret := range secrets {
		patterns[name+" "+what] = secret[:]
		patterns[name+" "+what+" (hex)"] = []byte(hex.EncodeToString(secret[:]))
		patterns[name+" "+what+" (base64)"] = []byte(base64.StdEncoding.EncodeToString(secret[:]))
	}
	return nil
}

// addFrames adds records in the form they are hashed in.
func (d *demo) addFrames(patterns map[string][]byte) error {
	f, err := os.Open(d.traffic.file)
	if err != nil {
		return err
	}
	defer f.Close()
	schema, err := d.schema()
	if err != nil {
		return err
	}
	i := 0
	for r, err := range csvio.ReadCSV(schema, 0, f) {
		if err != nil {
			return err
		}
		// the values alone: the time depends on the origin
		leaf := r.Leaf()
		patterns[fmt.Sprintf("traffic record %d", i)] = leaf[len(leaf)-20:]
		if i++; i == sampleRows {
			break
		}
	}
	return nil
}

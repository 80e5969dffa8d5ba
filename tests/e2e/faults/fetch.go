package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/cpchain/cpchain/offchain/reader"
)

// fetched is what cpdata fetch printed.
type fetched struct {
	reader.Report
	SHA256 string `json:"sha256"`
	WallMS int64  `json:"wall_ms"`
}

// fetch reads by a grant as carol, into a file of her home.
func (s *story) fetch(ctx context.Context, g grant, flags ...string) (fetched, string, error) {
	out := filepath.Join(s.carol.Home, fmt.Sprintf("grant-%d.json", g.id))
	var got fetched
	err := s.carol.JSON(ctx, &got, append([]string{
		"fetch", "--grant", fmt.Sprint(g.id), "--reader", "device", "--format", "json", "--out", out,
	}, flags...)...)
	return got, out, err
}

// failed lists the providers a fetch says did not give something whose name begins with what, and the reasons.
func (f fetched) failed(what string) (providers []uint64, why string) {
	for _, x := range f.Failures {
		if !strings.HasPrefix(x.What, what) {
			continue
		}
		if !slices.Contains(providers, x.Provider) {
			providers = append(providers, x.Provider)
		}
		why += x.Why + "; "
	}
	return providers, why
}

// readRecords reads a fetched file.
func readRecords(path string) ([]record, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var list []record
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		var row struct {
			Time   string `json:"time"`
			Client string `json:"client"`
			N      uint64 `json:"n"`
		}
		if err := json.Unmarshal(lines.Bytes(), &row); err != nil {
			return nil, fmt.Errorf("%s: %w", lines.Text(), err)
		}
		ms, err := strconv.ParseInt(row.Time, 10, 64)
		if err != nil {
			return nil, err
		}
		list = append(list, record{row.Client, row.N, ms})
	}
	return list, lines.Err()
}

package integration

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The threat model cites tests by name; each of them is there.
func TestTheThreatModelCitesTestsThatExist(t *testing.T) {
	names := map[string]bool{}
	err := filepath.WalkDir("../..", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() && strings.HasPrefix(entry.Name(), ".") && entry.Name() != ".." {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(path, "_test.go") {
			return nil
		}
		bz, err := os.ReadFile(path)
		for _, m := range testFuncForm.FindAllStringSubmatch(string(bz), -1) {
			names[m[1]] = true
		}
		return err
	})
	require.NoError(t, err)
	bz, err := os.ReadFile("../../docs/threat-model.md")
	require.NoError(t, err)
	cited := regexp.MustCompile(`\bTest[A-Z]\w+`).FindAllString(string(bz), -1)
	require.Greater(t, len(cited), 20)
	for _, name := range cited {
		require.True(t, names[name], "there is no test %s", name)
	}
}

package integration

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const project = "github.com/cpchain/cpchain/"

// listed is what go list tells of a package.
type listed struct {
	ImportPath, Dir, Export            string
	GoFiles                            []string
	Imports, TestImports, XTestImports []string
}

// goList asks go list for packages, from the module's root.
func goList(t *testing.T, args ...string) []listed {
	t.Helper()
	cmd := exec.Command("go", append([]string{"list", "-json=ImportPath,Dir,Export,GoFiles,Imports,TestImports,XTestImports"}, args...)...)
	cmd.Dir = "../.."
	out, err := cmd.Output()
	require.NoError(t, err)
	var all []listed
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var one listed
		err := decoder.Decode(&one)
		if errors.Is(err, io.EOF) {
			return all
		}
		require.NoError(t, err)
		all = append(all, one)
	}
}

// own keeps the project's packages, named by their folders.
func own(paths []string) []string {
	var folders []string
	for _, path := range paths {
		if folder, found := strings.CutPrefix(path, project); found {
			folders = append(folders, folder)
		}
	}
	return folders
}

// needs lists the project's own packages that the packages of a pattern are built from.
func needs(t *testing.T, pattern string) []string {
	t.Helper()
	var paths []string
	for _, p := range goList(t, "-deps", pattern) {
		paths = append(paths, p.ImportPath)
	}
	folders := own(paths)
	require.NotEmpty(t, folders)
	return folders
}

func TestPackagesKeepToTheirSideOfTheChainLine(t *testing.T) {
	for _, layer := range []struct {
		pattern   string
		forbidden []string
	}{
		{"./x/...", []string{"offchain/", "cmd/", "app"}},
		{"./app", []string{"offchain/", "cmd/"}},
		{"./pkg/...", []string{"offchain/", "cmd/", "app", "x/"}},
	} {
		t.Run(layer.pattern, func(t *testing.T) {
			for _, name := range needs(t, layer.pattern) {
				for _, prefix := range layer.forbidden {
					if layer.pattern == "./app" && name == "app" {
						continue
					}
					require.False(t, strings.HasPrefix(name, prefix), "%s must not be built from %s", layer.pattern, name)
				}
			}
		})
	}
}

// module is the name of the module that a folder x/<module>/... belongs to.
func module(folder string) (string, bool) {
	rest, found := strings.CutPrefix(folder, "x/")
	name, _, _ := strings.Cut(rest, "/")
	return name, found
}

func TestNoKeeperKnowsAnotherKeeper(t *testing.T) {
	seen := 0
	for _, p := range goList(t, "./x/.../keeper") {
		home, found := module(own([]string{p.ImportPath})[0])
		require.True(t, found)
		seen++
		for _, folder := range own(slices.Concat(p.Imports, p.TestImports, p.XTestImports)) {
			if other, found := module(folder); found && other != home {
				require.NotContains(t, folder, "/keeper", "x/%s/keeper declares what it needs in expected_keepers.go; its tests use a fake", home)
			}
		}
	}
	require.GreaterOrEqual(t, seen, 2)
}

func TestModulesCallOneWay(t *testing.T) {
	calls := map[string][]string{}
	for _, p := range goList(t, "./x/...") {
		from, _ := module(own([]string{p.ImportPath})[0])
		for _, folder := range own(p.Imports) {
			if to, found := module(folder); found && to != from {
				calls[from] = append(calls[from], to)
			}
		}
	}
	require.NotEmpty(t, calls)
	var visit func(path []string)
	visit = func(path []string) {
		for _, next := range calls[path[len(path)-1]] {
			require.NotContains(t, path, next, "modules call each other in a circle: %v, then %s", path, next)
			visit(append(slices.Clone(path), next))
		}
	}
	for name := range calls {
		visit([]string{name})
	}
}

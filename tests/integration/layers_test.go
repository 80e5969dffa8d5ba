package integration

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const project = "github.com/cpchain/cpchain/"

// needs lists the project's own packages that the packages of a pattern are built from.
func needs(t *testing.T, pattern string) []string {
	t.Helper()
	cmd := exec.Command("go", "list", "-deps", pattern)
	cmd.Dir = "../.."
	out, err := cmd.Output()
	require.NoError(t, err)
	var own []string
	for _, name := range strings.Fields(string(out)) {
		if inner, found := strings.CutPrefix(name, project); found {
			own = append(own, inner)
		}
	}
	require.NotEmpty(t, own)
	return own
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

package main

import (
	"io"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cpchain/cpchain/tests/docs"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"cpdata": main})
}

// What needs a chain is in the story cli (tests/e2e/cli).
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{Dir: "testdata/script", RequireExplicitExec: true})
}

func TestEveryCommandPrintedInDocumentsAndHelpExists(t *testing.T) {
	root := rootCmd(&app{out: io.Discard, errOut: io.Discard})
	printed, err := docs.Find("../..", root.Name())
	require.NoError(t, err)
	require.NotEmpty(t, printed)
	for _, cmd := range append(printed, docs.Examples(root)...) {
		assert.NoError(t, docs.Check(root, cmd), "%s: %s", cmd.Where, cmd.Line)
	}
}

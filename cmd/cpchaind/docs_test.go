package main

import (
	"testing"

	cmtcli "github.com/cometbft/cometbft/libs/cli"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cpchain/cpchain/app"
	"github.com/cpchain/cpchain/tests/docs"
)

func TestEveryCommandPrintedInDocumentsAndHelpExists(t *testing.T) {
	root := newRootCmd()
	cmtcli.PrepareBaseCmd(root, envPrefix, app.DefaultHome) // adds --home
	printed, err := docs.Find("../..", app.Name)
	require.NoError(t, err)
	require.NotEmpty(t, printed)
	for _, cmd := range append(printed, docs.Examples(root)...) {
		assert.NoError(t, docs.Check(root, cmd), "%s: %s", cmd.Where, cmd.Line)
	}
}

package daemon

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cpchain/cpchain/tests/docs"
)

func TestEveryCommandPrintedInDocumentsAndHelpExists(t *testing.T) {
	root := Command()
	printed, err := docs.Find("../../..", root.Name())
	require.NoError(t, err)
	require.NotEmpty(t, printed)
	for _, cmd := range append(printed, docs.Examples(root)...) {
		assert.NoError(t, docs.Check(root, cmd), "%s: %s", cmd.Where, cmd.Line)
	}
}

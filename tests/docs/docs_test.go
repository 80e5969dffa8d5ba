package docs

import (
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"
)

func program() *cobra.Command {
	run := func(*cobra.Command, []string) {}
	root := &cobra.Command{Use: "prog", Long: "Start with:\n\n  prog make pot --size 3\n"}
	make := &cobra.Command{Use: "make THING", Args: cobra.ExactArgs(1), Run: run, Example: "prog make pan --size 2"}
	make.Flags().Int("size", 0, "")
	_ = make.MarkFlagRequired("size")
	list := &cobra.Command{Use: "list", Long: "See also `prog show all`."}
	list.AddCommand(&cobra.Command{Use: "all", Args: cobra.NoArgs, Run: run})
	root.AddCommand(make, list)
	return root
}

func TestCommandsAreFoundWhereverTheyArePrinted(t *testing.T) {
	text := "Type `prog make cup --size 1`, or `other make`.\n\n    prog make pot \\\n      --size 3   # a pot\n\n```\n$ prog list all\nprogress made\n```\nprog said nothing\n"
	require.Equal(t, []Command{
		{Where: "a.md:1", Line: "prog make cup --size 1", Named: true}, {Where: "a.md:3", Line: "prog make pot  --size 3   # a pot"}, {Where: "a.md:7", Line: "prog list all"},
	}, In("a.md", text, "prog"))
	require.Equal(t, []Command{
		{Where: "help of prog list:2", Line: "prog show all", Named: true}, {Where: "help of prog make:1", Line: "prog make pan --size 2"}, {Where: "help of prog:3", Line: "prog make pot --size 3"},
	}, Examples(program()))
}

func TestLinesAreSplitAsAShellDoes(t *testing.T) {
	for line, want := range map[string][]string{
		`a b  c`:                           {"a", "b", "c"},
		`a 'b c' "d e"f`:                   {"a", "b c", "d ef"},
		`a $(cmd --with flags) -k=$B # no`: {"a", "abcd", "-k=abcd"},
		`a b#c > file`:                     {"a", "b#c"},
		`a ''`:                             {"a", ""},
	} {
		got, err := Words(line)
		require.NoError(t, err)
		require.Equal(t, want, got, line)
	}
	for _, line := range []string{`a 'b`, `a $(b`} {
		_, err := Words(line)
		require.ErrorContains(t, err, "not closed")
	}
}

func TestWhatDoesNotExistIsFound(t *testing.T) {
	root := program()
	for _, good := range []string{"prog make pot --size 3", "prog make --size=3 pot", "prog list all", "prog list ...", "prog make --size ...  pot", "prog make --help"} {
		require.NoError(t, Check(root, Command{Line: good}), good)
	}
	require.NoError(t, Check(root, Command{Line: "prog make", Named: true}))
	require.Error(t, Check(root, Command{Line: "prog bake", Named: true}))
	for bad, words := range map[string]string{
		"prog bake pot":              "unknown command",
		"prog make pot":              "required flag",
		"prog make --size 3":         "accepts 1 arg",
		"prog make pot --colour red": "unknown flag",
		"prog make pot --size large": "invalid argument",
		"prog list none":             "none",
		"prog list":                  "needs a command",
		"prog make pot 'open quote":  "not closed",
	} {
		require.ErrorContains(t, Check(root, Command{Line: bad}), words, bad)
	}
}

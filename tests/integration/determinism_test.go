package integration

import (
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// anyOrder is the comment on a range over a map whose order reaches nothing.
const anyOrder = "any order"

// checker looks through the source of one package after another.
type checker struct {
	files *token.FileSet
	// exports of built packages, by import path.
	exports  map[string]string
	importer types.Importer
}

func newChecker(packages []listed) *checker {
	c := &checker{files: token.NewFileSet(), exports: map[string]string{}}
	for _, p := range packages {
		c.exports[p.ImportPath] = p.Export
	}
	c.importer = importer.ForCompiler(c.files, "gc", func(path string) (io.ReadCloser, error) { return os.Open(c.exports[path]) })
	return c
}

// faults lists what makes a package's result depend on the machine: goroutines, selects over channels, and maps whose order
// nobody vouches for. Generated files are the SDK's kind and left out.
func (c *checker) faults(path string, sources map[string]any) ([]string, error) {
	var files []*ast.File
	for name, source := range sources {
		file, err := parser.ParseFile(c.files, name, source, parser.ParseComments)
		if err != nil {
			return nil, err
		}
		files = append(files, file)
	}
	info := &types.Info{Types: map[ast.Expr]types.TypeAndValue{}}
	if _, err := (&types.Config{Importer: c.importer}).Check(path, c.files, files, info); err != nil {
		return nil, err
	}
	var faults []string
	for _, file := range files {
		if ast.IsGenerated(file) {
			continue
		}
		vouched := c.vouched(file)
		ast.Inspect(file, func(n ast.Node) bool {
			if what := fault(n, info); what != "" && (what != mapRange || !vouched[c.files.Position(n.Pos()).Line]) {
				faults = append(faults, c.files.Position(n.Pos()).String()+": "+what)
			}
			return true
		})
	}
	return faults, nil
}

// vouched are the lines with a comment that their order is of no account.
func (c *checker) vouched(file *ast.File) map[int]bool {
	lines := map[int]bool{}
	for _, group := range file.Comments {
		for _, comment := range group.List {
			if strings.Contains(comment.Text, anyOrder) {
				lines[c.files.Position(comment.Pos()).Line] = true
			}
		}
	}
	return lines
}

const mapRange = `a range over a map: sort its keys, or say on the line why "` + anyOrder + `" will do`

func fault(n ast.Node, info *types.Info) string {
	switch n := n.(type) {
	case *ast.GoStmt:
		return "a goroutine"
	case *ast.SelectStmt:
		return "a select"
	case *ast.RangeStmt:
		if _, found := info.Types[n.X].Type.Underlying().(*types.Map); found {
			return mapRange
		}
	}
	return ""
}

func TestWhatDecidesTheStateHasNoGoroutineAndNoMapOrder(t *testing.T) {
	packages := goList(t, "-export", "-deps", "./x/...", "./app")
	c := newChecker(packages)
	for _, p := range packages {
		if !strings.HasPrefix(p.ImportPath, project) {
			continue
		}
		sources := make(map[string]any, len(p.GoFiles))
		for _, name := range p.GoFiles {
			sources[filepath.Join(p.Dir, name)] = nil // read from disk
		}
		faults, err := c.faults(p.ImportPath, sources)
		require.NoError(t, err)
		require.Empty(t, faults, p.ImportPath)
	}
}

func TestTheSearchForGoroutinesAndMapOrderFindsThem(t *testing.T) {
	faults, err := newChecker(nil).faults("p", map[string]any{"p.go": `package p

func sum(m map[string]int, done chan int) (all int) {
	for _, n := range m {
		all = all*2 + n
	}
	for range m { // in any order: they are only counted
		all++
	}
	for _, n := range []int{1} {
		all += n
	}
	go func() {
		select {
		case done <- all:
		}
	}()
	return all
}
`})
	require.NoError(t, err)
	require.Equal(t, []string{"p.go:4:2: " + mapRange, "p.go:13:2: a goroutine", "p.go:14:3: a select"}, faults)
}

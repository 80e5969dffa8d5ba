// Package docs holds the commands that documents and help texts print to the programs themselves: each command exists, takes
// the flags it is shown with, and as many arguments.
package docs

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Command is a command line as some text prints it.
type Command struct {
	// Where it stands: a file of the repository with line number, or the help of a command.
	Where string
	Line  string
	// Named is a command within a sentence: what it is given may be left out.
	Named bool
}

// documents of the repository that print commands.
var documents = []string{"*.md", "docs/*.md", "docs/adr/*.md", "x/*/README.md", "offchain/*/README.md", "tests/*/README.md", "tests/*/*/README.md"}

// Find returns the command lines of a program in all documents below root, the repository's folder.
func Find(root, program string) ([]Command, error) {
	var found []Command
	for _, pattern := range documents {
		files, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil {
			return nil, err
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				return nil, err
			}
			name, err := filepath.Rel(root, file)
			if err != nil {
				return nil, err
			}
			found = append(found, In(name, string(text), program)...)
		}
	}
	return found, nil
}

var inline = regexp.MustCompile("`([^`\n]+)`")

// In returns the command lines of a program in a text: lines of code blocks, which are indented or fenced, with what a
// backslash continues; and code within a sentence.
func In(where, text, program string) []Command {
	var found []Command
	add := func(n int, line string, named bool) {
		line = strings.TrimPrefix(strings.TrimSpace(line), "$ ")
		if strings.HasPrefix(line, program+" ") {
			found = append(found, Command{Where: fmt.Sprintf("%s:%d", where, n+1), Line: line, Named: named})
		}
	}
	lines := strings.Split(text, "\n")
	fenced := false
	for n := 0; n < len(lines); n++ {
		first, line := n, lines[n]
		switch {
		case strings.HasPrefix(strings.TrimSpace(line), "```"):
			fenced = !fenced
		case fenced || strings.HasPrefix(line, "  "):
			for strings.HasSuffix(line, `\`) && n+1 < len(lines) {
				n++
				line = strings.TrimSuffix(line, `\`) + " " + strings.TrimSpace(lines[n])
			}
			add(first, line, false)
		}
		for _, code := range inline.FindAllStringSubmatch(line, -1) {
			add(first, code[1], true)
		}
	}
	return found
}

// Examples returns the command lines that the help texts of a program print, all commands of it included.
func Examples(root *cobra.Command) []Command {
	var found []Command
	for _, cmd := range append([]*cobra.Command{root}, root.Commands()...) {
		if cmd != root {
			found = append(found, examples(cmd, root.Name())...)
		}
	}
	return append(found, In("help of "+root.Name(), root.Long, root.Name())...)
}

func examples(cmd *cobra.Command, program string) []Command {
	where := "help of " + cmd.CommandPath()
	found := In(where, indented(cmd.Example)+"\n"+cmd.Long+"\n"+cmd.Short, program)
	for _, sub := range cmd.Commands() {
		found = append(found, examples(sub, program)...)
	}
	return found
}

// indented makes every line of an example a line of code, however it was written.
func indented(example string) string { return "  " + strings.ReplaceAll(example, "\n", "\n  ") }

// Check tells what is wrong with a command line: no such command, flag or number of arguments. Dots stand for what a text
// leaves out: after a flag for its value, elsewhere for arguments.
func Check(root *cobra.Command, c Command) error {
	words, err := Words(c.Line)
	if err != nil {
		return err
	}
	words, open := fill(words[1:])
	cmd, rest, err := root.Find(words)
	if err != nil {
		return err
	}
	defer cmd.Flags().VisitAll(func(f *pflag.Flag) { f.Changed = false })
	if err := cmd.ParseFlags(rest); err != nil {
		if errors.Is(err, pflag.ErrHelp) {
			return nil
		}
		return err
	}
	args := cmd.Flags().Args()
	switch {
	case cmd.HasSubCommands() && len(args) > 0 && !cmd.Runnable():
		return fmt.Errorf("%s has no command %q", cmd.CommandPath(), args[0])
	case open || c.Named:
		return nil
	case !cmd.Runnable():
		return fmt.Errorf("%s needs a command", cmd.CommandPath())
	}
	if err := cmd.ValidateArgs(args); err != nil {
		return err
	}
	return cmd.ValidateRequiredFlags()
}

// fill replaces dots by a value or drops them, open then tells that something was left out; and files, which need not be
// there, by what they may hold.
func fill(words []string) (filled []string, open bool) {
	for i, word := range words {
		switch {
		case strings.HasSuffix(word, ".json"):
			filled = append(filled, "{}")
		case word != "..." && word != "…":
			filled = append(filled, word)
		case i > 0 && strings.HasPrefix(words[i-1], "--"):
			filled = append(filled, "10")
		default:
			open = true
		}
	}
	return filled, open
}

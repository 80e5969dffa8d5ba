package docs

import (
	"fmt"
	"regexp"
	"strings"
)

// substituted stands for what a shell would fill in: a word, and bytes in hex.
const substituted = "abcd"

var variable = regexp.MustCompile(`^\$[A-Z_]+`)

// Words splits a line as a shell does, up to a comment, a redirection or the next command. What a shell would fill in for
// $NAME and $(command) is abcd.
func Words(line string) ([]string, error) {
	var words []string
	var word strings.Builder
	began := false
	end := func() {
		if began {
			words = append(words, word.String())
		}
		word.Reset()
		began = false
	}
	for i := 0; i < len(line); i++ {
		c := line[i]
		switch {
		case c == ' ' || c == '\t':
			end()
		case c == '#' && !began, strings.IndexByte("|<>;&", c) >= 0:
			end()
			return words, nil
		case c == '\'' || c == '"':
			n := strings.IndexByte(line[i+1:], c)
			if n < 0 {
				return nil, fmt.Errorf("a quote is not closed: %s", line)
			}
			word.WriteString(line[i+1 : i+1+n])
			began, i = true, i+1+n
		case strings.HasPrefix(line[i:], "$("):
			n := strings.IndexByte(line[i:], ')')
			if n < 0 {
				return nil, fmt.Errorf("a parenthesis is not closed: %s", line)
			}
			word.WriteString(substituted)
			began, i = true, i+n
		case variable.MatchString(line[i:]):
			word.WriteString(substituted)
			began, i = true, i+len(variable.FindString(line[i:]))-1
		default:
			word.WriteByte(c)
			began = true
		}
	}
	end()
	return words, nil
}

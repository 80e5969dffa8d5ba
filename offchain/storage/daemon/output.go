package daemon

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"
)

// field is one line of a command's result.
type field struct {
	name  string
	value any
}

// print writes a result: as one JSON object, or as lines of name and value.
func (p *program) print(cmd *cobra.Command, fields ...field) error {
	if p.output == "json" {
		object := make(map[string]any, len(fields))
		for _, f := range fields {
			object[f.name] = f.value
		}
		return json.NewEncoder(cmd.OutOrStdout()).Encode(object)
	}
	for _, f := range fields {
		if _, err := fmt.Fprintf(cmd.OutOrStdout(), "%-16s %v\n", strings.ReplaceAll(f.name, "_", " "), f.value); err != nil {
			return err
		}
	}
	return nil
}

// errDeclined means that the operator said no.
var errDeclined = errors.New("not sent")

// confirm asks on a terminal; anywhere else --yes is needed, so that no script pays by accident.
func confirm(cmd *cobra.Command, yes bool) error {
	if yes {
		return nil
	}
	in, ok := cmd.InOrStdin().(*os.File)
	if !ok || !isTerminal(in) {
		return errors.New("this sends a transaction and there is no terminal to ask on: add --yes, or --dry-run to see the cost only")
	}
	cmd.PrintErr("send it? [y/N] ")
	answer, err := bufio.NewReader(in).ReadString('\n')
	if err != nil {
		return err
	}
	if a := strings.ToLower(strings.TrimSpace(answer)); a != "y" && a != "yes" {
		return errDeclined
	}
	return nil
}

func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

package main

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// explain makes the commands below one say what they were given wrong: how they are used where arguments are missing, and
// which argument was bad, where client/v2 speaks of a flag --0 that nobody typed.
func explain(cmd *cobra.Command) {
	for _, sub := range cmd.Commands() {
		explain(sub)
	}
	if check := cmd.Args; check != nil {
		cmd.Args = func(cmd *cobra.Command, args []string) error {
			if err := check(cmd, args); err != nil {
				return fmt.Errorf("%w: %s", err, cmd.UseLine())
			}
			return nil
		}
	}
	if run := cmd.RunE; run != nil {
		cmd.RunE = func(cmd *cobra.Command, args []string) error { return nameArgument(cmd, run(cmd, args)) }
	}
}

func nameArgument(cmd *cobra.Command, err error) error {
	var invalid *pflag.InvalidValueError
	if !errors.As(err, &invalid) {
		return err
	}
	position, notOne := strconv.Atoi(invalid.GetFlag().Name)
	if notOne != nil {
		return err
	}
	return fmt.Errorf("argument %d, %q: %w: %s", position+1, invalid.GetValue(), errors.Unwrap(invalid), cmd.UseLine())
}

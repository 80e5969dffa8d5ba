// Command cpchaind is the CPChain node and its command line.
package main

import (
	"fmt"
	"os"

	svrcmd "github.com/cosmos/cosmos-sdk/server/cmd"

	"github.com/cpchain/cpchain/app"
)

func main() {
	if err := svrcmd.Execute(newRootCmd(), envPrefix, app.DefaultHome); err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", app.Name, err)
		os.Exit(1)
	}
}

// Package smoke is the shortest story with real processes: write, be killed, write again, grant, fetch. `make test` runs it.
package smoke

#!/usr/bin/env bash
# Runs golangci-lint with the project's rules (.golangci.yml): format, go vet's checks and all others.
set -euo pipefail
cd "$(dirname "$0")/.."
lint=$PWD/.tools/golangci-lint
[ -x "$lint" ] || { echo "lint: golangci-lint is missing: run 'make lint'" >&2; exit 1; }
# On an empty cache it would take 6 GB; held back it takes a little longer.
export GOMEMLIMIT=${GOMEMLIMIT:-4GiB}
exec "$lint" run "$@" ./...

#!/usr/bin/env bash
# Runs every check that a change must pass, all of them also after a failure, and closes with a summary.
set -uo pipefail
cd "$(dirname "$0")/.."
p=${P:-2}
summary=()
failed=0

# check NAME COMMAND...: runs the command, notes how it went.
check() {
  local name=$1 start=$SECONDS
  shift
  echo "== $name"
  if "$@"; then
    summary+=("ok    $name ($((SECONDS - start)) s)")
  else
    summary+=("FAIL  $name ($((SECONDS - start)) s)")
    failed=1
  fi
}

check "module file is tidy" go mod tidy -diff
check "generated code is current" scripts/proto/check.sh
check "OpenAPI description is current" scripts/openapi.sh --check
check "lint, with format and go vet" scripts/lint.sh
check "go test" go test -p "$p" ./...

echo "== summary"
printf '%s\n' "${summary[@]}"
if [ "$failed" = 0 ]; then echo "all checks passed"; else echo "some checks failed"; fi
exit "$failed"

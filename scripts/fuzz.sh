#!/usr/bin/env bash
# Runs each fuzz target for FUZZTIME. Usage: scripts/fuzz.sh [PACKAGE...], all packages by default.
set -euo pipefail
cd "$(dirname "$0")/.."
duration=${FUZZTIME:-20s}
packages=("$@")
[ ${#packages[@]} -gt 0 ] || packages=(./...)
count=0 failed=()
while IFS= read -r package; do
  targets=$(go test -list '^Fuzz' "$package" | grep '^Fuzz' || true)
  for target in $targets; do
    count=$((count + 1))
    echo "== $package $target"
    go test -run '^$' -fuzz "^$target\$" -fuzztime "$duration" "$package" || failed+=("$package $target")
  done
done < <(go list -f '{{if or .TestGoFiles .XTestGoFiles}}{{.ImportPath}}{{end}}' "${packages[@]}")
[ "$count" -gt 0 ] || { echo "fuzz: no fuzz target in ${packages[*]}" >&2; exit 1; }
if [ ${#failed[@]} -gt 0 ]; then
  printf 'fuzz: failed: %s\n' "${failed[@]}" >&2
  exit 1
fi
echo "fuzz: $count targets ran $duration each"

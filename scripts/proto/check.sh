#!/usr/bin/env bash
# Fails when the checked-in generated code is not what proto/ gives, and lints proto/.
set -euo pipefail
cd "$(dirname "$0")/../.."
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
PROTO_LINT=1 scripts/proto/generate.sh "$out"
bad=0
while IFS= read -r file; do
  cmp -s "$out/$file" "$file" || { echo "proto: $file is not current: run 'make proto' and commit" >&2; bad=1; }
done < <(cd "$out" && find . -name '*.go')
while IFS= read -r file; do
  [ -e "$out/$file" ] || { echo "proto: $file has no source in proto/ any more: delete it" >&2; bad=1; }
done < <(git ls-files '*.pb.go' '*.pb.gw.go')
exit $bad

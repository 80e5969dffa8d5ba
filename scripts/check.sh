#!/usr/bin/env bash
# The race detector and known vulnerabilities. A check whose means this machine lacks is skipped, and the reason is printed.
set -uo pipefail
cd "$(dirname "$0")/.."
p=${P:-2}
failed=0

if ! command -v "${CC:-gcc}" >/dev/null; then
  echo "check: race detector skipped: it needs a C compiler (${CC:-gcc} not found)"
else
  echo "== race detector"
  CGO_ENABLED=1 go test -p "$p" -race ./... || failed=1
fi

echo "== known vulnerabilities"
vulncheck=$PWD/.tools/govulncheck
[ -x "$vulncheck" ] || GOBIN=$PWD/.tools go install -p "$p" "golang.org/x/vuln/cmd/govulncheck@${GOVULNCHECK_VERSION:?run by make check}"
report=$(mktemp)
trap 'rm -f "$report"' EXIT
if "$vulncheck" ./... >"$report" 2>&1; then
  cat "$report"
elif grep -qiE 'fetching vulnerabilities|vuln\.go\.dev|no such host|connection refused|403 Forbidden' "$report"; then
  echo "check: vulnerabilities skipped: the database is out of reach: $(tail -1 "$report")"
else
  cat "$report"
  failed=1
fi
exit "$failed"

#!/usr/bin/env bash
# Runs a local network until interrupted. The folder is kept: the next run goes on with the same chain.
# Usage: scripts/localnet.sh [DIR]; VALIDATORS and ACCOUNTS (flags of testnet init-files) matter when DIR is made.
set -euo pipefail
cd "$(dirname "$0")/.."
dir=${1:-localnet}
if [ ! -d "$dir" ]; then
  # shellcheck disable=SC2086 # several flags
  build/cpchaind testnet init-files --output-dir "$dir" --validators "${VALIDATORS:-4}" ${ACCOUNTS:---accounts alice=1000000000000ucpc,bob=1000000000000ucpc}
fi

pids=()
stop() {
  trap - INT TERM EXIT
  [ ${#pids[@]} -eq 0 ] || kill "${pids[@]}" 2>/dev/null || true
  wait
}
trap stop INT TERM EXIT
for home in "$dir"/node*; do
  build/cpchaind start --home "$home" >>"$home/node.log" 2>&1 &
  pids+=($!)
  rpc=$(sed -n '/^\[rpc\]/,/^\[/s/^laddr = "tcp:\(.*\)"/http:\1/p' "$home/config/config.toml")
  echo "$(basename "$home")  rpc $rpc  log $home/node.log"
done
echo "running; interrupt to stop. The folder $dir is kept; remove it to start a new chain."
wait -n
echo "a node has ended; see its log" >&2
exit 1

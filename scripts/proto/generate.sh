#!/usr/bin/env bash
# Generates the Go code of proto/ into OUT (default: the tree itself), offline: every import comes from the module cache.
# Usage: scripts/proto/generate.sh [OUT]
set -euo pipefail
cd "$(dirname "$0")/../.."
out=${1:-.}
root=$PWD
export PATH="$root/.tools:$PATH"
for tool in buf protoc-gen-gocosmos protoc-gen-grpc-gateway; do
  command -v "$tool" >/dev/null || { echo "proto: $tool is missing: run 'make proto-tools' first" >&2; exit 1; }
done

dir() { go list -m -f "{{.Dir}}" "$1"; }
work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
mkdir -p "$work/third_party/gogoproto" "$work/third_party/google" "$work/gen"
copy() { cp -r "$1" "$2"; chmod -R u+w "$2"; }

sdk=$(dir github.com/cosmos/cosmos-sdk)
copy "$sdk/proto/cosmos" "$work/third_party/cosmos"
copy "$sdk/proto/amino" "$work/third_party/amino"
copy "$sdk/proto/tendermint" "$work/third_party/tendermint"
copy "$(dir github.com/cosmos/gogoproto)/gogoproto/gogo.proto" "$work/third_party/gogoproto/gogo.proto"
copy "$(dir github.com/cosmos/cosmos-proto)/proto/cosmos_proto" "$work/third_party/cosmos_proto"
gateway=$(go mod download -json github.com/grpc-ecosystem/grpc-gateway@v1.16.0 | sed -n 's/^\t"Dir": "\(.*\)",$/\1/p')
copy "$gateway/third_party/googleapis/google/api" "$work/third_party/google/api"
cp -r proto "$work/proto"
cp scripts/proto/buf.gen.yaml "$work/buf.gen.yaml"
cat > "$work/buf.yaml" <<'YAML'
version: v2
modules:
  - path: proto
    lint:
      use: [STANDARD, COMMENT_MESSAGE, COMMENT_RPC, COMMENT_SERVICE]
      except: [SERVICE_SUFFIX, RPC_REQUEST_STANDARD_NAME, RPC_RESPONSE_STANDARD_NAME, RPC_REQUEST_RESPONSE_UNIQUE, ENUM_ZERO_VALUE_SUFFIX]
  - path: third_party
YAML
cd "$work"
buf generate proto -o gen
[ -z "${PROTO_LINT:-}" ] || buf lint proto
cd "$root"
cp -r "$work/gen/github.com/cpchain/cpchain/." "$out/"

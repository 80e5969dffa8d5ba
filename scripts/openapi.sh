#!/usr/bin/env bash
# Generates docs/openapi/cpchain.swagger.json, the description of the modules' REST routes, from proto/, offline.
# With --check, only says whether the checked-in file is what proto/ gives.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
export PATH="$root/.tools:$PATH"
for tool in buf protoc-gen-swagger; do
  command -v "$tool" >/dev/null || { echo "openapi: $tool is missing: run 'make proto-tools' first" >&2; exit 1; }
done
work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
dir() { go list -m -f '{{.Dir}}' "$1"; }
copy() { mkdir -p "$(dirname "$2")"; cp -r "$1" "$2"; chmod -R u+w "$2"; }

sdk=$(dir github.com/cosmos/cosmos-sdk)
for folder in cosmos amino tendermint; do copy "$sdk/proto/$folder" "$work/third_party/$folder"; done
copy "$(dir github.com/cosmos/gogoproto)/gogoproto/gogo.proto" "$work/third_party/gogoproto/gogo.proto"
copy "$(dir github.com/cosmos/cosmos-proto)/proto/cosmos_proto" "$work/third_party/cosmos_proto"
copy "$(dir github.com/grpc-ecosystem/grpc-gateway)/third_party/googleapis/google/api" "$work/third_party/google/api"
copy proto "$work/proto"
rm -r "$work/proto/cpchain/node" # spoken between daemons, not served by the chain
cd "$work"
cat > buf.yaml <<'YAML'
version: v2
modules: [{path: proto}, {path: third_party}]
YAML
cat > buf.gen.yaml <<'YAML'
version: v2
plugins:
  - local: protoc-gen-swagger
    out: .
    strategy: all
    opt: [logtostderr=true, allow_merge=true, merge_file_name=cpchain, json_names_for_fields=false]
YAML
buf generate proto -o gen
sed -i 's|"title": ".*"|"title": "CPChain modules"|; s|"version": "version not set"|"version": "v1"|' gen/cpchain.swagger.json
cd "$root"
made=$work/gen/cpchain.swagger.json kept=docs/openapi/cpchain.swagger.json
if [ "${1:-}" = --check ]; then
  cmp -s "$made" "$kept" || { echo "openapi: $kept is not current: run 'make proto' and commit" >&2; exit 1; }
else
  mkdir -p "$(dirname "$kept")"
  cp "$made" "$kept"
fi

# CPChain. `make help` lists what there is.
SHELL := /usr/bin/env bash
.DEFAULT_GOAL := help

# Parallel builds and test packages; raise it on a larger machine.
P ?= 2
# The folder of `make localnet`.
LOCALNET ?= localnet
# How long each fuzz target runs.
FUZZTIME ?= 20s
# Seeds of the simulation's runs, and how many blocks each has.
SIM_SEEDS ?= 1,2,3,4,5,6,7,8,9,10
SIM_BLOCKS ?= 1000

BUF_VERSION := v1.75.0
GOCOSMOS_VERSION := v1.7.2
GATEWAY_VERSION := v1.16.0
GOFUMPT_VERSION := v0.12.0
GOLANGCI_VERSION := v2.15.0
GOVULNCHECK_VERSION := v1.9.0

TOOLS := $(CURDIR)/.tools
BINARIES := $(notdir $(wildcard cmd/*))
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
COMMIT := $(shell git rev-parse HEAD 2>/dev/null || echo unknown)
VERSION_PKG := github.com/cosmos/cosmos-sdk/version
LDFLAGS := -s -w -X $(VERSION_PKG).Name=cpchain -X $(VERSION_PKG).AppName=cpchaind \
  -X $(VERSION_PKG).Version=$(VERSION) -X $(VERSION_PKG).Commit=$(COMMIT)

export CGO_ENABLED ?= 0
# one set of flags for builds and tests, so that they share the build cache
export GOFLAGS ?= -trimpath -buildvcs=false

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: build
build: ## build every binary into build/
	@mkdir -p build
	go build -p $(P) -ldflags '$(LDFLAGS)' -o build/ $(BINARIES:%=./cmd/%)

.PHONY: test
test: proto-tools $(TOOLS)/golangci-lint ## lint, generated code, module file and all tests (what CI runs)
	@P=$(P) scripts/test.sh

.PHONY: lint
lint: $(TOOLS)/golangci-lint ## run golangci-lint with the project's rules
	@scripts/lint.sh

.PHONY: fmt
fmt: $(TOOLS)/golangci-lint ## format and sort imports
	$(TOOLS)/golangci-lint fmt ./...

.PHONY: proto
proto: proto-tools ## regenerate Go code and the OpenAPI description from proto/, offline
	scripts/proto/generate.sh
	scripts/openapi.sh

.PHONY: demo
demo: build ## the main job from end to end, on this machine; writes out/demo.json
	go run ./tests/demo

# The stories: each has a target story-NAME and writes out/e2e/NAME.json.
STORIES := shared cli faults live committee storage

.PHONY: e2e $(STORIES:%=story-%)
e2e: build ## the stories with real processes, STORY=name for one: shared, cli, faults, live, committee, storage
	@[ -z "$(filter-out $(STORIES),$(STORY))" ] || { echo "make e2e: there is no story $(STORY): use one of $(STORIES)" >&2; exit 1; }
	@status=0; for story in $(or $(STORY),$(STORIES)); do $(MAKE) --no-print-directory story-$$story || status=1; done; exit $$status
story-shared:
	go run ./tests/demo -story shared
story-cli:
	go test -count=1 -tags e2e ./tests/e2e/cli
story-faults: # SEED and KILLS set the moments and the number of the kills
	go build -p $(P) -o build/e2e/ ./tests/e2e/faultyproxy
	go run ./tests/e2e/faults $(if $(SEED),-seed $(SEED)) $(if $(KILLS),-kills $(KILLS))
story-live:
	go run ./tests/e2e/live
story-committee:
	go build -p $(P) -o build/e2e/ ./tests/e2e/recompute
	go run ./tests/e2e/committee
story-storage: # MB sets how much is published
	go run ./tests/e2e/storage $(if $(MB),-mb $(MB))

.PHONY: bench
bench: build ## measure, beside the peers it is compared with (ROWS=regexp for a part); writes bench/out/report.json
	go run ./bench -rows '$(ROWS)'

.PHONY: sim
sim: ## long random runs of the state machine (SIM_SEEDS, SIM_BLOCKS)
	SIM_SEEDS=$(SIM_SEEDS) SIM_BLOCKS=$(SIM_BLOCKS) go test -count 1 -timeout 0 -v ./tests/sim
	CHURN_SEEDS=$(SIM_SEEDS) go test -count 1 -timeout 0 -v -run TestInstancesAgreeWhatever ./tests/integration

.PHONY: fuzz
fuzz: ## run every fuzz target for FUZZTIME (PKG=./path/... for some)
	@FUZZTIME=$(FUZZTIME) scripts/fuzz.sh $(PKG)

.PHONY: check
check: ## race detector and known vulnerabilities, where the machine has what they need
	@P=$(P) GOVULNCHECK_VERSION=$(GOVULNCHECK_VERSION) scripts/check.sh

.PHONY: localnet
localnet: build ## run a local network of four validators until interrupted; it is kept in LOCALNET
	@scripts/localnet.sh $(LOCALNET)

.PHONY: clean
clean: ## remove what was built and written; the local network and the tools stay
	rm -rf build out bench/out

.PHONY: tools
tools: proto-tools $(TOOLS)/golangci-lint $(TOOLS)/gofumpt ## install the pinned tools into .tools/

.PHONY: proto-tools
proto-tools: $(TOOLS)/buf $(TOOLS)/protoc-gen-gocosmos $(TOOLS)/protoc-gen-grpc-gateway $(TOOLS)/protoc-gen-swagger

# Tools are built apart from the module, so that its dependencies stay its own. After changing a version: rm -r .tools.
$(TOOLS)/buf:
	GOBIN=$(TOOLS) go install -p $(P) github.com/bufbuild/buf/cmd/buf@$(BUF_VERSION)
$(TOOLS)/protoc-gen-gocosmos:
	GOBIN=$(TOOLS) go install -p $(P) github.com/cosmos/gogoproto/protoc-gen-gocosmos@$(GOCOSMOS_VERSION)
$(TOOLS)/protoc-gen-grpc-gateway:
	GOBIN=$(TOOLS) go install -p $(P) github.com/grpc-ecosystem/grpc-gateway/protoc-gen-grpc-gateway@$(GATEWAY_VERSION)
$(TOOLS)/protoc-gen-swagger:
	GOBIN=$(TOOLS) go install -p $(P) github.com/grpc-ecosystem/grpc-gateway/protoc-gen-swagger@$(GATEWAY_VERSION)
$(TOOLS)/golangci-lint:
	GOBIN=$(TOOLS) go install -p $(P) github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_VERSION)
$(TOOLS)/gofumpt:
	GOBIN=$(TOOLS) go install -p $(P) mvdan.cc/gofumpt@$(GOFUMPT_VERSION)

// Package openapi holds the generated description of the chain's own REST routes.
package openapi

import _ "embed"

// Spec describes the routes of CPChain's modules, in OpenAPI 2.0 JSON. `make proto` writes it.
//
//go:embed cpchain.swagger.json
var Spec []byte

// Page shows the routes of CPChain's modules, and on demand those of the SDK. It uses the files of the SDK's page, which it
// takes the place of.
//
//go:embed index.html
var Page []byte

package app_test

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/log"

	"github.com/cosmos/cosmos-sdk/client"
	"github.com/cosmos/cosmos-sdk/server/api"
	"github.com/cosmos/cosmos-sdk/server/config"

	"github.com/cpchain/cpchain/app/apptest"
)

func TestTheDescriptionOfRESTOpensOnOurRoutes(t *testing.T) {
	template := apptest.Template()
	ctx := client.Context{}.WithInterfaceRegistry(template.Registry())
	get := func(srv *api.Server, path string) (int, string, string) {
		w := httptest.NewRecorder()
		srv.Router.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		return w.Code, w.Header().Get("Content-Type"), w.Body.String()
	}
	srv := api.New(ctx, log.NewNopLogger(), nil)
	template.RegisterAPIRoutes(srv, config.APIConfig{Swagger: true})

	code, kind, page := get(srv, "/swagger/")
	require.Equal(t, 200, code)
	require.Contains(t, kind, "text/html")
	require.Less(t, indexOf(t, page, "cpchain.swagger.json"), indexOf(t, page, "swagger.yaml"), "ours first")
	for _, file := range []string{"cpchain.swagger.json", "swagger.yaml", "swagger-ui-bundle.js", "swagger-ui-standalone-preset.js", "swagger-ui.css", "favicon-32x32.png"} {
		require.Contains(t, page, "./"+file)
		code, _, body := get(srv, "/swagger/"+file)
		require.Equal(t, 200, code, file)
		require.NotEmpty(t, body, file)
	}
	code, kind, spec := get(srv, "/swagger/cpchain.swagger.json")
	require.Equal(t, 200, code)
	require.Equal(t, "application/json", kind)
	require.Contains(t, spec, "/cpchain/datarights/v1/grants")

	off := api.New(ctx, log.NewNopLogger(), nil)
	template.RegisterAPIRoutes(off, config.APIConfig{})
	code, _, _ = get(off, "/swagger/")
	require.NotEqual(t, 200, code)
}

func indexOf(t *testing.T, text, part string) int {
	t.Helper()
	require.Contains(t, text, part)
	return strings.Index(text, part)
}

package app

import (
	"net/http"

	"cosmossdk.io/client/v2/autocli"
	"cosmossdk.io/core/appmodule"

	"github.com/cosmos/cosmos-sdk/client"
	"github.com/cosmos/cosmos-sdk/client/grpc/cmtservice"
	nodeservice "github.com/cosmos/cosmos-sdk/client/grpc/node"
	runtimeservices "github.com/cosmos/cosmos-sdk/runtime/services"
	"github.com/cosmos/cosmos-sdk/server"
	"github.com/cosmos/cosmos-sdk/server/api"
	"github.com/cosmos/cosmos-sdk/server/config"
	"github.com/cosmos/cosmos-sdk/x/auth/tx"

	"github.com/cpchain/cpchain/docs/openapi"
)

// swaggerPath is where REST is described.
const swaggerPath = "/swagger/"

// RegisterAPIRoutes serves REST. /swagger/ shows the routes of our modules first, and the SDK's on demand.
func (app *App) RegisterAPIRoutes(srv *api.Server, cfg config.APIConfig) {
	ctx, router := srv.ClientCtx, srv.GRPCGatewayRouter
	tx.RegisterGRPCGatewayRoutes(ctx, router)
	cmtservice.RegisterGRPCGatewayRoutes(ctx, router)
	nodeservice.RegisterGRPCGatewayRoutes(ctx, router)
	app.basics.RegisterGRPCGatewayRoutes(ctx, router)
	if !cfg.Swagger {
		return
	}
	srv.Router.HandleFunc(swaggerPath+"cpchain.swagger.json", serve("application/json", openapi.Spec))
	srv.Router.HandleFunc(swaggerPath, serve("text/html; charset=utf-8", openapi.Page))
	if err := server.RegisterSwaggerAPI(ctx, srv.Router, true); err != nil {
		panic(err) // only a broken build gets here
	}
}

func serve(kind string, body []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		_, _ = w.Write(body) // the client may have gone
	}
}

// RegisterTxService serves simulation and broadcast.
func (app *App) RegisterTxService(ctx client.Context) {
	tx.RegisterTxService(app.GRPCQueryRouter(), ctx, app.Simulate, app.registry)
}

// RegisterTendermintService serves blocks and validators.
func (app *App) RegisterTendermintService(ctx client.Context) {
	cmtservice.RegisterTendermintService(ctx, app.GRPCQueryRouter(), app.registry, server.NewCometABCIWrapper(app).Query)
}

// RegisterNodeService serves the node's own configuration.
func (app *App) RegisterNodeService(ctx client.Context, cfg config.Config) {
	nodeservice.RegisterNodeService(ctx, app.GRPCQueryRouter(), cfg)
}

// AutoCLI describes every module's commands.
func (app *App) AutoCLI() autocli.AppOptions {
	modules := make(map[string]appmodule.AppModule)
	for name, m := range app.modules.Modules { // in any order: into a map again
		if m, ok := m.(appmodule.AppModule); ok {
			modules[name] = m
		}
	}
	return autocli.AppOptions{Modules: modules, ModuleOptions: runtimeservices.ExtractAutoCLIOptions(app.modules.Modules)}
}

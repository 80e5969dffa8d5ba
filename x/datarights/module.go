// Package datarights keeps streams, anchors, readers and grants: hashes and rights, never data.
package datarights

import (
	"context"
	"encoding/json"
	"fmt"

	gwruntime "github.com/grpc-ecosystem/grpc-gateway/runtime"

	"cosmossdk.io/core/appmodule"

	"github.com/cosmos/cosmos-sdk/client"
	"github.com/cosmos/cosmos-sdk/codec"
	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	"github.com/cosmos/cosmos-sdk/testutil/simsx"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/module"
	simtypes "github.com/cosmos/cosmos-sdk/types/simulation"

	"github.com/cpchain/cpchain/x/datarights/keeper"
	"github.com/cpchain/cpchain/x/datarights/simulation"
	"github.com/cpchain/cpchain/x/datarights/types"
)

var (
	_ module.AppModuleBasic   = AppModule{}
	_ module.HasGenesis       = AppModule{}
	_ module.HasServices      = AppModule{}
	_ appmodule.AppModule     = AppModule{}
	_ appmodule.HasEndBlocker = AppModule{}

	_ module.AppModuleSimulation = AppModule{}
)

// AppModule plugs the keeper into the application.
type AppModule struct {
	cdc    codec.Codec
	keeper keeper.Keeper
}

// NewAppModule wraps a keeper.
func NewAppModule(cdc codec.Codec, k keeper.Keeper) AppModule { return AppModule{cdc: cdc, keeper: k} }

// IsOnePerModuleType implements depinject's marker.
func (AppModule) IsOnePerModuleType() {}

// IsAppModule implements appmodule.AppModule.
func (AppModule) IsAppModule() {}

// Name implements module.AppModuleBasic.
func (AppModule) Name() string { return types.ModuleName }

// ConsensusVersion implements module.HasConsensusVersion.
func (AppModule) ConsensusVersion() uint64 { return 1 }

// RegisterLegacyAminoCodec implements module.AppModuleBasic.
func (AppModule) RegisterLegacyAminoCodec(cdc *codec.LegacyAmino) {
	types.RegisterLegacyAminoCodec(cdc)
}

// RegisterInterfaces implements module.AppModuleBasic.
func (AppModule) RegisterInterfaces(r codectypes.InterfaceRegistry) { types.RegisterInterfaces(r) }

// RegisterGRPCGatewayRoutes implements module.AppModuleBasic.
func (AppModule) RegisterGRPCGatewayRoutes(ctx client.Context, mux *gwruntime.ServeMux) {
	if err := types.RegisterQueryHandlerClient(context.Background(), mux, types.NewQueryClient(ctx)); err != nil {
		panic(err) // only a broken build gets here
	}
}

// RegisterServices implements module.HasServices.
func (m AppModule) RegisterServices(cfg module.Configurator) {
	types.RegisterMsgServer(cfg.MsgServer(), keeper.NewMsgServer(m.keeper))
	types.RegisterQueryServer(cfg.QueryServer(), keeper.NewQueryServer(m.keeper))
}

// DefaultGenesis implements module.HasGenesisBasics.
func (AppModule) DefaultGenesis(cdc codec.JSONCodec) json.RawMessage {
	return cdc.MustMarshalJSON(types.DefaultGenesis())
}

// ValidateGenesis implements module.HasGenesisBasics.
func (AppModule) ValidateGenesis(cdc codec.JSONCodec, _ client.TxEncodingConfig, bz json.RawMessage) error {
	var g types.GenesisState
	if err := cdc.UnmarshalJSON(bz, &g); err != nil {
		return fmt.Errorf("genesis of %s: %w", types.ModuleName, err)
	}
	return g.Validate()
}

// InitGenesis implements module.HasGenesis.
func (m AppModule) InitGenesis(ctx sdk.Context, cdc codec.JSONCodec, bz json.RawMessage) {
	var g types.GenesisState
	cdc.MustUnmarshalJSON(bz, &g)
	if err := m.keeper.InitGenesis(ctx, &g); err != nil {
		panic(fmt.Errorf("genesis of %s: %w", types.ModuleName, err))
	}
}

// ExportGenesis implements module.HasGenesis.
func (m AppModule) ExportGenesis(ctx sdk.Context, cdc codec.JSONCodec) json.RawMessage {
	g, err := m.keeper.ExportGenesis(ctx)
	if err != nil {
		panic(fmt.Errorf("genesis of %s: %w", types.ModuleName, err))
	}
	return cdc.MustMarshalJSON(g)
}

// EndBlock implements appmodule.HasEndBlocker.
func (m AppModule) EndBlock(ctx context.Context) error { return m.keeper.EndBlock(ctx) }

// GenerateGenesisState implements module.AppModuleSimulation.
func (AppModule) GenerateGenesisState(state *module.SimulationState) {
	simulation.RandomizedGenState(state)
}

// RegisterStoreDecoder implements module.AppModuleSimulation: the schema decodes the store.
func (m AppModule) RegisterStoreDecoder(decoders simtypes.StoreDecoderRegistry) {
	decoders[types.StoreKey] = simtypes.NewStoreDecoderFuncFromCollectionsSchema(m.keeper.Schema)
}

// WeightedOperations implements module.AppModuleSimulation; WeightedOperationsX replaces it.
func (AppModule) WeightedOperations(module.SimulationState) []simtypes.WeightedOperation { return nil }

// WeightedOperationsX adds one factory per message a user sends.
func (m AppModule) WeightedOperationsX(weight simsx.WeightSource, reg simsx.Registry) {
	reg.Add(weight.Get("msg_datarights_create_stream", 30), simulation.MsgCreateStreamFactory(m.keeper))
	reg.Add(weight.Get("msg_datarights_update_stream", 10), simulation.MsgUpdateStreamFactory(m.keeper))
	reg.Add(weight.Get("msg_datarights_set_writer", 10), simulation.MsgSetWriterFactory(m.keeper))
	reg.Add(weight.Get("msg_datarights_bump_writer", 10), simulation.MsgBumpWriterFactory(m.keeper))
	reg.Add(weight.Get("msg_datarights_rekey", 10), simulation.MsgRekeyFactory(m.keeper))
	reg.Add(weight.Get("msg_datarights_anchor", 60), simulation.MsgAnchorFactory(m.keeper))
	reg.Add(weight.Get("msg_datarights_register_reader", 20), simulation.MsgRegisterReaderFactory(m.keeper))
	reg.Add(weight.Get("msg_datarights_rotate_reader", 10), simulation.MsgRotateReaderFactory(m.keeper))
	reg.Add(weight.Get("msg_datarights_grant", 40), simulation.MsgGrantFactory(m.keeper))
	reg.Add(weight.Get("msg_datarights_disclaim", 10), simulation.MsgDisclaimFactory(m.keeper))
	reg.Add(weight.Get("msg_datarights_show_receipt", 5), simulation.MsgShowReceiptFactory(m.keeper))
	reg.Add(weight.Get("msg_datarights_regrant", 100), simulation.MsgRegrantFactory(m.keeper))
	reg.Add(weight.Get("msg_datarights_accept_grant", 40), simulation.MsgAcceptGrantFactory(m.keeper))
	reg.Add(weight.Get("msg_datarights_refuse_grant", 10), simulation.MsgRefuseGrantFactory(m.keeper))
	reg.Add(weight.Get("msg_datarights_delete_stream", 20), simulation.MsgDeleteStreamFactory(m.keeper))
	reg.Add(weight.Get("msg_datarights_revoke_grant", 10), simulation.MsgRevokeGrantFactory(m.keeper))
	reg.Add(weight.Get("msg_datarights_dispute_fragment", 10), simulation.MsgDisputeFragmentFactory(m.keeper))
	reg.Add(weight.Get("msg_datarights_demand_fragment", 30), simulation.MsgDemandFragmentFactory(m.keeper))
	reg.Add(weight.Get("msg_datarights_answer_demand", 10), simulation.MsgAnswerDemandFactory(m.keeper))
	reg.Add(weight.Get("msg_datarights_refute_demand", 20), simulation.MsgRefuteDemandFactory(m.keeper))
	reg.Add(weight.Get("msg_datarights_demand_capsule", 20), simulation.MsgDemandCapsuleFactory(m.keeper))
	reg.Add(weight.Get("msg_datarights_answer_capsule", 20), simulation.MsgAnswerCapsuleFactory(m.keeper))
	reg.Add(weight.Get("msg_datarights_hand_over", 20), simulation.MsgHandOverFactory(m.keeper))
	reg.Add(weight.Get("msg_datarights_take_over", 20), simulation.MsgTakeOverFactory(m.keeper))
	reg.Add(weight.Get("msg_datarights_decline_hand_over", 10), simulation.MsgDeclineHandOverFactory(m.keeper))
}

// ProposalMsgsX adds the message governance sends.
func (AppModule) ProposalMsgsX(weight simsx.WeightSource, reg simsx.Registry) {
	// gov submits a proposal with a 25th of its weight, rounded down
	reg.Add(weight.Get("msg_datarights_update_params", 100), simulation.MsgUpdateParamsFactory())
}

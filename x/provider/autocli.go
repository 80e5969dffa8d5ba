package provider

import (
	autocliv1 "cosmossdk.io/api/cosmos/autocli/v1"
)

// AutoCLIOptions describes the module's commands of cpchaind.
func (AppModule) AutoCLIOptions() *autocliv1.ModuleOptions {
	arg := func(names ...string) []*autocliv1.PositionalArgDescriptor {
		args := make([]*autocliv1.PositionalArgDescriptor, len(names))
		for i, name := range names {
			args[i] = &autocliv1.PositionalArgDescriptor{ProtoField: name}
		}
		return args
	}
	return &autocliv1.ModuleOptions{
		Query: &autocliv1.ServiceCommandDescriptor{
			Service: "cpchain.provider.v1.Query",
			RpcCommandOptions: []*autocliv1.RpcCommandOptions{
				{RpcMethod: "Params", Use: "params", Short: "Show the module's params"},
				{RpcMethod: "Provider", Use: "provider [id]", Short: "Show a provider and its load", PositionalArgs: arg("id")},
				{RpcMethod: "ProviderByOperator", Use: "operator [address]", Short: "Find a provider by its account", PositionalArgs: arg("operator")},
				{RpcMethod: "ProviderByPeerKey", Use: "peer-key [base64]", Short: "Find a provider by its peer key", PositionalArgs: arg("peer_key")},
				{RpcMethod: "Providers", Use: "providers", Short: "List providers", Example: "cpchaind query provider providers --active"},
				{RpcMethod: "PeerKey", Use: "peer-key-version [id] [version]", Short: "Show a peer key of the past", PositionalArgs: arg("id", "version")},
				{RpcMethod: "Boundaries", Use: "boundaries", Short: "List the draw boundaries, newest first"},
			},
		},
		Tx: &autocliv1.ServiceCommandDescriptor{
			Service: "cpchain.provider.v1.Msg",
			RpcCommandOptions: []*autocliv1.RpcCommandOptions{
				{
					RpcMethod: "Register", Use: "register", Short: "Register a provider (cpstoraged register makes the proofs)",
					Example: "cpchaind tx provider register --peer-key ... --peer-key-proof ... --seal-key ... --seal-key-proof ... --addresses /ip4/192.0.2.1/tcp/4001 --capacity-bytes 1000000000000 --storage --proxy --bond 1000000000ucpc",
				},
				{RpcMethod: "Update", Use: "update", Short: "Change a provider's announcements or rotate its keys", Example: "cpchaind tx provider update --addresses /dns4/store.example.org/tcp/4001"},
				{RpcMethod: "Bond", Use: "bond [amount]", Short: "Add to the bond", PositionalArgs: arg("amount")},
				{RpcMethod: "SetPaused", Use: "set-paused", Short: "Pause (--paused) or resume (--paused=false)"},
				{RpcMethod: "Leave", Use: "leave", Short: "End the provider; refused while shards or grants depend on it"},
				{RpcMethod: "UpdateParams", Skip: true},
			},
		},
	}
}

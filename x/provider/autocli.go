package provider

import autocliv1 "cosmossdk.io/api/cosmos/autocli/v1"

// AutoCLIOptions describes the module's commands of cpchaind.
func (AppModule) AutoCLIOptions() *autocliv1.ModuleOptions {
	return &autocliv1.ModuleOptions{Query: queryCommands(), Tx: txCommands()}
}

// args are positional arguments in the order of the given fields.
func args(fields ...string) []*autocliv1.PositionalArgDescriptor {
	list := make([]*autocliv1.PositionalArgDescriptor, len(fields))
	for i, field := range fields {
		list[i] = &autocliv1.PositionalArgDescriptor{ProtoField: field}
	}
	return list
}

func queryCommands() *autocliv1.ServiceCommandDescriptor {
	return &autocliv1.ServiceCommandDescriptor{
		Service: "cpchain.provider.v1.Query",
		RpcCommandOptions: []*autocliv1.RpcCommandOptions{
			{RpcMethod: "Params", Use: "params", Short: "Show the module's params", Example: "cpchaind query provider params"},
			{
				RpcMethod: "Provider", Use: "provider [id]", Short: "Show a provider and its load", PositionalArgs: args("id"),
				Example: "cpchaind query provider provider 7",
			},
			{
				RpcMethod: "ProviderByOperator", Use: "operator [address]", Short: "Find a provider by its account", PositionalArgs: args("operator"),
				Example: "cpchaind query provider operator $(cpchaind keys show -a store1)",
			},
			{
				RpcMethod: "ProviderByPeerKey", Use: "peer-key [base64]", Short: "Find a provider by its peer key", PositionalArgs: args("peer_key"),
				Example: "cpchaind query provider peer-key 11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=",
			},
			{
				RpcMethod: "Providers", Use: "providers", Alias: []string{"list"}, Short: "List providers, 200 a page",
				Example: "cpchaind query provider providers --active --page-limit 50",
			},
			{
				RpcMethod: "PeerKey", Use: "peer-key-version [id] [version]", Short: "Show the peer key a provider had at a version",
				PositionalArgs: args("id", "version"), Example: "cpchaind query provider peer-key-version 7 1",
			},
			{
				RpcMethod: "Boundaries", Use: "boundaries", Short: "List the draw boundaries, newest first",
				Example: "cpchaind query provider boundaries",
			},
			{
				RpcMethod: "Pool", Use: "pool [height]", Short: "Show whom the proxy draws by a boundary rank", PositionalArgs: args("height"),
				Example: "cpchaind query provider pool 1200",
			},
		},
	}
}

func txCommands() *autocliv1.ServiceCommandDescriptor {
	return &autocliv1.ServiceCommandDescriptor{
		Service: "cpchain.provider.v1.Msg",
		RpcCommandOptions: []*autocliv1.RpcCommandOptions{
			{
				RpcMethod: "Register", Use: "register [bond]", Short: "Register a provider (cpstoraged register does it with the node's keys)",
				Long:           "Register the signer as a provider and bond for its capacity. The proofs are signatures by the node's keys, which cpstoraged register makes; use this command only where they come from elsewhere.",
				PositionalArgs: args("bond"),
				Example: "cpchaind tx provider register 1000000000ucpc --peer-key $PEER_KEY --peer-key-proof $PEER_PROOF --seal-key $SEAL_KEY --seal-key-proof $SEAL_PROOF " +
					"--addresses /ip4/192.0.2.1/tcp/4180 --capacity-bytes 1000000000000 --storage-price-ucpc 5 --reencryption-price-ucpc 2 --storage --proxy --from store1",
			},
			{
				RpcMethod: "Update", Use: "update", Short: "Change what a provider announces, or rotate its keys; what is left out stays",
				Example: "cpchaind tx provider update --addresses /dns4/store.example.org/tcp/4180 --storage-price-ucpc 4 --from store1",
			},
			{
				RpcMethod: "Bond", Use: "bond [amount]", Short: "Add to the bond", PositionalArgs: args("amount"),
				Example: "cpchaind tx provider bond 500000000ucpc --from store1",
			},
			{
				RpcMethod: "SetPaused", Use: "set-paused [true|false]", Short: "Stop or resume being named in new placements and grants", PositionalArgs: args("paused"),
				Example: "cpchaind tx provider set-paused true --from store1",
			},
			{
				RpcMethod: "Leave", Use: "leave", Short: "End the provider and unbond; refused while shards or grants depend on it",
				Example: "cpchaind tx provider leave --from store1",
			},
			{RpcMethod: "UpdateParams", Skip: true}, // sent by governance only
		},
	}
}

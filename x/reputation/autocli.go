package reputation

import autocliv1 "cosmossdk.io/api/cosmos/autocli/v1"

// AutoCLIOptions describes the module's commands of cpchaind.
func (AppModule) AutoCLIOptions() *autocliv1.ModuleOptions {
	return &autocliv1.ModuleOptions{Query: queryCommands(), Tx: &autocliv1.ServiceCommandDescriptor{
		Service: "cpchain.reputation.v1.Msg",
		RpcCommandOptions: []*autocliv1.RpcCommandOptions{
			{RpcMethod: "UpdateParams", Skip: true}, // sent by governance only
		},
	}}
}

func queryCommands() *autocliv1.ServiceCommandDescriptor {
	operator := []*autocliv1.PositionalArgDescriptor{{ProtoField: "operator"}}
	return &autocliv1.ServiceCommandDescriptor{
		Service: "cpchain.reputation.v1.Query",
		RpcCommandOptions: []*autocliv1.RpcCommandOptions{
			{RpcMethod: "Params", Use: "params", Short: "Show the module's params", Example: "cpchaind query reputation params"},
			{
				RpcMethod: "Score", Use: "score [operator]", Short: "Show an operator's score", PositionalArgs: operator,
				Example: "cpchaind query reputation score $(cpchaind keys show -a validator)",
			},
			{
				RpcMethod: "Breakdown", Use: "breakdown [operator]", Short: "Show what a score is made of", PositionalArgs: operator,
				Example: "cpchaind query reputation breakdown $(cpchaind keys show -a validator)",
			},
			{
				RpcMethod: "Explain", Use: "explain [operator]", Short: "List every change of a score with its reason, newest first", PositionalArgs: operator,
				Example: "cpchaind query reputation explain $(cpchaind keys show -a validator) --page-limit 20",
			},
			{
				RpcMethod: "History", Use: "history [operator]", Short: "List a score over time, newest first", PositionalArgs: operator,
				Example: "cpchaind query reputation history $(cpchaind keys show -a validator)",
			},
			{
				RpcMethod: "Ranking", Use: "ranking", Short: "List operators, best first; --preset cpchain-2019 ranks by the rule of 2019",
				Example: "cpchaind query reputation ranking --page-limit 10",
			},
		},
	}
}

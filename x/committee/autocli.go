package committee

import autocliv1 "cosmossdk.io/api/cosmos/autocli/v1"

// AutoCLIOptions describes the module's commands of cpchaind. Registering needs the node's keys: see cpchaind tx committee register.
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
		Service: "cpchain.committee.v1.Query",
		RpcCommandOptions: []*autocliv1.RpcCommandOptions{
			{RpcMethod: "Params", Use: "params", Short: "Show the module's params", Example: "cpchaind query committee params"},
			{
				RpcMethod: "Committee", Use: "committee", Alias: []string{"members"}, Short: "Show who sits, since when and at which level",
				Example: "cpchaind query committee committee",
			},
			{
				RpcMethod: "Candidate", Use: "candidate [operator]", Short: "Show a candidate", PositionalArgs: args("operator"),
				Example: "cpchaind query committee candidate $(cpchaind keys show -a validator)",
			},
			{
				RpcMethod: "CandidateByAgent", Use: "agent [address]", Short: "Find a candidate by its agent's account", PositionalArgs: args("agent"),
				Example: "cpchaind query committee agent $(cpchaind vrf-key --agent)",
			},
			{RpcMethod: "Candidates", Use: "candidates", Short: "List candidates, 200 a page", Example: "cpchaind query committee candidates --page-limit 50"},
			{RpcMethod: "Term", Use: "term", Short: "Show the running term", Example: "cpchaind query committee term"},
			{
				RpcMethod: "Turn", Use: "turn [operator]", Short: "Show an operator's part in the running term", PositionalArgs: args("operator"),
				Example: "cpchaind query committee turn $(cpchaind keys show -a validator)",
			},
			{
				RpcMethod: "Levels", Use: "levels [term]", Short: "List a term's ranks, best first; 0 is the last one ranked", PositionalArgs: args("term"),
				Example: "cpchaind query committee levels 0",
			},
			{RpcMethod: "Reserve", Use: "reserve", Short: "List who stands by to fill seats", Example: "cpchaind query committee reserve"},
			{
				RpcMethod: "Draws", Use: "draws [term]", Short: "List a term's snapshot and proofs; 0 is the running one", PositionalArgs: args("term"),
				Example: "cpchaind query committee draws 0",
			},
			{RpcMethod: "Boundaries", Use: "boundaries", Short: "List changes of the committee, newest first", Example: "cpchaind query committee boundaries --page-limit 5"},
			{
				RpcMethod: "Randomness", Use: "randomness [height]", Short: "Show a value of the randomness chain; 0 is the newest", PositionalArgs: args("height"),
				Example: "cpchaind query committee randomness 0",
			},
			{
				RpcMethod: "Why", Use: "why [operator]", Short: "Tell why an operator sits, does not, or was removed", PositionalArgs: args("operator"),
				Example: "cpchaind query committee why $(cpchaind keys show -a validator)",
			},
		},
	}
}

func txCommands() *autocliv1.ServiceCommandDescriptor {
	return &autocliv1.ServiceCommandDescriptor{
		Service:              "cpchain.committee.v1.Msg",
		EnhanceCustomCommand: true,
		RpcCommandOptions: []*autocliv1.RpcCommandOptions{
			{RpcMethod: "RegisterCandidate", Skip: true}, // cpchaind tx committee register reads the keys from the node's home
			{RpcMethod: "UpdateCandidate", Skip: true},   // so does cpchaind tx committee update
			{
				RpcMethod: "UnregisterCandidate", Use: "unregister", Short: "End the candidacy; a seat is lost at once",
				Example: "cpchaind tx committee unregister --from validator",
			},
			{RpcMethod: "SubmitSortition", Skip: true}, // sent by the node's sortition agent
			{RpcMethod: "UpdateParams", Skip: true},    // sent by governance only
		},
	}
}

package datarights

import autocliv1 "cosmossdk.io/api/cosmos/autocli/v1"

func demandQueries() []*autocliv1.RpcCommandOptions {
	return []*autocliv1.RpcCommandOptions{
		{
			RpcMethod: "Demand", Use: "demand [id]", Short: "Show a demand, and its answer while that is kept", PositionalArgs: args("id"),
			Example: "cpchaind query datarights demand 17",
		},
		{
			RpcMethod: "Demands", Use: "demands", Short: "List demands of a grant, or the open ones a provider or a stream's owner has to answer, 200 a page",
			FlagOptions: flags(map[string]string{
				"grant": "all demands of this grant", "provider": "open demands for this provider's fragments", "stream": "open demands for capsules of this stream",
			}),
			Example: "cpchaind query datarights demands --provider 4",
		},
		{
			RpcMethod: "Successor", Use: "successor [grant] [provider]", Short: "Show whose turn it is to take a proxy's parcel", PositionalArgs: args("grant", "provider"),
			Example: "cpchaind query datarights successor 12 4",
		},
	}
}

func demandCommands() []*autocliv1.RpcCommandOptions {
	return []*autocliv1.RpcCommandOptions{
		{
			RpcMethod: "DemandFragment", Use: "demand-fragment [grant] [provider] [node]", Short: "Demand a proxy's answer on chain (cpdata fetch --demand does it)",
			PositionalArgs: args("grant", "provider", "node"),
			FlagOptions:    flags(map[string]string{"capsule": "the node's capsule: hex, base64 or a file"}),
			Example:        "cpchaind tx datarights demand-fragment 12 4 $NODE --capsule $CAPSULE --from carol",
		},
		{
			RpcMethod: "AnswerDemand", Use: "answer-demand [demand] [answer.json]", Short: "Answer a demand as the proxy (cpstoraged does it)",
			PositionalArgs: args("demand", "answer"), Example: "cpchaind tx datarights answer-demand 17 answer.json --from store1",
		},
		{
			RpcMethod: "RefuteDemand", Use: "refute-demand [demand]", Short: "Show that a demand came with another capsule than the leaf's (cpstoraged does it)",
			PositionalArgs: args("demand"), FlagOptions: flags(map[string]string{"leaf": "the leaf: hex, base64 or a file", "path": "its path, hash by hash"}),
			Example: "cpchaind tx datarights refute-demand 17 --leaf $LEAF --path $HASH --path $HASH --from store1",
		},
		{
			RpcMethod: "DemandCapsule", Use: "demand-capsule [grant] [position]", Short: "Demand a closed node's capsule of the owner (cpdata fetch --demand does it)",
			PositionalArgs: args("grant", "position"), FlagOptions: flags(map[string]string{"leaf": "the leaf: hex, base64 or a file", "path": "its path, hash by hash"}),
			Example: "cpchaind tx datarights demand-capsule 12 3 --leaf $LEAF --path $HASH --path $HASH --from carol",
		},
		{
			RpcMethod: "AnswerCapsule", Use: "answer-capsule [demand]", Short: "Bring a demanded capsule (cpgatewayd and cpdata demands answer do it)",
			PositionalArgs: args("demand"), FlagOptions: flags(map[string]string{"capsule": "the capsule: hex, base64 or a file"}),
			Example: "cpchaind tx datarights answer-capsule 18 --capsule $CAPSULE --from alice",
		},
		{
			RpcMethod: "HandOver", Use: "hand-over [grant] [to]", Short: "Offer a proxy's parcel to the next rank (cpstoraged leave does it)", PositionalArgs: args("grant", "to"),
			Example: "cpchaind tx datarights hand-over 12 7 --from store1",
		},
		{
			RpcMethod: "TakeOver", Use: "take-over [grant]", Short: "Take an offered parcel over (cpstoraged does it)", PositionalArgs: args("grant"),
			Example: "cpchaind tx datarights take-over 12 --from store2",
		},
		{
			RpcMethod: "DeclineHandOver", Use: "decline-hand-over [grant] [reason]", Short: "Decline an offered parcel", PositionalArgs: args("grant", "reason"),
			Example: "cpchaind tx datarights decline-hand-over 12 'disk full' --from store2",
		},
	}
}

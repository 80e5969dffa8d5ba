package storage

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
		Service: "cpchain.storage.v1.Query",
		RpcCommandOptions: []*autocliv1.RpcCommandOptions{
			{RpcMethod: "Params", Use: "params", Short: "Show the module's params and the running period", Example: "cpchaind query storage params"},
			{
				RpcMethod: "Account", Use: "account [stream]", Short: "Show what a stream pays its storage from, and on which terms",
				PositionalArgs: args("stream"), Example: "cpchaind query storage account 7",
			},
			{
				RpcMethod: "Deal", Use: "deal [stream] [seq]", Short: "Show who holds a bundle, for what pay and how long",
				PositionalArgs: args("stream", "seq"), Example: "cpchaind query storage deal 7 0",
			},
			{
				RpcMethod: "Deals", Use: "deals [stream]", Short: "List a stream's deals, 200 a page", PositionalArgs: args("stream"),
				Example: "cpchaind query storage deals 7",
			},
			{
				RpcMethod: "Node", Use: "node [provider]", Short: "Show what a provider holds, has to prove and has earned",
				PositionalArgs: args("provider"), Example: "cpchaind query storage node 3",
			},
			{
				RpcMethod: "Shards", Use: "shards [provider]", Short: "List the slots a provider holds, 200 a page", PositionalArgs: args("provider"),
				Example: "cpchaind query storage shards 3",
			},
			{
				RpcMethod: "Endangered", Use: "endangered", Short: "List bundles that are to be repaired now (--all: with any open slot), 200 a page",
				Example: "cpchaind query storage endangered",
			},
			{
				RpcMethod: "Challenge", Use: "challenge [id]", Short: "Show a challenge that waits for its answer", PositionalArgs: args("id"),
				Example: "cpchaind query storage challenge 1",
			},
			{
				RpcMethod: "Challenges", Use: "challenges [provider]", Short: "List the challenges that wait for a provider's answer",
				PositionalArgs: args("provider"), Example: "cpchaind query storage challenges 3",
			},
			{
				RpcMethod: "Estimate", Use: "estimate [shard-bytes] [shards] [price-ucpc]", Short: "Tell what storing a bundle costs",
				PositionalArgs: args("shard_bytes", "shards", "price_ucpc"), Example: "cpchaind query storage estimate 26214 16 4000000 --term 30",
			},
		},
	}
}

func txCommands() *autocliv1.ServiceCommandDescriptor {
	return &autocliv1.ServiceCommandDescriptor{
		Service: "cpchain.storage.v1.Msg",
		RpcCommandOptions: []*autocliv1.RpcCommandOptions{
			{
				RpcMethod: "SetTerms", Use: "set-terms [stream] [price-ucpc]", Short: "Set what a stream pays for storage per GiB and month, and for how many periods",
				PositionalArgs: args("stream", "price_ucpc"), Example: "cpchaind tx storage set-terms 7 4000000 --term 30 --from alice",
			},
			{
				RpcMethod: "Deposit", Use: "deposit [stream] [amount]", Short: "Add to the balance a stream's storage is paid from",
				PositionalArgs: args("stream", "amount"), Example: "cpchaind tx storage deposit 7 5000000ucpc --from alice",
			},
			{
				RpcMethod: "Withdraw", Use: "withdraw [stream] [amount]", Short: "Take unspent balance back",
				PositionalArgs: args("stream", "amount"), Example: "cpchaind tx storage withdraw 7 1000000ucpc --from alice",
			},
			{
				RpcMethod: "Renew", Use: "renew [stream] [seq] [deals] [periods]", Short: "Store bundles for longer; the signer pays",
				PositionalArgs: args("stream", "seq", "deals", "periods"), Example: "cpchaind tx storage renew 7 0 1 30 --from alice",
			},
			{
				RpcMethod: "Challenge", Use: "challenge", Short: "Ask the holder of a shard for a proof out of turn",
				Long:    "Ask the holder of a shard for a leaf that the next block draws. The fee pays for its answer; without one the holder has a strike, loses the slot, and the fee comes back.",
				Example: `cpchaind tx storage challenge --slot '{"stream":7,"seq":0,"slot":3}' --from carol`,
			},
			{
				RpcMethod: "Maintain", Use: "maintain [periods]", Short: "Announce periods without proofs and without pay, from now on",
				PositionalArgs: args("periods"), Example: "cpchaind tx storage maintain 1 --from store1",
			},
			{RpcMethod: "Prove", Use: "prove [period]", Short: "Answer picks (cpstoraged does it)", PositionalArgs: args("period"), Example: "cpchaind tx storage prove 12 --answers answers.json --from store1"},
			{RpcMethod: "AnswerChallenge", Use: "answer-challenge [id]", Short: "Answer a challenge (cpstoraged does it)", PositionalArgs: args("id"), Example: "cpchaind tx storage answer-challenge 1 --answer answer.json --from store1"},
			{RpcMethod: "Fill", Use: "fill", Short: "Take open slots over (cpstoraged does it)", Example: `cpchaind tx storage fill --boundary 1200 --slots '{"stream":7,"seq":0,"slot":3}' --from store1`},
			{RpcMethod: "UpdateParams", Skip: true},
		},
	}
}

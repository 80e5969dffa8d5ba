package datarights

import (
	autocliv1 "cosmossdk.io/api/cosmos/autocli/v1"
)

func args(names ...string) []*autocliv1.PositionalArgDescriptor {
	list := make([]*autocliv1.PositionalArgDescriptor, len(names))
	for i, name := range names {
		list[i] = &autocliv1.PositionalArgDescriptor{ProtoField: name}
	}
	return list
}

// AutoCLIOptions describes the module's commands of cpchaind.
func (AppModule) AutoCLIOptions() *autocliv1.ModuleOptions {
	return &autocliv1.ModuleOptions{
		Query: &autocliv1.ServiceCommandDescriptor{
			Service: "cpchain.datarights.v1.Query",
			RpcCommandOptions: []*autocliv1.RpcCommandOptions{
				{RpcMethod: "Params", Use: "params", Short: "Show the module's params"},
				{RpcMethod: "Stream", Use: "stream [id]", Short: "Show a stream and its head", PositionalArgs: args("id")},
				{RpcMethod: "StreamByName", Use: "stream-by-name [owner] [name]", Short: "Find a stream by owner and name", PositionalArgs: args("owner", "name")},
				{RpcMethod: "Streams", Use: "streams", Short: "Search streams", Example: "cpchaind query datarights streams --kind weather"},
				{RpcMethod: "Anchor", Use: "anchor [stream] [seq]", Short: "Show an anchor and its placement", PositionalArgs: args("stream", "seq")},
				{RpcMethod: "Anchors", Use: "anchors [stream]", Short: "List a stream's anchors", PositionalArgs: args("stream")},
				{RpcMethod: "AnchorOf", Use: "anchor-of [stream] [interval]", Short: "Find the anchor of an interval", PositionalArgs: args("stream", "interval")},
				{RpcMethod: "Reader", Use: "reader [id]", Short: "Show a reader and its keys", PositionalArgs: args("id")},
				{RpcMethod: "Readers", Use: "readers [owner]", Short: "List an account's readers", PositionalArgs: args("owner")},
				{RpcMethod: "Grant", Use: "grant [id]", Short: "Show a grant", PositionalArgs: args("id")},
				{RpcMethod: "Grants", Use: "grants", Short: "List grants", Example: "cpchaind query datarights grants --stream 1 --open"},
				{RpcMethod: "Allows", Use: "allows [grant] [interval]", Short: "Tell whether a grant opens an interval now", PositionalArgs: args("grant", "interval")},
			},
		},
		Tx: &autocliv1.ServiceCommandDescriptor{
			Service: "cpchain.datarights.v1.Msg",
			RpcCommandOptions: []*autocliv1.RpcCommandOptions{
				{RpcMethod: "CreateStream", Use: "create-stream", Short: "Make a stream (cpdata stream create makes the proofs)"},
				{RpcMethod: "UpdateStream", Use: "update-stream [stream]", Short: "Replace tags, description and the private flag", PositionalArgs: args("stream")},
				{RpcMethod: "SetWriter", Use: "set-writer [stream]", Short: "Hand writing over (cpdata stream set-writer makes the proof)", PositionalArgs: args("stream")},
				{RpcMethod: "BumpWriter", Use: "bump-writer [stream] [writer-epoch]", Short: "Start a new writer epoch with the same key", PositionalArgs: args("stream", "writer_epoch")},
				{RpcMethod: "Rekey", Use: "rekey [stream] [start]", Short: "Start a key epoch at an interval not yet anchored", PositionalArgs: args("stream", "start")},
				{RpcMethod: "Anchor", Skip: true},
				{
					RpcMethod: "RegisterReader", Use: "register-reader [name]", Short: "Register a reader's keys", PositionalArgs: args("name"),
					Example: "cpchaind tx datarights register-reader phone --pre-key ... --pre-key-proof ... --auth-key ... --auth-key-proof ... --from carol\n(cpdata reader init makes keys and proofs)",
				},
				{RpcMethod: "RotateReader", Use: "rotate-reader [reader]", Short: "Replace a reader's keys", PositionalArgs: args("reader")},
				{RpcMethod: "Grant", Use: "grant [stream] [reader]", Short: "Make a grant (cpdata grant makes the key shares)", PositionalArgs: args("stream", "reader")},
				{RpcMethod: "AcceptGrant", Use: "accept-grant [grants...]", Short: "Accept grants as a proxy (cpstoraged does it)", PositionalArgs: []*autocliv1.PositionalArgDescriptor{{ProtoField: "grants", Varargs: true}}},
				{RpcMethod: "RefuseGrant", Use: "refuse-grant [grant] [reason]", Short: "Refuse a grant as a proxy", PositionalArgs: args("grant", "reason")},
				{RpcMethod: "RevokeGrant", Use: "revoke-grant [grant]", Short: "End a grant now", PositionalArgs: args("grant"), Example: "cpchaind tx datarights revoke-grant 3 --from alice"},
				{RpcMethod: "DisputeFragment", Skip: true},
				{RpcMethod: "UpdateParams", Skip: true},
			},
		},
	}
}

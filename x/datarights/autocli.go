package datarights

import (
	"slices"

	autocliv1 "cosmossdk.io/api/cosmos/autocli/v1"
)

// AutoCLIOptions describes the module's commands of cpchaind.
func (AppModule) AutoCLIOptions() *autocliv1.ModuleOptions {
	return &autocliv1.ModuleOptions{
		Query: &autocliv1.ServiceCommandDescriptor{Service: "cpchain.datarights.v1.Query", RpcCommandOptions: append(queryCommands(), demandQueries()...)},
		Tx: &autocliv1.ServiceCommandDescriptor{
			Service: "cpchain.datarights.v1.Msg", RpcCommandOptions: slices.Concat(streamCommands(), rightsCommands(), disclaimCommands(), demandCommands()),
		},
	}
}

// args are positional arguments in the order of the given fields.
func args(fields ...string) []*autocliv1.PositionalArgDescriptor {
	list := make([]*autocliv1.PositionalArgDescriptor, len(fields))
	for i, field := range fields {
		list[i] = &autocliv1.PositionalArgDescriptor{ProtoField: field}
	}
	return list
}

func varargs(field string) []*autocliv1.PositionalArgDescriptor {
	return []*autocliv1.PositionalArgDescriptor{{ProtoField: field, Varargs: true}}
}

func flags(usage map[string]string) map[string]*autocliv1.FlagOptions {
	options := make(map[string]*autocliv1.FlagOptions, len(usage))
	for field, text := range usage { // in any order: into a map again
		options[field] = &autocliv1.FlagOptions{Usage: text}
	}
	return options
}

func queryCommands() []*autocliv1.RpcCommandOptions {
	return []*autocliv1.RpcCommandOptions{
		{RpcMethod: "Params", Use: "params", Short: "Show the module's params", Example: "cpchaind query datarights params"},
		{
			RpcMethod: "Stream", Use: "stream [id]", Short: "Show a stream and its head", PositionalArgs: args("id"),
			Example: "cpchaind query datarights stream 7",
		},
		{
			RpcMethod: "StreamByName", Use: "stream-by-name [owner] [name]", Short: "Find a stream by owner and name", PositionalArgs: args("owner", "name"),
			Example: "cpchaind query datarights stream-by-name $(cpchaind keys show -a alice) buoy-1",
		},
		{
			RpcMethod: "Streams", Use: "streams", Alias: []string{"search"}, Short: "Search streams, 200 a page",
			Long: "Search public streams by owner, kind, tag and time of their records; an owner's private ones are shown where the owner is named.",
			FlagOptions: flags(map[string]string{
				"owner": "only streams of this account, private ones included", "kind": "only streams of this kind", "tag": "only streams with this tag",
				"from_ms": "only streams with records at or after this time (unix milliseconds)", "to_ms": "only streams with records before this time (unix milliseconds)",
			}),
			Example: "cpchaind query datarights streams --kind weather --tag sea --from-ms 1772323200000 --page-limit 20",
		},
		{
			RpcMethod: "Anchor", Use: "anchor [stream] [seq]", Short: "Show an anchor and its placement", PositionalArgs: args("stream", "seq"),
			Example: "cpchaind query datarights anchor 7 0",
		},
		{
			RpcMethod: "Anchors", Use: "anchors [stream]", Short: "List a stream's anchors, 200 a page", PositionalArgs: args("stream"),
			Example: "cpchaind query datarights anchors 7 --page-limit 50",
		},
		{
			RpcMethod: "AnchorOf", Use: "anchor-of [stream] [interval]", Short: "Find the anchor of an interval", PositionalArgs: args("stream", "interval"),
			Example: "cpchaind query datarights anchor-of 7 1440",
		},
		{
			RpcMethod: "Reader", Use: "reader [id]", Short: "Show a reader and its keys", PositionalArgs: args("id"),
			FlagOptions: flags(map[string]string{"version": "version of the keys (0: the current one)"}),
			Example:     "cpchaind query datarights reader 3 --version 1",
		},
		{
			RpcMethod: "Readers", Use: "readers [owner]", Short: "List an account's readers", PositionalArgs: args("owner"),
			Example: "cpchaind query datarights readers $(cpchaind keys show -a carol)",
		},
		{
			RpcMethod: "Grant", Use: "grant [id]", Short: "Show a grant, its proxies and their answers", PositionalArgs: args("id"),
			Example: "cpchaind query datarights grant 12",
		},
		{
			RpcMethod: "Grants", Use: "grants", Short: "List grants of a stream, to a reader or of a provider, 200 a page",
			FlagOptions: flags(map[string]string{
				"stream": "grants of this stream", "reader": "grants to this reader", "provider": "unsettled grants this provider is a proxy of",
				"open": "leave out what has expired or been revoked",
			}),
			Example: "cpchaind query datarights grants --stream 7 --open",
		},
		{
			RpcMethod: "Allows", Use: "allows [grant] [interval]", Short: "Tell whether a grant opens an interval now, and why not", PositionalArgs: args("grant", "interval"),
			Example: "cpchaind query datarights allows 12 1440",
		},
	}
}

// Bytes are given in hex or base64, or as the name of a file that holds them.
func streamCommands() []*autocliv1.RpcCommandOptions {
	return []*autocliv1.RpcCommandOptions{
		{
			RpcMethod: "CreateStream", Use: "create-stream [name] [kind]", Short: "Make a stream (cpdata stream create makes keys and proof)",
			Long:           "Make a stream owned by the signer. The proof is the writer key's signature, which cpdata makes; use this command only where it comes from elsewhere. Schema and writer are JSON, or the name of a .json file.",
			PositionalArgs: args("name", "kind"),
			Example: "cpchaind tx datarights create-stream buoy-1 weather --schema schema.json --writer writer.json --writer-proof $PROOF --origin-ms 1772323200000 " +
				"--block-ms 1000 --interval-ms 60000 --upload-ms 900000 --data-shards 10 --total-shards 16 --tags sea,buoy --from alice",
		},
		{
			RpcMethod: "UpdateStream", Use: "update-stream [stream]", Short: "Replace tags, description and the private flag", PositionalArgs: args("stream"),
			Long:    "Replace tags, description and the private flag of a stream. What is not given is emptied.",
			Example: "cpchaind tx datarights update-stream 7 --tags sea,wind --description 'North Sea, 54.2 N 7.4 E' --from alice",
		},
		{
			RpcMethod: "SetWriter", Use: "set-writer [stream]", Short: "Hand writing over (cpdata stream set-writer makes the proof)", PositionalArgs: args("stream"),
			Example: "cpchaind tx datarights set-writer 7 --writer writer.json --writer-proof $PROOF --from alice",
		},
		{
			RpcMethod: "BumpWriter", Use: "bump-writer [stream] [writer-epoch]", Short: "Leave a writer epoch for the next, with the same key",
			PositionalArgs: args("stream", "writer_epoch"), Example: "cpchaind tx datarights bump-writer 7 1 --from gateway",
		},
		{
			RpcMethod: "Rekey", Use: "rekey [stream] [start]", Short: "Start a key epoch at an interval not yet anchored", PositionalArgs: args("stream", "start"),
			Example: "cpchaind tx datarights rekey 7 20160 --from alice",
		},
		{
			RpcMethod: "Anchor", Use: "anchor [anchor.json]", Short: "Anchor a bundle (gateways and cpdata publish do it)", PositionalArgs: args("anchor"),
			Example: "cpchaind tx datarights anchor anchor.json --from gateway",
		},
	}
}

func rightsCommands() []*autocliv1.RpcCommandOptions {
	readerKeys := flags(map[string]string{
		"pre_key": "ristretto255 public key: hex, base64 or a file", "pre_key_proof": "its proof of possession: hex, base64 or a file",
		"auth_key": "ed25519 public key: hex, base64 or a file", "auth_key_proof": "its signature: hex, base64 or a file",
	})
	return []*autocliv1.RpcCommandOptions{
		{
			RpcMethod: "RegisterReader", Use: "register-reader [name]", Short: "Register a reader's keys (cpdata reader init makes keys and proofs)",
			Long:           "Register a device that reads. Both proofs are over types.ReaderProofBytes and hold for the signer's account only; cpdata reader init makes them and keeps the secrets.",
			PositionalArgs: args("name"), FlagOptions: readerKeys,
			Example: "cpchaind tx datarights register-reader laptop --pre-key $PRE --pre-key-proof $PRE_PROOF --auth-key $AUTH --auth-key-proof $AUTH_PROOF --from carol",
		},
		{
			RpcMethod: "RotateReader", Use: "rotate-reader [reader]", Short: "Replace a reader's keys and retire the old ones", PositionalArgs: args("reader"), FlagOptions: readerKeys,
			Example: "cpchaind tx datarights rotate-reader 3 --pre-key $PRE --pre-key-proof $PRE_PROOF --auth-key $AUTH --auth-key-proof $AUTH_PROOF --from carol",
		},
		{
			RpcMethod: "Grant", Use: "grant [stream] [reader] [first-interval] [last-interval]", Short: "Make a grant (cpdata grant makes and delivers the key shares)",
			Long: "Give a reader the right to a range of intervals. The root commits to key shares that cpdata grant makes and delivers to the proxies; " +
				"without them no proxy accepts.",
			PositionalArgs: args("stream", "reader", "first_interval", "last_interval"),
			FlagOptions: flags(map[string]string{
				"reader_version": "version of the reader's keys", "key_epoch": "key epoch of the range", "split": "first interval still open",
				"grain": "open time is granted in nodes of at most 2^grain intervals", "threshold": "how many proxies a reader needs",
				"boundary": "draw boundary of the proxies", "proxies": "provider ids", "root": "root over the leaves: hex, base64 or a file",
				"acceptance_fee": "paid to each proxy that accepts, e.g. 0ucpc", "expires_at": "end of the right (unix seconds)",
			}),
			Example: "cpchaind tx datarights grant 7 3 0 1439 --reader-version 1 --split 1440 --grain 10 --threshold 3 --proxies 4,5,6,8,9 --boundary 1200 " +
				"--root $ROOT --acceptance-fee 0ucpc --expires-at 1775000000 --from alice",
		},
		{
			RpcMethod: "AcceptGrant", Use: "accept-grant [grants...]", Short: "Accept grants as a proxy (cpstoraged does it)", PositionalArgs: varargs("grants"),
			Example: "cpchaind tx datarights accept-grant 12 13 --from store1",
		},
		{
			RpcMethod: "RefuseGrant", Use: "refuse-grant [grant] [reason]", Short: "Refuse a grant as a proxy", PositionalArgs: args("grant", "reason"),
			Example: "cpchaind tx datarights refuse-grant 12 'disk full' --from store1",
		},
		{
			RpcMethod: "Regrant", Use: "regrant [grant] [replaced]...", Short: "Ask spares in the place of proxies that refused or are silent",
			Long: "Ask the next spares of a grant in the place of proxies that refused it, or have not answered for silent_blocks. Spares need their parcels: " +
				"cpdata grant resume brings them too.",
			PositionalArgs: []*autocliv1.PositionalArgDescriptor{{ProtoField: "grant"}, {ProtoField: "replaced", Varargs: true}},
			Example:        "cpchaind tx datarights regrant 12 5 6 --from alice",
		},
		{
			RpcMethod: "DeleteStream", Use: "delete-stream [stream]", Short: "Delete a stream: its storage ends, the row stays as a tombstone (cpdata stream delete also revokes its grants)",
			PositionalArgs: args("stream"), Example: "cpchaind tx datarights delete-stream 7 --from alice",
		},
		{
			RpcMethod: "RevokeGrant", Use: "revoke-grant [grant]", Short: "End a grant now", PositionalArgs: args("grant"),
			Long:    "End a grant of the signer's stream now and for good. Proxies stop at once; what the reader has opened already stays opened.",
			Example: "cpchaind tx datarights revoke-grant 12 --from alice",
		},
		{
			RpcMethod: "DisputeFragment", Use: "dispute-fragment [grant] [answer.json]", Short: "Show a proxy's signed wrong answer (cpdata fetch keeps them)",
			PositionalArgs: args("grant", "answer"), Example: "cpchaind tx datarights dispute-fragment 12 answer.json --from carol",
		},
		{RpcMethod: "UpdateParams", Skip: true}, // governance sends it: cpchaind tx gov submit-proposal
	}
}

func disclaimCommands() []*autocliv1.RpcCommandOptions {
	return []*autocliv1.RpcCommandOptions{
		{
			RpcMethod: "Disclaim", Use: "disclaim [stream] [seq] [slot]", Short: "Say that a shard an anchor names the signer's provider for never came",
			Long:           "Say that the shard of a slot never came. cpstoraged does it by itself. Who has signed a receipt for the shard is slashed for it.",
			PositionalArgs: args("stream", "seq", "slot"), Example: "cpchaind tx datarights disclaim 7 3 5 --from store1",
		},
		{
			RpcMethod: "ShowReceipt", Use: "show-receipt [stream] [seq] [slot]", Short: "Refute a disclaim by the receipt its provider signed",
			Long:           "Refute a disclaim by the receipt its provider signed, before the disclaim is due: else the slot is emptied at the stream's cost.",
			PositionalArgs: args("stream", "seq", "slot"),
			Example:        "cpchaind tx datarights show-receipt 7 3 5 --receipt $RECEIPT --receipt-path $HASH --receipt-path $HASH --shard-path $HASH --shard-path $HASH --from alice",
		},
	}
}

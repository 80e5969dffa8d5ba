package main

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/cpchain/cpchain/offchain/chain"
	"github.com/cpchain/cpchain/offchain/owner"
	datarights "github.com/cpchain/cpchain/x/datarights/types"
)

func streamCmd(a *app) *cobra.Command {
	cmd := &cobra.Command{Use: "stream", Short: "make and run your data streams"}
	cmd.AddCommand(streamCreateCmd(a), streamProvisionCmd(a), streamListCmd(a), streamShowCmd(a), streamRekeyCmd(a), streamWriterCmd(a),
		streamDeleteCmd(a), streamTermsCmd(a), streamDepositCmd(a), streamWithdrawCmd(a), streamStorageCmd(a))
	return cmd
}

// streamFlags are the flags of `stream create`.
type streamFlags struct {
	schema, kind, description, origin, block, interval, upload, shards, gateway, device string
	tags                                                                                []string
	historical, private                                                                 bool
}

func streamCreateCmd(a *app) *cobra.Command {
	var f streamFlags
	cmd := &cobra.Command{
		Use:   "create NAME",
		Short: "make a stream",
		Long: `Make a stream. Time is cut into blocks (T), encryption intervals (e: the grain of what can be granted) and uploads (u);
each must divide the next. With --gateway the gateway writes the stream; without, you publish files yourself.

` + schemaHelp,
		Example: `  cpdata stream create weather --schema weather.json --kind weather --origin 2026-01-01T00:00:00Z \
    --block 1h --interval 1h --upload 30d --gateway http://127.0.0.1:8480`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.createStream(cmd.Context(), args[0], f)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.schema, "schema", "", "schema file (JSON)")
	flags.StringVar(&f.kind, "kind", "", "what the data is, for search: weather, traffic, ...")
	flags.StringSliceVar(&f.tags, "tag", nil, "search tag (repeatable)")
	flags.StringVar(&f.description, "description", "", "text for people")
	flags.StringVar(&f.origin, "origin", "", "start of interval 0 (RFC 3339)")
	flags.StringVar(&f.block, "block", "1s", "block period T")
	flags.StringVar(&f.interval, "interval", "1m", "encryption interval e")
	flags.StringVar(&f.upload, "upload", "15m", "upload interval u")
	flags.StringVar(&f.shards, "shards", "4/8", "k/n: any k of n shards rebuild a bundle")
	flags.StringVar(&f.gateway, "gateway", "", "HTTP address of the gateway that writes the stream")
	flags.StringVar(&f.device, "device-key", "", "who must sign every block: a device's public key in hex, or \"gateway\" for the key it holds")
	flags.BoolVar(&f.historical, "historical", false, "the data was measured before: no clock check")
	flags.BoolVar(&f.private, "private", false, "leave the stream out of search results")
	for _, name := range []string{"schema", "kind", "origin"} {
		_ = cmd.MarkFlagRequired(name) // the flag exists
	}
	return cmd
}

func (a *app) createStream(ctx context.Context, name string, f streamFlags) error {
	s, err := a.signer(ctx)
	if err != nil {
		return err
	}
	msg, err := f.message(s.Address(), name)
	if err != nil {
		return err
	}
	msg.Writer, msg.WriterProof, err = a.writerFor(ctx, s, f.gateway, name, 0)
	if err != nil {
		return err
	}
	if msg.DeviceKey, err = f.deviceKey(ctx); err != nil {
		return err
	}
	params, err := a.client.DatarightsParams(ctx)
	if err != nil {
		return err
	}
	res, err := a.submit(ctx, s, params.StreamFee.String(), msg)
	if err != nil {
		return err
	}
	var made datarights.MsgCreateStreamResponse
	if err := chain.MsgResponse(res, 0, &made); err != nil {
		return err
	}
	id := datarights.StreamID(a.client.ChainID(), made.Id)
	return a.print(map[string]any{"stream": id, "id": made.Id, "tx": res.Hash},
		fmt.Sprintf("stream %s (%s/%s)", id, s.Address(), name))
}

// message is the transaction without its writer.
func (f streamFlags) message(ownerAddr, name string) (*datarights.MsgCreateStream, error) {
	schema, err := readSchema(f.schema)
	if err != nil {
		return nil, err
	}
	origin, err := parseTime("origin", f.origin)
	if err != nil {
		return nil, err
	}
	msg := &datarights.MsgCreateStream{
		Owner: ownerAddr, Name: name, Kind: f.kind, Tags: f.tags, Description: f.description, Schema: schema,
		OriginMs: origin.UnixMilli(), Historical: f.historical, Private: f.private,
	}
	for _, p := range []struct {
		flag, text string
		into       *uint64
	}{{"block", f.block, &msg.BlockMs}, {"interval", f.interval, &msg.IntervalMs}, {"upload", f.upload, &msg.UploadMs}} {
		d, err := parseSpan(p.flag, p.text)
		if err != nil {
			return nil, err
		}
		*p.into = uint64(d.Milliseconds())
	}
	if _, err := fmt.Sscanf(f.shards, "%d/%d", &msg.DataShards, &msg.TotalShards); err != nil {
		return nil, fmt.Errorf("--shards %q: write it like 4/8", f.shards)
	}
	return msg, nil
}

// writerFor is the gateway as writer with its proof, or the owner's own writer key. stream is 0 for a stream to be made.
func (a *app) writerFor(ctx context.Context, s *chain.Signer, gateway, name string, stream uint64) (datarights.Writer, []byte, error) {
	if gateway != "" {
		g := owner.NewGateway(gateway)
		id, err := g.Identity(ctx)
		if err != nil {
			return datarights.Writer{}, nil, err
		}
		if id.ChainID != a.client.ChainID() {
			return datarights.Writer{}, nil, fmt.Errorf("gateway is on chain %s, not %s", id.ChainID, a.client.ChainID())
		}
		writer, err := id.Writer()
		if err != nil {
			return datarights.Writer{}, nil, err
		}
		proof, err := g.WriterProof(ctx, s.Address(), name, stream)
		return writer, proof, err
	}
	key, err := a.writerKey(name)
	if err != nil {
		return datarights.Writer{}, nil, err
	}
	writer := datarights.Writer{Account: s.Address(), Key: key.Public().(ed25519.PublicKey)}
	bz := datarights.WriterProofBytes(a.client.ChainID(), s.Address(), name, writer)
	if stream != 0 {
		bz = datarights.SetWriterProofBytes(a.client.ChainID(), stream, writer)
	}
	return writer, ed25519.Sign(key, bz), nil
}

// writerKey is the owner's own writer key for a stream name.
func (a *app) writerKey(name string) (ed25519.PrivateKey, error) {
	root, err := a.root()
	if err != nil {
		return nil, err
	}
	seed, err := owner.WriterSeed(root, name)
	if err != nil {
		return nil, err
	}
	return ed25519.NewKeyFromSeed(seed), nil
}

func streamShowCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "show STREAM",
		Short: "show a stream's public row",
		Long:  streamRefHelp,
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			s, h, err := a.stream(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			return a.print(&datarights.QueryStreamResponse{Stream: s, Head: h}, a.streamText(s, h))
		},
	}
}

func (a *app) streamText(s datarights.Stream, h datarights.Head) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s  %s/%s  kind %s", datarights.StreamID(a.client.ChainID(), s.Id), s.Owner, s.Name, s.Kind)
	if len(s.Tags) > 0 {
		fmt.Fprintf(&b, "  tags %s", strings.Join(s.Tags, ","))
	}
	fmt.Fprintf(&b, "\n  %d records in %d bundles", h.Records, h.NextSeq)
	if h.Records > 0 {
		fmt.Fprintf(&b, ", %s to %s", a.showTime(h.FirstMs/1000), a.showTime(h.LastMs/1000))
	}
	if s.Description != "" {
		fmt.Fprintf(&b, "\n  %s", s.Description)
	}
	return b.String()
}

func streamListCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "ls",
		Short: "list your own streams",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			addr, err := a.address()
			if err != nil {
				return err
			}
			return a.listStreams(cmd.Context(), &datarights.QueryStreamsRequest{Owner: addr}, "")
		},
	}
}

func streamRekeyCmd(a *app) *cobra.Command {
	var at string
	cmd := &cobra.Command{
		Use:   "rekey STREAM --at TIME",
		Short: "start a new key epoch, after a theft or a sale: grants reach no interval from then on",
		Long: `Start a new key epoch at an interval boundary not yet anchored. Grants made before open nothing sealed from then on;
provision the gateway anew and grant anew.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			t, err := parseTime("at", at)
			if err != nil {
				return err
			}
			s, err := a.signer(ctx)
			if err != nil {
				return err
			}
			stream, err := a.ownStream(ctx, args[0])
			if err != nil {
				return err
			}
			start, err := owner.AlignedInterval(stream, t)
			if err != nil {
				return fmt.Errorf("--at: %w", err)
			}
			res, err := a.submit(ctx, s, "", &datarights.MsgRekey{Owner: s.Address(), Stream: stream.Id, Start: uint32(start)})
			if err != nil {
				return err
			}
			var done datarights.MsgRekeyResponse
			if err := chain.MsgResponse(res, 0, &done); err != nil {
				return err
			}
			return a.print(map[string]any{"key_epoch": done.KeyEpoch, "tx": res.Hash},
				fmt.Sprintf("key epoch %d starts at %s; next: cpdata stream provision %s --gateway URL", done.KeyEpoch, a.showTime(t.Unix()), args[0]))
		},
	}
	cmd.Flags().StringVar(&at, "at", "", "start of the new epoch (RFC 3339)")
	_ = cmd.MarkFlagRequired("at") // the flag exists
	return cmd
}

func streamWriterCmd(a *app) *cobra.Command {
	var gateway string
	cmd := &cobra.Command{
		Use:   "set-writer STREAM [--gateway URL]",
		Short: "hand writing over to another gateway, or (without --gateway) to yourself",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			s, err := a.signer(ctx)
			if err != nil {
				return err
			}
			stream, err := a.ownStream(ctx, args[0])
			if err != nil {
				return err
			}
			msg := &datarights.MsgSetWriter{Owner: s.Address(), Stream: stream.Id}
			if msg.Writer, msg.WriterProof, err = a.writerFor(ctx, s, gateway, stream.Name, stream.Id); err != nil {
				return err
			}
			res, err := a.submit(ctx, s, "", msg)
			if err != nil {
				return err
			}
			var done datarights.MsgSetWriterResponse
			if err := chain.MsgResponse(res, 0, &done); err != nil {
				return err
			}
			return a.print(map[string]any{"writer_epoch": done.WriterEpoch, "tx": res.Hash},
				fmt.Sprintf("writer epoch %d; the old writer can anchor nothing more", done.WriterEpoch))
		},
	}
	cmd.Flags().StringVar(&gateway, "gateway", "", "HTTP address of the new gateway")
	return cmd
}

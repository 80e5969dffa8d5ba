package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/fxamacker/cbor/v2"
	"github.com/spf13/cobra"

	"github.com/cpchain/cpchain/pkg/timechain"
)

func proveCmd(a *app) *cobra.Command {
	var f fetchFlags
	var at, match string
	cmd := &cobra.Command{
		Use:   "prove [STREAM] --grant ID --time T",
		Short: "make a proof of one record for somebody else",
		Long: `Make a proof of one record, to be verified by anybody with ` + "`cpdata verify --proof FILE`" + `: it opens this record and nothing
else of the stream.`,
		Example: "  cpdata prove --grant 3 --time 2026-02-01T07:00:00Z --out reading.proof\n  cpdata prove --grant 4 --time 2026-11-01T00:20:00Z --match vehicle=veh-7 --out trip.proof",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.prove(cmd.Context(), args, f, at, match)
		},
	}
	f.register(cmd)
	flags := cmd.Flags()
	flags.StringVar(&at, "time", "", "the record's time (RFC 3339)")
	flags.StringVar(&match, "match", "", "FIELD=VALUE, where several records have this time")
	flags.StringVar(&f.out, "out", "", "file to write")
	for _, name := range []string{"time", "out"} {
		_ = cmd.MarkFlagRequired(name) // the flag exists
	}
	return cmd
}

func (a *app) prove(ctx context.Context, args []string, f fetchFlags, at, match string) error {
	t, err := parseTime("time", at)
	if err != nil {
		return err
	}
	stream, err := a.streamOf(ctx, args, f)
	if err != nil {
		return err
	}
	interval, err := stream.Grid().IntervalOf(t.UnixNano())
	if err != nil {
		return err
	}
	// one interval is enough: ask for no more keys than that
	from, to := stream.Grid().Bounds(interval)
	f.from, f.to = formatMs(from), formatMs(to)
	src, err := a.open(ctx, args, f)
	if err != nil {
		return err
	}
	bundle, err := src.fetcher.Bundle(ctx, stream, src.grant, interval)
	if err != nil {
		return err
	}
	schema, err := stream.Schema.Timechain()
	if err != nil {
		return err
	}
	key, err := src.keys.Key(interval)
	if err != nil {
		return err
	}
	line := int(interval - bundle.Anchor.FirstInterval)
	records, _, err := timechain.OpenInterval(bundle.Manifest, bundle.Payload, schema, stream.Grid(), line, key, nil)
	if err != nil {
		return err
	}
	index, err := pick(schema, records, t.UnixNano(), match)
	if err != nil {
		return err
	}
	proof, err := timechain.ProveRecord(bundle.Manifest, bundle.Payload, schema, stream.Grid(), line, key, index)
	if err != nil {
		return err
	}
	file, err := cbor.Marshal(proofFile{Stream: stream.Id, Seq: bundle.Anchor.Seq, Proof: proof.Marshal()})
	if err != nil {
		return err
	}
	if err := os.WriteFile(f.out, file, 0o600); err != nil {
		return err
	}
	return a.print(map[string]any{"proof": f.out, "bytes": len(file)}, fmt.Sprintf("wrote %s (%d bytes)", f.out, len(file)))
}

// pick finds the one record at a time that matches FIELD=VALUE.
func pick(schema timechain.Schema, records []timechain.Record, t int64, match string) (int, error) {
	name, value, ok := strings.Cut(match, "=")
	if match != "" && !ok {
		return 0, fmt.Errorf("--match %q: write it like vehicle=veh-7", match)
	}
	if match != "" && !slices.ContainsFunc(schema.Fields, func(f timechain.Field) bool { return f.Name == name }) {
		return 0, fmt.Errorf("--match %q: the stream has no field %q", match, name)
	}
	found := -1
	for i, r := range records {
		if r.T != t || match != "" && !hasValue(schema, r, name, value) {
			continue
		}
		if found >= 0 {
			return 0, errors.New("several records have this time: name one with --match FIELD=VALUE")
		}
		found = i
	}
	if found < 0 {
		return 0, errors.New("there is no such record at this time; `cpdata fetch` shows the times there are")
	}
	return found, nil
}

func hasValue(schema timechain.Schema, r timechain.Record, name, value string) bool {
	for i, f := range schema.Fields {
		if f.Name == name {
			return r.Values[i].Format(f) == value
		}
	}
	return false
}

func parseProof(bz []byte) (proofFile, timechain.RecordProof, error) {
	var file proofFile
	if err := cbor.Unmarshal(bz, &file); err != nil {
		return file, timechain.RecordProof{}, err
	}
	proof, err := timechain.ParseRecordProof(file.Proof)
	return file, proof, err
}

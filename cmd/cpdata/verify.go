package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/cpchain/cpchain/pkg/merkle"
	"github.com/cpchain/cpchain/pkg/timechain"
	datarights "github.com/cpchain/cpchain/x/datarights/types"
)

func verifyCmd(a *app) *cobra.Command {
	var f fetchFlags
	cmd := &cobra.Command{
		Use:   "verify [STREAM] --grant ID | --proof FILE",
		Short: "verify a range without keeping it, or one record's proof",
		Long: `Verify everything a fetch verifies and keep nothing, or verify the proof of one record against the anchor on chain.
A proof is verified without any right: it shows one record and tells nothing of others.`,
		Example: "  cpdata verify --grant 3\n  cpdata verify --proof reading.proof",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if f.proof != "" {
				return a.verifyProof(cmd.Context(), f.proof)
			}
			return a.verify(cmd.Context(), args, f)
		},
	}
	f.register(cmd)
	cmd.Flags().StringVar(&f.proof, "proof", "", "proof file of `cpdata prove`")
	return cmd
}

func (a *app) verify(ctx context.Context, args []string, f fetchFlags) error {
	src, err := a.open(ctx, args, f)
	if err != nil {
		return err
	}
	gaps, empty := 0, 0
	sink := func(line timechain.Line, records []timechain.Record) error {
		if line.Gap != "" {
			gaps++
		}
		if len(records) == 0 {
			empty++
		}
		return nil
	}
	if err := a.read(ctx, src, sink, f.evidence); err != nil {
		return err
	}
	r := report(src)
	signed, signedBy := signedText(src.stream, r)
	return a.print(map[string]any{"report": r, "gaps": gaps, "empty_intervals": empty, "device_signed": signed},
		fmt.Sprintf("%d records in %d blocks of %d intervals and %d bundles: hashes, order, header chain, keys and counts are what the anchors say; %d intervals are empty, %d of them declared outages; %d more were skipped by declared outages\n%s",
			r.Records, r.Blocks, r.Intervals, r.Bundles, empty, gaps, r.Skipped, signedBy))
}

// proofFile is a proof with the names it is checked under.
type proofFile struct {
	Stream uint64 `cbor:"1,keyasint"`
	Seq    uint64 `cbor:"2,keyasint"`
	Proof  []byte `cbor:"3,keyasint"`
}

func (a *app) verifyProof(ctx context.Context, path string) error {
	bz, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	file, proof, err := parseProof(bz)
	if err != nil {
		return fmt.Errorf("%s is no file of `cpdata prove`: %w", path, err)
	}
	c, err := a.chain(ctx)
	if err != nil {
		return err
	}
	stream, _, err := c.Stream(ctx, file.Stream)
	if err != nil {
		return err
	}
	res, err := c.Anchor(ctx, file.Stream, file.Seq)
	if err != nil {
		return err
	}
	anchor := res.Row.Anchor
	schema, err := stream.Schema.Timechain()
	if err != nil {
		return err
	}
	if len(anchor.RecordRoot) != len(merkle.Hash{}) {
		return errors.New("the anchor on chain is malformed")
	}
	record, err := proof.Verify(merkle.Hash(anchor.RecordRoot), uint64(anchor.Intervals))
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if err := schema.Check(record); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if len(stream.DeviceKey) > 0 {
		if err := proof.Header.VerifyDevice(stream.DeviceKey); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
	}
	return a.printRecord(stream, anchor, schema, record)
}

func (a *app) printRecord(stream datarights.Stream, anchor datarights.Anchor, schema timechain.Schema, r timechain.Record) error {
	fields := map[string]string{schema.Time.Field: schema.Time.FormatTime(r.T, stream.OriginMs)}
	text := schema.Time.Field + " " + fields[schema.Time.Field]
	for i, f := range schema.Fields {
		fields[f.Name] = r.Values[i].Format(f)
		text += fmt.Sprintf("  %s %s", f.Name, fields[f.Name])
	}
	return a.print(map[string]any{"stream": stream.Id, "seq": anchor.Seq, "record": fields, "verified": true, "device_signed": len(stream.DeviceKey) > 0},
		fmt.Sprintf("verified against anchor %d of stream %d:\n%s", anchor.Seq, stream.Id, text))
}

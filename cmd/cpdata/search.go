package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/cosmos/cosmos-sdk/types/query"

	datarights "github.com/cpchain/cpchain/x/datarights/types"
)

func searchCmd(a *app) *cobra.Command {
	var req datarights.QueryStreamsRequest
	var ownerRef, from, to string
	cmd := &cobra.Command{
		Use:   "search [TEXT]",
		Short: "find streams by text, kind, tag, owner or time",
		Long: `Find streams. Kind, tag, owner and time are looked up on chain; TEXT is matched here against name, kind, tags and
description of what the chain returns. Private streams are not found.`,
		Example: "  cpdata search seattle --kind weather --from 2026-01-01",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			text := strings.Join(args, " ")
			if from != "" {
				t, err := parseTime("from", from)
				if err != nil {
					return err
				}
				req.FromMs = t.UnixMilli()
			}
			if to != "" {
				t, err := parseTime("to", to)
				if err != nil {
					return err
				}
				req.ToMs = t.UnixMilli()
			}
			if ownerRef != "" {
				addr, err := a.ownerAddress(ownerRef, true)
				if err != nil {
					return err
				}
				req.Owner = addr
			}
			return a.listStreams(cmd.Context(), &req, text)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&req.Kind, "kind", "", "kind of data")
	flags.StringVar(&req.Tag, "tag", "", "a tag")
	flags.StringVar(&ownerRef, "owner", "", "owner, as an address or a key name")
	flags.StringVar(&from, "from", "", "only streams with records at or after this time")
	flags.StringVar(&to, "to", "", "only streams with records before this time")
	return cmd
}

// listStreams prints all pages of a query, filtered by text.
func (a *app) listStreams(ctx context.Context, req *datarights.QueryStreamsRequest, text string) error {
	c, err := a.chain(ctx)
	if err != nil {
		return err
	}
	found := []datarights.QueryStreamResponse{}
	req.Pagination = &query.PageRequest{Limit: 200}
	for {
		res, err := c.Streams(ctx, req)
		if err != nil {
			return err
		}
		for _, s := range res.Streams {
			if matches(s.Stream, text) {
				found = append(found, s)
			}
		}
		if res.Pagination == nil || len(res.Pagination.NextKey) == 0 {
			break
		}
		req.Pagination = &query.PageRequest{Limit: 200, Key: res.Pagination.NextKey}
	}
	lines := make([]string, len(found))
	for i, s := range found {
		lines[i] = a.streamText(s.Stream, s.Head)
	}
	if len(lines) == 0 {
		lines = []string{"no stream found"}
	}
	return a.print(&datarights.QueryStreamsResponse{Streams: found}, strings.Join(lines, "\n"))
}

// matches tells whether every word of text is in the stream's public words.
func matches(s datarights.Stream, text string) bool {
	words := strings.ToLower(fmt.Sprint(s.Name, " ", s.Kind, " ", strings.Join(s.Tags, " "), " ", s.Description))
	for _, w := range strings.Fields(strings.ToLower(text)) {
		if !strings.Contains(words, w) {
			return false
		}
	}
	return true
}

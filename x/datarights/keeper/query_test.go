package keeper

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/cosmos/cosmos-sdk/types/query"

	"github.com/cpchain/cpchain/x/datarights/types"
)

// names lists the streams a search finds, over all its pages.
func (f *fixture) names(req types.QueryStreamsRequest, limit uint64) []string {
	var list []string
	req.Pagination = &query.PageRequest{Limit: limit}
	for {
		res, err := f.query.Streams(f.ctx, &req)
		require.NoError(f.t, err)
		require.LessOrEqual(f.t, len(res.Streams), int(limit))
		for _, s := range res.Streams {
			list = append(list, s.Stream.Name)
		}
		if res.Pagination.NextKey == nil {
			return list
		}
		req.Pagination.Key = res.Pagination.NextKey
	}
}

func TestStreamsAreFoundByOwnerKindTagAndTime(t *testing.T) {
	f := newFixture(t)
	make := func(name, kind string, tags []string, private bool, anchors int) uint64 {
		m := f.newStream(name)
		m.Kind, m.Tags, m.Private = kind, tags, private
		id := f.create(m)
		f.anchor(id, anchors)
		return id
	}
	make("a", "weather", []string{"sea"}, false, 4)
	make("b", "weather", []string{"land"}, false, 2)
	make("c", "traffic", []string{"sea", "land"}, false, 1)
	make("d", "weather", []string{"sea"}, true, 4) // private
	make("e", "weather", nil, false, 0)            // no data yet
	carol := f.newStream("f")
	carol.Owner = f.text(f.bob)
	f.prove(carol)
	f.create(carol)
	at := func(intervals int64) int64 { return testOrigin.UnixMilli() + intervals*60_000 }

	for _, c := range []struct {
		name string
		req  types.QueryStreamsRequest
		want []string
	}{
		{"D-QRY-2: everything public", types.QueryStreamsRequest{}, []string{"a", "b", "c", "e", "f"}},
		{"D-QRY-2: private ones for whoever names the owner", types.QueryStreamsRequest{Owner: f.text(f.alice)}, []string{"a", "b", "c", "d", "e"}},
		{"D-QRY-1: by kind", types.QueryStreamsRequest{Kind: "weather"}, []string{"a", "b", "e", "f"}},
		{"D-QRY-1: by tag", types.QueryStreamsRequest{Tag: "sea"}, []string{"a", "c", "f"}},
		{"D-QRY-1: by tag and kind", types.QueryStreamsRequest{Tag: "sea", Kind: "traffic"}, []string{"c"}},
		{"D-QRY-1: by owner, kind and tag", types.QueryStreamsRequest{Owner: f.text(f.alice), Tag: "sea", Kind: "weather"}, []string{"a", "d"}},
		{"D-QRY-1: with records from a time on, oldest end first", types.QueryStreamsRequest{FromMs: at(20)}, []string{"b", "a"}},
		{"D-QRY-1: with records before a time", types.QueryStreamsRequest{ToMs: at(1)}, []string{"a", "b", "c"}},
		{"D-QRY-1: with records between two times", types.QueryStreamsRequest{FromMs: at(40), ToMs: at(50)}, []string{"a"}},
		{"D-QRY-1: with records after all", types.QueryStreamsRequest{FromMs: at(60)}, nil},
		{"D-QRY-1: by owner and time", types.QueryStreamsRequest{Owner: f.text(f.alice), FromMs: at(40)}, []string{"a", "d"}},
		{"D-QRY-1: by a tag nobody has", types.QueryStreamsRequest{Tag: "moon"}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, limit := range []uint64{1, 2, 200} {
				require.Equal(t, c.want, f.names(c.req, limit), "pages of %d", limit)
			}
		})
	}
}

func TestPagesAreCappedAndGoOn(t *testing.T) {
	f := newFixture(t)
	var ids []uint64
	for i := range 205 {
		ids = append(ids, f.stream(fmt.Sprint("s", i)))
	}
	res, err := f.query.Streams(f.ctx, &types.QueryStreamsRequest{Kind: "weather", Pagination: &query.PageRequest{Limit: 1000}})
	require.NoError(t, err)
	require.Len(t, res.Streams, 200) // D-QRY-3
	rest, err := f.query.Streams(f.ctx, &types.QueryStreamsRequest{Kind: "weather", Pagination: &query.PageRequest{Key: res.Pagination.NextKey}})
	require.NoError(t, err)
	require.Len(t, rest.Streams, 5)
	require.Equal(t, ids[204], rest.Streams[4].Stream.Id)
	require.Nil(t, rest.Pagination.NextKey)
}

func TestGrantsAreListedByStreamReaderAndProvider(t *testing.T) {
	w := newWorld(newFixture(t))
	other := w.grant(w.stream, w.reader, w.keys).id
	require.NoError(t, w.refuse(4, other))
	list := func(req types.QueryGrantsRequest) []uint64 {
		res, err := w.query.Grants(w.ctx, &req)
		require.NoError(t, err)
		var ids []uint64
		for _, g := range res.Grants {
			ids = append(ids, g.Id)
		}
		return ids
	}
	first := w.dealt.id
	require.Equal(t, []uint64{first, other}, list(types.QueryGrantsRequest{Stream: w.stream}))
	require.Equal(t, []uint64{first, other}, list(types.QueryGrantsRequest{Reader: w.reader}))
	require.Equal(t, []uint64{first, other}, list(types.QueryGrantsRequest{Provider: 6}))
	require.Equal(t, []uint64{first}, list(types.QueryGrantsRequest{Provider: 4}), "it refused the other")
	require.Equal(t, []uint64{other}, list(types.QueryGrantsRequest{Stream: w.stream, Pagination: &query.PageRequest{Key: idPlace(2)}}))
	require.NoError(t, w.revoke(first))
	require.Equal(t, []uint64{other}, list(types.QueryGrantsRequest{Stream: w.stream, Open: true}))
	w.at(testNow.Add(3600 * second))
	require.Empty(t, list(types.QueryGrantsRequest{Stream: w.stream, Open: true}))
	require.Len(t, list(types.QueryGrantsRequest{Stream: w.stream}), 2)
}

func TestReadersAndAnchorsAreListed(t *testing.T) {
	f := newFixture(t)
	for _, name := range []string{"phone", "laptop"} {
		f.reader(name)
	}
	readers, err := f.query.Readers(f.ctx, &types.QueryReadersRequest{Owner: f.text(f.bob)})
	require.NoError(t, err)
	require.Len(t, readers.Readers, 2)
	require.Equal(t, "laptop", readers.Readers[0].Reader.Name, "by name")
	require.Len(t, readers.Readers[0].Keys.PreKey, 32)
	none, err := f.query.Readers(f.ctx, &types.QueryReadersRequest{Owner: f.text(f.alice)})
	require.NoError(t, err)
	require.Empty(t, none.Readers)

	id := f.stream("buoy-1")
	f.anchor(id, 5)
	page, err := f.query.Anchors(f.ctx, &types.QueryAnchorsRequest{Stream: id, Pagination: &query.PageRequest{Limit: 2}})
	require.NoError(t, err)
	require.Len(t, page.Anchors, 2)
	rest, err := f.query.Anchors(f.ctx, &types.QueryAnchorsRequest{Stream: id, Pagination: &query.PageRequest{Key: page.Pagination.NextKey}})
	require.NoError(t, err)
	require.Len(t, rest.Anchors, 3)
	require.EqualValues(t, 2, rest.Anchors[0].Row.Anchor.Seq)
	of, err := f.query.AnchorOf(f.ctx, &types.QueryAnchorOfRequest{Stream: id, Interval: 31})
	require.NoError(t, err)
	require.Equal(t, rest.Anchors[0], *of)
	head, err := f.query.Stream(f.ctx, &types.QueryStreamRequest{Id: id})
	require.NoError(t, err)
	require.Equal(t, head.Head.LastHash, rest.Anchors[2].Hash, "the last anchor's hash is the head's")
}

func TestAllowsAnswersWithAReasonCode(t *testing.T) {
	w := newWorld(newFixture(t))
	allows := func(interval uint32) *types.QueryAllowsResponse {
		res, err := w.query.Allows(w.ctx, &types.QueryAllowsRequest{Grant: w.dealt.id, Interval: interval})
		require.NoError(t, err)
		return res
	}
	require.Equal(t, &types.QueryAllowsResponse{Allowed: true, Reason: "ok"}, allows(9))
	require.Equal(t, &types.QueryAllowsResponse{Reason: "after_range"}, allows(10))
	require.NoError(t, w.revoke(w.dealt.id))
	require.Equal(t, &types.QueryAllowsResponse{Reason: "revoked"}, allows(9))
}

func TestARekeyEndsTheOpenPartOfEveryGrant(t *testing.T) {
	f := newFixture(t)
	stream := f.stream("buoy-1")
	reader, keys := f.reader("laptop")
	d := f.grant(stream, reader, keys)
	require.NoError(t, f.accept(4, d.id))
	require.NoError(t, f.accept(5, d.id))
	allows := func(interval uint32) *types.QueryAllowsResponse {
		res, err := f.query.Allows(f.ctx, &types.QueryAllowsRequest{Grant: d.id, Interval: interval})
		require.NoError(t, err)
		return res
	}
	require.Equal(t, &types.QueryAllowsResponse{Allowed: true, Reason: "ok"}, allows(9))
	_, err := f.msg.Rekey(f.ctx, &types.MsgRekey{Owner: f.text(f.alice), Stream: stream, Start: 8})
	require.NoError(t, err)
	require.Equal(t, &types.QueryAllowsResponse{Allowed: true, Reason: "ok"}, allows(7))
	require.Equal(t, &types.QueryAllowsResponse{Reason: "key_epoch"}, allows(8))
	require.Equal(t, &types.QueryAllowsResponse{Reason: "after_range"}, allows(10))
	row, err := f.k.Stream(f.ctx, stream)
	require.NoError(t, err)
	require.EqualValues(t, 8, row.KeyEpochEnd(0))
	require.EqualValues(t, 1<<32, row.KeyEpochEnd(1))
}

func TestQueriesTellAbsenceFromBadQuestions(t *testing.T) {
	f := newFixture(t)
	alice := f.text(f.alice)
	for name, c := range map[string]struct {
		want codes.Code
		ask  func() error
	}{
		"D-QRY-4: a stream": {codes.NotFound, func() error { _, err := f.query.Stream(f.ctx, &types.QueryStreamRequest{Id: 1}); return err }},
		"D-QRY-4: a stream, by a name not used": {codes.NotFound, func() error {
			_, err := f.query.StreamByName(f.ctx, &types.QueryStreamByNameRequest{Owner: alice, Name: "x"})
			return err
		}},
		"D-QRY-4: an anchor":          {codes.NotFound, func() error { _, err := f.query.Anchor(f.ctx, &types.QueryAnchorRequest{Stream: 1}); return err }},
		"D-QRY-4: an anchor of none":  {codes.NotFound, func() error { _, err := f.query.AnchorOf(f.ctx, &types.QueryAnchorOfRequest{Stream: 1}); return err }},
		"D-QRY-4: a reader":           {codes.NotFound, func() error { _, err := f.query.Reader(f.ctx, &types.QueryReaderRequest{Id: 1}); return err }},
		"D-QRY-4: a grant":            {codes.NotFound, func() error { _, err := f.query.Grant(f.ctx, &types.QueryGrantRequest{Id: 1}); return err }},
		"D-QRY-4: a grant's interval": {codes.NotFound, func() error { _, err := f.query.Allows(f.ctx, &types.QueryAllowsRequest{Grant: 1}); return err }},
		"D-QRY-4: no address": {codes.InvalidArgument, func() error {
			_, err := f.query.StreamByName(f.ctx, &types.QueryStreamByNameRequest{Owner: "alice"})
			return err
		}},
		"D-QRY-4: readers of no address": {codes.InvalidArgument, func() error { _, err := f.query.Readers(f.ctx, &types.QueryReadersRequest{Owner: "x"}); return err }},
		"D-QRY-4: streams of no address": {codes.InvalidArgument, func() error { _, err := f.query.Streams(f.ctx, &types.QueryStreamsRequest{Owner: "x"}); return err }},
		"D-QRY-4: a tag with a zero byte": {codes.InvalidArgument, func() error {
			_, err := f.query.Streams(f.ctx, &types.QueryStreamsRequest{Tag: "a\x00b"})
			return err
		}},
		"D-QRY-4: times crossed": {codes.InvalidArgument, func() error {
			_, err := f.query.Streams(f.ctx, &types.QueryStreamsRequest{FromMs: 5, ToMs: 5})
			return err
		}},
		"D-QRY-4: grants of nothing": {codes.InvalidArgument, func() error { _, err := f.query.Grants(f.ctx, &types.QueryGrantsRequest{}); return err }},
		"D-QRY-4: grants of two things": {codes.InvalidArgument, func() error {
			_, err := f.query.Grants(f.ctx, &types.QueryGrantsRequest{Stream: 1, Reader: 1})
			return err
		}},
		"D-QRY-3: a page by number": {codes.InvalidArgument, func() error {
			_, err := f.query.Streams(f.ctx, &types.QueryStreamsRequest{Pagination: &query.PageRequest{Offset: 3}})
			return err
		}},
		"D-QRY-3: a page backwards": {codes.InvalidArgument, func() error {
			_, err := f.query.Streams(f.ctx, &types.QueryStreamsRequest{Pagination: &query.PageRequest{Reverse: true}})
			return err
		}},
		"D-QRY-3: a place of another query": {codes.InvalidArgument, func() error {
			_, err := f.query.Streams(f.ctx, &types.QueryStreamsRequest{FromMs: 1, Pagination: &query.PageRequest{Key: []byte{1}}})
			return err
		}},
		"D-QRY-3: a place that is none": {codes.InvalidArgument, func() error {
			_, err := f.query.Anchors(f.ctx, &types.QueryAnchorsRequest{Pagination: &query.PageRequest{Key: []byte{1}}})
			return err
		}},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, c.want, status.Code(c.ask()))
		})
	}
}

func TestParamsAreForTheAuthority(t *testing.T) {
	f := newFixture(t)
	params := types.DefaultParams()
	params.MaxTags = 3
	f.refuses(types.ErrAuthority, func() error { // D-PAR-1
		_, err := f.msg.UpdateParams(f.ctx, &types.MsgUpdateParams{Authority: f.text(f.alice), Params: params})
		return err
	})
	f.refuses(types.ErrParams, func() error { // D-PAR-2
		_, err := f.msg.UpdateParams(f.ctx, &types.MsgUpdateParams{Authority: testAuthority})
		return err
	})
	_, err := f.msg.UpdateParams(f.ctx, &types.MsgUpdateParams{Authority: testAuthority, Params: params})
	require.NoError(t, err)
	res, err := f.query.Params(f.ctx, &types.QueryParamsRequest{})
	require.NoError(t, err)
	require.Equal(t, params, res.Params)
}

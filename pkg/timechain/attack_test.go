package timechain

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cpchain/cpchain/pkg/keytree"
	"github.com/cpchain/cpchain/pkg/seal"
)

// opens opens one line of a bundle as a reader would who knows nothing else.
func opens(m Manifest, payload []byte, line int) error {
	_, _, err := OpenInterval(m, payload, testSchema, testGrid, line, testKey(2, m.Lines[line].Interval), nil)
	return err
}

// TestATamperedManifestDoesNotOpen tampers with one field at a time. What only the anchor can tell (another bundle number,
// other shards) is named by CID and roots; everything else has its own error here.
func TestATamperedManifestDoesNotOpen(t *testing.T) {
	b := sealed(t, testInput())
	payload := payloadOf(t, b)
	for i := range b.Manifest.Lines {
		require.NoError(t, opens(b.Manifest, payload, i))
	}
	for name, c := range map[string]struct {
		line   int
		change func(*Manifest)
		want   error
	}{
		"stream":                   {0, func(m *Manifest) { m.Stream = "cpchain-1/8" }, seal.ErrSealed},
		"key epoch":                {0, func(m *Manifest) { m.KeyEpoch++ }, seal.ErrSealed},
		"writer epoch":             {0, func(m *Manifest) { m.WriterEpoch++ }, seal.ErrKey},
		"payload size":             {0, func(m *Manifest) { m.PayloadSize++ }, ErrPayload},
		"block number":             {0, func(m *Manifest) { m.Chain.Seq++ }, ErrHeaders},
		"hash before":              {0, func(m *Manifest) { m.Chain.Prev[0]++ }, ErrHeaders},
		"hash before, later line":  {2, func(m *Manifest) { m.Lines[1].LastHeader[0]++ }, ErrHeaders},
		"blocks of a line before":  {2, func(m *Manifest) { m.Lines[0].Blocks++ }, ErrHeaders},
		"line that is not there":   {0, func(m *Manifest) { m.Lines = m.Lines[:1]; m.Lines[0].Interval = 13 }, ErrCommitment},
		"count":                    {0, func(m *Manifest) { m.Lines[0].Count++ }, ErrCount},
		"blocks":                   {0, func(m *Manifest) { m.Lines[0].Blocks-- }, ErrCount},
		"first time":               {0, func(m *Manifest) { m.Lines[0].T0-- }, ErrTimes},
		"last time":                {0, func(m *Manifest) { m.Lines[0].T1++ }, ErrTimes},
		"last header":              {0, func(m *Manifest) { m.Lines[0].LastHeader[0]++ }, ErrChain},
		"header root":              {0, func(m *Manifest) { m.Lines[0].HeaderRoot[0]++ }, ErrHeaders},
		"commitment":               {0, func(m *Manifest) { m.Lines[0].Commitment[0]++ }, ErrCommitment},
		"gap taken back":           {2, func(m *Manifest) { m.Lines[2].Gap = "" }, ErrGap},
		"gap told otherwise":       {2, func(m *Manifest) { m.Lines[2].Gap = "maintenance" }, ErrGap},
		"gap made up":              {0, func(m *Manifest) { m.Lines[0].Gap = "no power" }, ErrGap},
		"salt":                     {0, func(m *Manifest) { m.Lines[0].Parts[0].Salt[0]++ }, seal.ErrKey},
		"offset":                   {2, func(m *Manifest) { m.Lines[2].Parts[0].Offset-- }, seal.ErrSealed},
		"offset beyond":            {2, func(m *Manifest) { m.Lines[2].Parts[0].Offset++ }, ErrParts},
		"size, cutting a segment":  {2, func(m *Manifest) { m.Lines[2].Parts[0].Size-- }, seal.ErrSealed},
		"size above the limit":     {0, func(m *Manifest) { m.Lines[0].Parts[0].Size = 1<<32 - 1 }, ErrParts},
		"part left out":            {0, func(m *Manifest) { m.Lines[0].Parts = nil }, ErrCount},
		"part twice":               {0, func(m *Manifest) { m.Lines[0].Parts = append(m.Lines[0].Parts, m.Lines[0].Parts[0]) }, seal.ErrKey},
		"part of another interval": {0, func(m *Manifest) { m.Lines[0].Parts = m.Lines[2].Parts }, seal.ErrKey},
		"an empty line made full":  {1, func(m *Manifest) { m.Lines[1].Parts = m.Lines[0].Parts }, seal.ErrKey},
	} {
		t.Run(name, func(t *testing.T) {
			m := sealed(t, testInput()).Manifest
			c.change(&m)
			require.ErrorIs(t, opens(m, payload, c.line), c.want)
		})
	}
	for name, change := range map[string]func(*Manifest){
		"bundle number": func(m *Manifest) { m.Seq++ }, "K": func(m *Manifest) { m.K++ }, "N": func(m *Manifest) { m.N++ },
		"shard size": func(m *Manifest) { m.ShardSize += 64 },
	} {
		m := sealed(t, testInput()).Manifest
		change(&m)
		other, err := m.Marshal()
		require.NoError(t, err)
		require.NotEqual(t, ManifestCID(b.ManifestBytes), ManifestCID(other), name)
	}
}

// TestSegmentsDoNotOpenUnderOtherNames splices what was sealed elsewhere into a manifest, key and all.
func TestSegmentsDoNotOpenUnderOtherNames(t *testing.T) {
	mine := sealed(t, testInput())
	sameKey := func(uint32) (keytree.IntervalKey, error) { return testKey(2, 12), nil }
	for name, c := range map[string]struct {
		change func(*SealInput)
		want   error
	}{
		"another stream":       {func(in *SealInput) { in.Stream = "cpchain-1/8" }, seal.ErrSealed},
		"another interval":     {func(in *SealInput) { in.Intervals[0] = IntervalRecords{11, readings(110_000, 9, 7), "", 0} }, seal.ErrSealed},
		"another key epoch":    {func(in *SealInput) { in.KeyEpoch = 1 }, seal.ErrSealed},
		"another writer epoch": {func(in *SealInput) { in.WriterEpoch = 4 }, seal.ErrKey},
	} {
		t.Run(name, func(t *testing.T) {
			in := testInput()
			in.Intervals = in.Intervals[:1]
			c.change(&in)
			other, err := SealBundle(testRand(), in, sameKey)
			require.NoError(t, err)
			m := mine.Manifest
			m.Lines = append([]Line(nil), m.Lines...)
			m.Lines[0].Parts, m.PayloadSize = other.Manifest.Lines[0].Parts, other.Manifest.PayloadSize
			require.ErrorIs(t, opens(m, payloadOf(t, other), 0), c.want)
		})
	}
}

func TestADamagedPayloadDoesNotOpen(t *testing.T) {
	b := sealed(t, testInput())
	payload := payloadOf(t, b)
	for i := range int(b.Manifest.Lines[0].Parts[0].Size) {
		bad := bytes.Clone(payload)
		bad[i] ^= 1
		err := opens(b.Manifest, bad, 0)
		if i >= 2 && i < 34 {
			require.ErrorIs(t, err, seal.ErrKey, "byte %d of the commitment", i)
		} else {
			require.ErrorIs(t, err, seal.ErrSealed, "byte %d", i)
		}
	}
	require.ErrorIs(t, opens(b.Manifest, payload[1:], 0), ErrPayload)
	require.ErrorIs(t, opens(b.Manifest, nil, 0), ErrPayload)
	swapped := *b
	swapped.Shards = [][]byte{b.Shards[1], b.Shards[0], nil, nil}
	require.Error(t, opens(b.Manifest, payloadOf(t, &swapped), 0))
}

func TestTheReaderBringsItsOwnChainAndKey(t *testing.T) {
	b := sealed(t, testInput())
	payload := payloadOf(t, b)
	open := func(line int, key keytree.IntervalKey, prev *Chain) error {
		_, _, err := OpenInterval(b.Manifest, payload, testSchema, testGrid, line, key, prev)
		return err
	}
	good := b.Manifest.Chain
	require.NoError(t, open(0, testKey(2, 12), &good))
	require.ErrorIs(t, open(0, testKey(2, 12), &Chain{}), ErrChain)
	require.ErrorIs(t, open(0, testKey(2, 12), &Chain{Seq: good.Seq + 1, Prev: good.Prev}), ErrChain)
	require.ErrorIs(t, open(2, testKey(2, 14), &good), ErrChain)
	require.ErrorIs(t, open(0, testKey(2, 13), nil), ErrCommitment)
	require.ErrorIs(t, open(3, testKey(2, 15), nil), ErrLines)
	require.ErrorIs(t, open(-1, testKey(2, 15), nil), ErrLines)
	_, _, err := OpenInterval(b.Manifest, payload, testSchema, Grid{}, 0, testKey(2, 12), nil)
	require.ErrorIs(t, err, ErrGrid)
	other := testSchema
	other.Fields = other.Fields[:4]
	_, _, err = OpenInterval(b.Manifest, payload, other, testGrid, 0, testKey(2, 12), nil)
	require.ErrorIs(t, err, ErrSegment, "another schema")
	shifted := testGrid
	shifted.Origin += 500
	_, _, err = OpenInterval(b.Manifest, payload, testSchema, shifted, 0, testKey(2, 12), nil)
	require.ErrorIs(t, err, ErrWindow, "another grid")
}

// lying seals as SealBundle does, but lies before a step: the writer holds the keys, so only what it has committed to binds it.
func lying(t *testing.T, in SealInput, before string, lie func(*sealer)) *Bundle {
	t.Helper()
	require.NoError(t, in.check())
	s := &sealer{SealInput: in, keys: make([]keytree.IntervalKey, len(in.Intervals))}
	for _, step := range []struct {
		name string
		do   func() error
	}{
		{"encode", func() error { require.NoError(t, s.readKeys(keysOf(2))); return s.encode() }},
		{"hash", func() error { require.NoError(t, s.drawSalts(testRand())); return s.hashRecords() }},
		{"link", s.linkHeaders},
		{"seal", s.sealParts},
		{"bundle", func() error { return nil }},
	} {
		if step.name == before {
			lie(s)
		}
		require.NoError(t, step.do())
	}
	b, err := s.bundle()
	require.NoError(t, err)
	return b
}

// rewrite puts other records into the first part.
func rewrite(t *testing.T, s *sealer, change func([]Record) []Record) {
	t.Helper()
	p := &s.parts[0]
	records := change(append([]Record(nil), s.Intervals[p.line].Records...))
	columns, err := newColumnEncoder(&s.Schema).encode(nil, records)
	require.NoError(t, err)
	p.columns = columns
}

func TestAWriterThatLiesIsCaught(t *testing.T) {
	for name, c := range map[string]struct {
		before string
		lie    func(*testing.T, *sealer)
		want   error
	}{
		"a record altered after it was committed to": {"seal", func(t *testing.T, s *sealer) {
			rewrite(t, s, func(r []Record) []Record { r[2].Values = reading(0, 99).Values; return r })
		}, ErrHeaders},
		"a record's time altered within its block": {"seal", func(t *testing.T, s *sealer) {
			rewrite(t, s, func(r []Record) []Record { r[1].T++; return r })
		}, ErrHeaders},
		"a record's arrival altered": {"seal", func(t *testing.T, s *sealer) {
			rewrite(t, s, func(r []Record) []Record { r[1].Seq++; return r })
		}, ErrHeaders},
		"a record removed": {"seal", func(t *testing.T, s *sealer) {
			rewrite(t, s, func(r []Record) []Record { return append(r[:1], r[2:]...) })
			s.parts[0].headers[0].Count--
		}, ErrCount},
		"a record removed, the line's count with it": {"seal", func(t *testing.T, s *sealer) {
			rewrite(t, s, func(r []Record) []Record { return append(r[:1], r[2:]...) })
			s.parts[0].headers[0].Count--
			s.lines[0].Count--
		}, ErrHeaders},
		"a record added": {"seal", func(t *testing.T, s *sealer) {
			rewrite(t, s, func(r []Record) []Record { r = append(r, reading(121_900, 50)); return r })
			s.parts[0].headers[1].Count++
		}, ErrCount},
		"records reordered": {"seal", func(t *testing.T, s *sealer) {
			rewrite(t, s, func(r []Record) []Record { r[0], r[1] = r[1], r[0]; return r })
		}, ErrOrder},
		"one record twice": {"seal", func(t *testing.T, s *sealer) {
			rewrite(t, s, func(r []Record) []Record { r[1] = r[0]; return r })
		}, ErrOrder},
		"a record moved out of its block": {"seal", func(t *testing.T, s *sealer) {
			rewrite(t, s, func(r []Record) []Record { r[4].T--; return r })
		}, ErrWindow},
		"a block's count passed to the next": {"seal", func(t *testing.T, s *sealer) {
			s.parts[0].headers[0].Count--
			s.parts[0].headers[1].Count++
		}, ErrWindow},
		"blocks reordered": {"seal", func(t *testing.T, s *sealer) {
			h := s.parts[0].headers
			h[0], h[1] = h[1], h[0]
		}, ErrWindow},
		"a block beside the grid": {"hash", func(t *testing.T, s *sealer) { s.parts[0].blocks[0].t1 -= 100 }, ErrWindow},
		"a block before its interval": {"hash", func(t *testing.T, s *sealer) {
			s.parts[0].blocks[0].t0, s.parts[0].blocks[0].t1 = testOrigin+119_000, testOrigin+120_000
		}, ErrWindow},
		"a block at the end of time": {"hash", func(t *testing.T, s *sealer) {
			s.parts[0].blocks[0].t0, s.parts[0].blocks[0].t1 = 1<<62, 1<<62+1000
		}, ErrWindow},
		"timely records called late": {"hash", func(t *testing.T, s *sealer) { s.parts[0].blocks[0].late = true }, ErrWindow},
		"a clock quality altered":    {"seal", func(t *testing.T, s *sealer) { s.parts[0].headers[0].Clock = ClockGNSS }, ErrHeaders},
		"a header out of the chain": {"link", func(t *testing.T, s *sealer) {
			s.Chain = Chain{}
		}, nil},
		"a count in the line that lies": {"seal", func(t *testing.T, s *sealer) { s.lines[0].Count++ }, ErrCount},
		"times in the line that lie":    {"seal", func(t *testing.T, s *sealer) { s.lines[0].T0++ }, ErrTimes},
		"no block in a part":            {"seal", func(t *testing.T, s *sealer) { s.parts[0].headers = nil }, ErrSegment},
	} {
		t.Run(name, func(t *testing.T) {
			in := testInput()
			in.Intervals = in.Intervals[:1]
			b := lying(t, in, c.before, func(s *sealer) { c.lie(t, s) })
			err := opens(b.Manifest, payloadOf(t, b), 0)
			if c.want == nil { // consistent in itself: only who knows the chain before it sees the break
				require.NoError(t, err)
				_, _, err = OpenInterval(b.Manifest, payloadOf(t, b), testSchema, testGrid, 0, testKey(2, 12), &in.Chain)
				require.ErrorIs(t, err, ErrChain)
				return
			}
			require.ErrorIs(t, err, c.want)
		})
	}
}

func TestLiesAboutGapsAndLateRecordsAreCaught(t *testing.T) {
	for name, c := range map[string]struct {
		before string
		lie    func(*sealer)
		want   error
	}{
		"a gap's window cut": {"hash", func(s *sealer) { s.parts[1].blocks[2].t0++ }, ErrGap},
		"a gap before records": {"seal", func(s *sealer) {
			h := s.parts[1].headers
			h[1], h[2] = h[2], h[1]
		}, ErrGap},
		"a gap's reason altered":     {"seal", func(s *sealer) { s.parts[1].headers[2].Gap = "storm" }, ErrGap},
		"a gap without a reason":     {"seal", func(s *sealer) { s.parts[1].headers[2].Gap = "" }, ErrGap},
		"a late block called timely": {"hash", func(s *sealer) { s.parts[1].blocks[0].late = false }, ErrWindow},
		"a late block called timely, on the grid": {"hash", func(s *sealer) {
			b := &s.parts[1].blocks[0]
			b.late, b.t0, b.t1 = false, testOrigin+100_000, testOrigin+101_000
		}, ErrWindow},
		"a timely block called late, with a span": {"hash", func(s *sealer) {
			b := &s.parts[1].blocks[1]
			b.late, b.t0, b.t1 = true, testOrigin+140_500, testOrigin+140_501
		}, ErrWindow},
		"a late block's span widened": {"hash", func(s *sealer) {
			s.parts[1].blocks[0].t0 -= 5
		}, ErrWindow},
		"a late record after timely ones": {"seal", func(s *sealer) {
			h := s.parts[1].headers
			h[0], h[1] = h[1], h[0]
		}, ErrWindow},
	} {
		t.Run(name, func(t *testing.T) {
			b := lying(t, testInput(), c.before, c.lie)
			require.ErrorIs(t, opens(b.Manifest, payloadOf(t, b), 2), c.want)
		})
	}
}

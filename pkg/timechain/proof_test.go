package timechain

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cpchain/cpchain/pkg/merkle"
)

// proofInput has an interval of several parts, with late records and a gap.
func proofInput() SealInput {
	in := testInput()
	in.MaxPart = 2 << 10
	in.Intervals[0].Records = append([]Record{reading(1000, 3), reading(2000, 4)}, readings(120_000, 95, 100)...)
	in.Intervals[0].Gap = "storm"
	return in
}

func prove(t testing.TB, b *Bundle, line, index int) RecordProof {
	t.Helper()
	p, err := ProveRecord(b.Manifest, payloadOf(t, b), testSchema, testGrid, line, testKey(2, b.Manifest.Lines[line].Interval), index)
	require.NoError(t, err)
	return p
}

func TestEveryRecordCanBeShownAlone(t *testing.T) {
	in := proofInput()
	b := sealed(t, in)
	root, lines := b.Manifest.RecordRoot(), uint64(len(b.Manifest.Lines))
	for _, line := range []int{0, 2} {
		for i, want := range in.Intervals[line].Records {
			p, err := ParseRecordProof(prove(t, b, line, i).Marshal())
			require.NoError(t, err)
			got, err := p.Verify(root, lines)
			require.NoError(t, err)
			require.Equal(t, want, got)
			require.Equal(t, testStream, p.Header.Stream)
			require.Equal(t, in.Intervals[line].Interval, p.Line.Interval)
		}
	}
}

func TestRecordsThatAreNotThereCannotBeProved(t *testing.T) {
	b := sealed(t, proofInput())
	for _, index := range []int{-1, 102} {
		_, err := ProveRecord(b.Manifest, payloadOf(t, b), testSchema, testGrid, 0, testKey(2, 12), index)
		require.ErrorIs(t, err, ErrCount)
	}
	_, err := ProveRecord(b.Manifest, payloadOf(t, b), testSchema, testGrid, 1, testKey(2, 13), 0)
	require.ErrorIs(t, err, ErrCount)
	_, err = ProveRecord(b.Manifest, payloadOf(t, b), testSchema, testGrid, 0, testKey(2, 13), 0)
	require.ErrorIs(t, err, ErrCommitment)
}

func TestAProofTellsNothingOfOtherRecords(t *testing.T) {
	b := sealed(t, proofInput())
	encoded := prove(t, b, 0, 40).Marshal()
	records, _ := openAll(t, b, testSchema, testGrid)
	for i, r := range records {
		require.Equal(t, i == 40, bytes.Contains(encoded, r.Leaf()), "record %d", i)
	}
}

func TestProofsOfAnotherThingAreRefused(t *testing.T) {
	b := sealed(t, proofInput())
	root, lines := b.Manifest.RecordRoot(), uint64(len(b.Manifest.Lines))
	other := prove(t, b, 0, 41)
	for name, c := range map[string]struct {
		change func(*RecordProof)
		root   merkle.Hash
		lines  uint64
	}{
		"another anchor":               {func(*RecordProof) {}, merkle.Hash{1}, lines},
		"another number of lines":      {func(*RecordProof) {}, root, lines + 2},
		"a value altered":              {func(p *RecordProof) { p.Record.Values = other.Record.Values }, root, lines},
		"a time altered":               {func(p *RecordProof) { p.Record.T++ }, root, lines},
		"a time out of the block":      {func(p *RecordProof) { p.Record.T = 0 }, root, lines},
		"an arrival altered":           {func(p *RecordProof) { p.Record.Seq++ }, root, lines},
		"another salt":                 {func(p *RecordProof) { p.Salt = other.Salt }, root, lines},
		"another index":                {func(p *RecordProof) { p.Index++ }, root, lines},
		"another record's path":        {func(p *RecordProof) { p.Path = other.Path }, root, lines},
		"a path too long":              {func(p *RecordProof) { p.Path = append(p.Path, merkle.Hash{}) }, root, lines},
		"no path":                      {func(p *RecordProof) { p.Path = nil }, root, lines},
		"another count in the header":  {func(p *RecordProof) { p.Header.Count++ }, root, lines},
		"another stream":               {func(p *RecordProof) { p.Header.Stream = "cpchain-1/8" }, root, lines},
		"another block":                {func(p *RecordProof) { p.Block++ }, root, lines},
		"a header that makes no sense": {func(p *RecordProof) { p.Header.T1 = 0 }, root, lines},
		"another line":                 {func(p *RecordProof) { p.Line = b.Manifest.Lines[2] }, root, lines},
		"another count in the line":    {func(p *RecordProof) { p.Line.Count++ }, root, lines},
		"another place of the line":    {func(p *RecordProof) { p.LineIndex++ }, root, lines},
		"a line past the last":         {func(p *RecordProof) { p.LineIndex = 3 }, root, lines},
	} {
		p := prove(t, b, 0, 40)
		_, err := p.Verify(root, lines)
		require.NoError(t, err)
		c.change(&p)
		_, err = p.Verify(c.root, c.lines)
		require.ErrorIs(t, err, ErrProof, name)
	}
}

// refused tells whether altered proof bytes are refused by whoever holds the anchor.
func refused(b []byte, root merkle.Hash, lines uint64) bool {
	p, err := ParseRecordProof(b)
	if err != nil {
		return true
	}
	_, err = p.Verify(root, lines)
	return err != nil
}

func TestEveryMutatedProofByteIsRefused(t *testing.T) {
	b := sealed(t, proofInput())
	root, lines := b.Manifest.RecordRoot(), uint64(len(b.Manifest.Lines))
	good := prove(t, b, 0, 40).Marshal()
	require.False(t, refused(good, root, lines))
	for i := range good {
		for bit := range 8 {
			bad := bytes.Clone(good)
			bad[i] ^= 1 << bit
			require.True(t, refused(bad, root, lines), "byte %d, bit %d", i, bit)
		}
		require.True(t, refused(good[:i], root, lines), "cut at %d", i)
	}
	require.True(t, refused(append(bytes.Clone(good), 0), root, lines))
}

func TestProofsInAnotherEncodingAreRefused(t *testing.T) {
	p := prove(t, sealed(t, proofInput()), 0, 40)
	salt := len(appendBytes(appendBytes([]byte{version, suite, cborArray | proofFields}, p.Record.Leaf()), p.Salt[:]))
	_, err := ParseRecordProof(longer(p.Marshal(), salt, byte(p.Index)))
	require.ErrorIs(t, err, errNotCanonical)
	_, err = parseLine(longer(p.Line.Leaf(), 2, byte(p.Line.Interval)))
	require.ErrorIs(t, err, errNotCanonical)
}

// TestAWriterCannotProveARecordInAWrongBlock makes all hashes fit, as only the writer can.
func TestAWriterCannotProveARecordInAWrongBlock(t *testing.T) {
	for ms, fits := range map[int64]bool{-1: false, 0: true, 999: true, 1000: false} {
		p := RecordProof{Record: reading(ms, 1), Header: testHeader()}
		p.Header.Count, p.Header.RecordRoot = 1, new(leafHasher).root([]Record{p.Record}, [][16]byte{p.Salt})
		p.Line = Line{Blocks: 1, Count: 1, HeaderRoot: p.Header.Hash()}
		_, err := p.Verify(merkle.LeafHash(p.Line.Leaf()), 1)
		require.Equal(t, fits, err == nil, "%d ms", ms)
	}
}

func TestProofsAboveTheLimitsAreRefused(t *testing.T) {
	_, err := ParseRecordProof(make([]byte, MaxProof+1))
	require.ErrorIs(t, err, ErrTooLarge)
	p := prove(t, sealed(t, proofInput()), 0, 40)
	p.Path = make([]merkle.Hash, maxPath+1)
	_, err = ParseRecordProof(p.Marshal())
	require.ErrorIs(t, err, ErrTooLarge)
}

func FuzzMutatedProof(f *testing.F) {
	b := sealed(f, proofInput())
	root, lines := b.Manifest.RecordRoot(), uint64(len(b.Manifest.Lines))
	good := prove(f, b, 0, 40).Marshal()
	f.Add(uint16(0), []byte{1})
	f.Add(uint16(100), []byte{0xff, 1})
	f.Fuzz(func(t *testing.T, at uint16, mask []byte) {
		bad := bytes.Clone(good)
		for i, m := range mask {
			bad[(int(at)+i)%len(bad)] ^= m
		}
		if bytes.Equal(bad, good) {
			return
		}
		require.True(t, refused(bad, root, lines))
	})
}

func FuzzParseRecordProof(f *testing.F) {
	b := sealed(f, proofInput())
	f.Add(prove(f, b, 0, 40).Marshal())
	f.Fuzz(func(t *testing.T, raw []byte) {
		p, err := ParseRecordProof(raw)
		if err != nil {
			return
		}
		require.Equal(t, raw, p.Marshal())
		_, _ = p.Verify(merkle.Hash{}, 3)
	})
}

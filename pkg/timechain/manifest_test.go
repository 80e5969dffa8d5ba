package timechain

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cpchain/cpchain/pkg/merkle"
)

func TestManifestsComeBackAndKeepTheirRoots(t *testing.T) {
	b := sealed(t, testInput())
	m, err := ParseManifest(b.ManifestBytes)
	require.NoError(t, err)
	require.NoError(t, m.Validate(testGrid))
	again, err := m.Marshal()
	require.NoError(t, err)
	require.Equal(t, b.ManifestBytes, again)
	require.Equal(t, b.Manifest.RecordRoot(), m.RecordRoot())

	cid, err := m.CID()
	require.NoError(t, err)
	require.Equal(t, cidOf(b.ManifestBytes), cid.Bytes())
	require.Equal(t, cid, ManifestCID(b.ManifestBytes))
	require.Len(t, cid.Bytes(), 36)

	records, blocks := m.Counts()
	require.Equal(t, []uint64{9, 5}, []uint64{records, blocks})
	first, last := m.Times()
	require.Equal(t, []int64{(testOrigin + 100_500) * msNs, (testOrigin + 140_500) * msNs}, []int64{first, last})
	require.Equal(t, m.Chain, m.After(-1))
	require.Equal(t, b.Chain, m.After(2))
}

func TestAManifestWithoutRecordsHasNoTimes(t *testing.T) {
	first, last := Manifest{Lines: []Line{{}, {}}}.Times()
	require.Zero(t, first)
	require.Zero(t, last)
}

// TestEveryManifestFieldThatMakesNoSenseHasItsError tampers with one thing at a time.
func TestEveryManifestFieldThatMakesNoSenseHasItsError(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Manifest)
		want   error
	}{
		"no stream":                   {func(m *Manifest) { m.Stream = "" }, ErrStream},
		"more needed than there are":  {func(m *Manifest) { m.K = 4 }, ErrCode},
		"no shard needed":             {func(m *Manifest) { m.K = 0 }, ErrCode},
		"too much parity":             {func(m *Manifest) { m.N = 20 }, ErrCode},
		"another payload size":        {func(m *Manifest) { m.PayloadSize += 1000 }, ErrCode},
		"a slightly other payload":    {func(m *Manifest) { m.PayloadSize-- }, ErrParts},
		"a payload above the limit":   {func(m *Manifest) { m.PayloadSize = MaxPayload + 1 }, ErrTooLarge},
		"another shard size":          {func(m *Manifest) { m.ShardSize += 64 }, ErrCode},
		"a shard fewer":               {func(m *Manifest) { m.ShardCIDs = m.ShardCIDs[:3] }, ErrShards},
		"a tree root fewer":           {func(m *Manifest) { m.ShardRoots = m.ShardRoots[:3] }, ErrShards},
		"a short CID":                 {func(m *Manifest) { m.ShardCIDs[1] = m.ShardCIDs[1][:35] }, ErrShards},
		"a CID of another codec":      {func(m *Manifest) { m.ShardCIDs[1] = append([]byte{1, 0x70}, m.ShardCIDs[1][2:]...) }, ErrShards},
		"no lines":                    {func(m *Manifest) { m.Lines = nil }, ErrLines},
		"more lines than an upload":   {func(m *Manifest) { m.Lines = append(m.Lines, make([]Line, 4)...) }, ErrLines},
		"an interval left out":        {func(m *Manifest) { m.Lines[2].Interval++ }, ErrLines},
		"lines swapped":               {func(m *Manifest) { m.Lines[0], m.Lines[2] = m.Lines[2], m.Lines[0] }, ErrLines},
		"fewer records than blocks":   {func(m *Manifest) { m.Lines[0].Count = 1 }, ErrCount},
		"records without blocks":      {func(m *Manifest) { m.Lines[1].Count = 1 }, ErrCount},
		"only a gap for records":      {func(m *Manifest) { m.Lines[2].Blocks = 1 }, ErrCount},
		"a gap without a block":       {func(m *Manifest) { m.Lines[1].Gap = "x" }, ErrCount},
		"a gap of two lines":          {func(m *Manifest) { m.Lines[2].Gap = "x\ny" }, ErrGap},
		"blocks without a part":       {func(m *Manifest) { m.Lines[0].Parts = nil }, ErrParts},
		"a part without a block":      {func(m *Manifest) { m.Lines[1].Parts = []Part{{}} }, ErrParts},
		"parts that overlap":          {func(m *Manifest) { m.Lines[2].Parts[0].Offset-- }, ErrParts},
		"parts with a hole":           {func(m *Manifest) { m.Lines[0].Parts[0].Size-- }, ErrParts},
		"a part too small to be one":  {func(m *Manifest) { m.Lines[0].Parts[0].Size = 50 }, ErrParts},
		"a part above the limit":      {func(m *Manifest) { m.Lines[0].Parts[0].Size = MaxSegment + 1 }, ErrParts},
		"times in no order":           {func(m *Manifest) { m.Lines[0].T0 = m.Lines[0].T1 + 1 }, ErrTimes},
		"times of no record":          {func(m *Manifest) { m.Lines[1].T1 = 5 }, ErrTimes},
		"records before the stream":   {func(m *Manifest) { m.Lines[0].T0 = testOrigin*msNs - 1 }, ErrWindow},
		"records after the interval":  {func(m *Manifest) { m.Lines[0].T1 = (testOrigin + 130_000) * msNs }, ErrWindow},
		"no block, yet another hash":  {func(m *Manifest) { m.Lines[1].LastHeader[0]++ }, ErrChain},
		"no block, yet a header root": {func(m *Manifest) { m.Lines[1].HeaderRoot[0]++ }, ErrHeaders},
	} {
		t.Run(name, func(t *testing.T) {
			m := sealed(t, testInput()).Manifest
			c.change(&m)
			require.ErrorIs(t, m.Validate(testGrid), c.want)
		})
	}
	require.ErrorIs(t, sealed(t, testInput()).Manifest.Validate(Grid{}), ErrGrid)
}

func TestBytesThatAreNoManifestAreRefused(t *testing.T) {
	good := sealed(t, testInput()).ManifestBytes
	for name, bad := range map[string][]byte{
		"nothing": {}, "another version": append([]byte{2}, good[1:]...), "another suite": append([]byte{1, 2}, good[2:]...),
		"cut short": good[:len(good)-1], "trailing bytes": append(bytes.Clone(good), 0),
		"a longer array head": append([]byte{1, 1, 0x98, manifestFields}, good[3:]...),
		"an indefinite array": append(append([]byte{1, 1, 0x9f}, good[3:]...), 0xff),
		"an empty map":        {1, 1, 0xa0},
	} {
		_, err := ParseManifest(bad)
		require.ErrorIs(t, err, ErrFormat, name)
	}
	_, err := ParseManifest(make([]byte, MaxManifest+1))
	require.ErrorIs(t, err, ErrTooLarge)

	m := Manifest{Stream: testStream, ShardCIDs: make([][]byte, 65)}
	_, err = m.Marshal()
	require.ErrorIs(t, err, ErrTooLarge)
	_, err = ParseManifest(m.append(nil))
	require.ErrorIs(t, err, ErrTooLarge)
	m = Manifest{Stream: testStream, Lines: make([]Line, MaxLines+1)}
	_, err = m.Marshal()
	require.ErrorIs(t, err, ErrTooLarge)
	_, err = ParseManifest(m.append(nil))
	require.Error(t, err)
}

// TestEveryMutatedManifestByteIsNoticed: whatever still parses has another CID, which the anchor pins.
func TestEveryMutatedManifestByteIsNoticed(t *testing.T) {
	good := sealed(t, testInput()).ManifestBytes
	for i := range good {
		bad := bytes.Clone(good)
		bad[i] ^= 1
		require.NotEqual(t, ManifestCID(good), ManifestCID(bad))
		m, err := ParseManifest(bad)
		if err != nil {
			continue
		}
		again, err := m.Marshal()
		require.NoError(t, err)
		require.Equal(t, bad, again, "byte %d", i)
	}
}

func TestTheRootsBindWhatTheyAreOver(t *testing.T) {
	base := sealed(t, testInput()).Manifest
	for name, c := range map[string]struct {
		change                    func(*Manifest)
		record, commitment, shard bool
	}{
		"interval":    {func(m *Manifest) { m.Lines[0].Interval++ }, true, false, false},
		"count":       {func(m *Manifest) { m.Lines[0].Count++ }, true, false, false},
		"blocks":      {func(m *Manifest) { m.Lines[0].Blocks++ }, true, false, false},
		"t0":          {func(m *Manifest) { m.Lines[0].T0++ }, true, false, false},
		"t1":          {func(m *Manifest) { m.Lines[0].T1++ }, true, false, false},
		"last header": {func(m *Manifest) { m.Lines[0].LastHeader[0]++ }, true, false, false},
		"header root": {func(m *Manifest) { m.Lines[0].HeaderRoot[0]++ }, true, false, false},
		"commitment":  {func(m *Manifest) { m.Lines[0].Commitment[0]++ }, true, true, false},
		"salt":        {func(m *Manifest) { m.Lines[0].Parts[0].Salt[0]++ }, true, false, false},
		"offset":      {func(m *Manifest) { m.Lines[0].Parts[0].Offset++ }, true, false, false},
		"size":        {func(m *Manifest) { m.Lines[0].Parts[0].Size++ }, true, false, false},
		"gap":         {func(m *Manifest) { m.Lines[0].Gap = "x" }, true, false, false},
		"line order":  {func(m *Manifest) { m.Lines[0], m.Lines[1] = m.Lines[1], m.Lines[0] }, true, true, false},
		"shard CID":   {func(m *Manifest) { m.ShardCIDs[0] = bytes.Clone(m.ShardCIDs[1]) }, false, false, true},
		"shard root":  {func(m *Manifest) { m.ShardRoots[0][0]++ }, false, false, true},
	} {
		m := sealed(t, testInput()).Manifest
		c.change(&m)
		require.Equal(t, c.record, m.RecordRoot() != base.RecordRoot(), name)
		require.Equal(t, c.commitment, m.CommitmentRoot() != base.CommitmentRoot(), name)
		require.Equal(t, c.shard, m.ShardRoot() != base.ShardRoot(), name)
	}
}

func TestShardsAreCheckedAgainstTheManifest(t *testing.T) {
	b := sealed(t, testInput())
	for i, shard := range b.Shards {
		require.NoError(t, b.Manifest.CheckShard(i, shard))
	}
	flipped := bytes.Clone(b.Shards[0])
	flipped[10] ^= 1
	lying := b.Manifest
	lying.ShardRoots = append([]merkle.Hash{{1}}, lying.ShardRoots[1:]...)
	for name, err := range map[string]error{
		"two shards swapped":     b.Manifest.CheckShard(0, b.Shards[1]),
		"a bit flipped":          b.Manifest.CheckShard(0, flipped),
		"a byte short":           b.Manifest.CheckShard(0, b.Shards[0][1:]),
		"a shard past the last":  b.Manifest.CheckShard(4, b.Shards[0]),
		"a negative number":      b.Manifest.CheckShard(-1, b.Shards[0]),
		"another root, same CID": lying.CheckShard(0, b.Shards[0]),
	} {
		require.ErrorIs(t, err, ErrShard, name)
	}
}

func FuzzParseManifest(f *testing.F) {
	b, err := SealBundle(testRand(), testInput(), keysOf(2))
	require.NoError(f, err)
	f.Add(b.ManifestBytes)
	f.Add([]byte{1, 1, 0x8d, 0x61, 'x'})
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := ParseManifest(b)
		if err != nil {
			return
		}
		again, err := m.Marshal()
		require.NoError(t, err)
		require.Equal(t, b, again)
		_ = m.Validate(testGrid)
		m.RecordRoot()
		for i := range m.Lines {
			_, _, err := OpenInterval(m, make([]byte, min(m.PayloadSize, 1000)), testSchema, testGrid, i, testKey(2, 12), nil)
			require.Error(t, err)
		}
	})
}

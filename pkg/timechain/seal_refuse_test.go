package timechain

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cpchain/cpchain/pkg/keytree"
)

func TestInputThatCannotBeSealedIsRefused(t *testing.T) {
	first := func(in *SealInput) *IntervalRecords { return &in.Intervals[0] }
	for name, c := range map[string]struct {
		change func(*SealInput)
		want   error
	}{
		"no stream":                      {func(in *SealInput) { in.Stream = "" }, ErrStream},
		"a bad grid":                     {func(in *SealInput) { in.Grid.Block = 7 }, ErrGrid},
		"a bad schema":                   {func(in *SealInput) { in.Schema.Fields = nil }, ErrSchema},
		"a code that needs all shards":   {func(in *SealInput) { in.N = 2 }, ErrCode},
		"a tiny part":                    {func(in *SealInput) { in.MaxPart = 100 }, ErrTooLarge},
		"a part above the limit":         {func(in *SealInput) { in.MaxPart = MaxSegment + 1 }, ErrTooLarge},
		"an unknown codec":               {func(in *SealInput) { in.Codec = 77 }, ErrSegment},
		"no intervals":                   {func(in *SealInput) { in.Intervals = nil }, ErrLines},
		"more intervals than an upload":  {func(in *SealInput) { in.Intervals = make([]IntervalRecords, 7) }, ErrLines},
		"an interval left out":           {func(in *SealInput) { in.Intervals[1].Interval = 20 }, ErrLines},
		"records in no order":            {func(in *SealInput) { r := first(in).Records; r[0], r[1] = r[1], r[0] }, ErrOrder},
		"one record twice":               {func(in *SealInput) { r := first(in).Records; r[1] = r[0] }, ErrOrder},
		"a record of the next interval":  {func(in *SealInput) { first(in).Records = readings(130_000, 1, 1) }, ErrWindow},
		"a record before the stream":     {func(in *SealInput) { first(in).Records = readings(-1, 1, 1) }, ErrWindow},
		"a value out of bounds":          {func(in *SealInput) { first(in).Records[3].Values[0] = Fixed(601) }, ErrValue},
		"a value of another kind":        {func(in *SealInput) { first(in).Records[3].Values[2] = Text("x") }, ErrValue},
		"a value too few":                {func(in *SealInput) { first(in).Records[3].Values = nil }, ErrValue},
		"a text with a control byte":     {func(in *SealInput) { first(in).Records[3].Values[4] = Text("a\x00") }, ErrValue},
		"a float that is no number":      {func(in *SealInput) { first(in).Records[3].Values[3] = Value{kind: TypeFloat, num: infinity} }, ErrValue},
		"a key that is not there":        {func(in *SealInput) { first(in).Records[3].Values[1] = Absent() }, ErrValue},
		"a gap of two lines":             {func(in *SealInput) { first(in).Gap = "x\ny" }, ErrGap},
		"an unknown clock":               {func(in *SealInput) { first(in).Clock = 200 }, ErrFormat},
		"a record larger than a segment": {func(in *SealInput) { in.MaxPart = 2048; first(in).Records = manyTexts(120_000, 1) }, ErrTooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			in := testInput()
			c.change(&in)
			_, err := SealBundle(testRand(), in, keysOf(2))
			require.ErrorIs(t, err, c.want)
			if errors.Is(err, ErrWindow) {
				require.ErrorContains(t, err, "record 0 is outside")
			}
		})
	}
}

func TestWithoutAKeyOrRandomnessNothingIsSealed(t *testing.T) {
	_, err := SealBundle(testRand(), testInput(), func(i uint32) (keytree.IntervalKey, error) {
		if i == 13 {
			return keytree.IntervalKey{}, keytree.ErrNoKey
		}
		return testKey(2, i), nil
	})
	require.ErrorIs(t, err, keytree.ErrNoKey)
	require.ErrorContains(t, err, "interval 13")
	_, err = SealBundle(eof{}, testInput(), keysOf(2))
	require.ErrorContains(t, err, "randomness")
}

type eof struct{}

func (eof) Read([]byte) (int, error) { return 0, errors.New("no entropy") }

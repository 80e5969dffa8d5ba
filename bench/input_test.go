package main

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var shipped = &bench{data: "../tests/testdata"}

func TestReplayedTrafficIsTheShippedOneLaterAndOfOtherVehicles(t *testing.T) {
	text, err := shipped.readTraffic()
	require.NoError(t, err)
	once, err := replay(text, 0)
	require.NoError(t, err)
	require.Equal(t, text, once, "the first copy is the file itself")

	twice, err := replay(text, len(text)+1)
	require.NoError(t, err)
	lines := strings.Split(string(twice[len(text):]), "\n")
	require.Equal(t, "900,veh-200,35.681339,139.780977,0.00,0.00,0.00", lines[0])
	require.Equal(t, "901,veh-200,35.681361,139.780977,2.46,2.46,0.00", lines[1])
	require.Equal(t, bytes.Count(text, []byte("-0.00")), strings.Count(strings.Join(lines, "\n"), "-0.00"), "decimals stay as they are")
	require.NotContains(t, string(twice), "\r")
	require.Equal(t, "77424e488938a2d0bb3bc32251c28dc4c462058b6afd4cd13de28fc8d736e3d3", fmt.Sprintf("%x", sha256.Sum256(twice)))
}

func TestReplayReachesTheSizeAskedFor(t *testing.T) {
	text, err := shipped.readTraffic()
	require.NoError(t, err)
	out, err := replay(text, 10<<20)
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(out), 10<<20)
	require.Less(t, len(out), 10<<20+2*len(text))
}

func TestReplayRefusesWhatIsNotTraffic(t *testing.T) {
	_, err := replay([]byte("a,b\nx,veh-1,2\n"), 0)
	require.ErrorContains(t, err, "line 2")
}

func TestMessagesAreTheSameEachTime(t *testing.T) {
	text := messages(100)
	require.Equal(t, text, messages(100))
	require.InDelta(t, 530, len(text)/100, 40, "bytes of a record")
}

func TestEveryStreamSealsAllItsRecords(t *testing.T) {
	hours, err := shipped.readWeather()
	require.NoError(t, err)
	seconds, err := shipped.readTraffic()
	require.NoError(t, err)
	for _, s := range []stream{weather(hours[:4000]), traffic(seconds[:200_000-17]), wide(messages(700))} {
		s.text = s.text[:bytes.LastIndexByte(s.text, '\n')+1]
		intervals, err := s.intervals()
		require.NoError(t, err, s.name)
		bundles, err := s.bundles(intervals)
		require.NoError(t, err, s.name)
		sealed := uint64(0)
		for _, b := range bundles {
			records, _ := b.Manifest.Counts()
			sealed += records
		}
		require.Equal(t, uint64(bytes.Count(s.text, []byte("\n"))-1), sealed, s.name)
	}
}

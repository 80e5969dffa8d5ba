package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cpchain/cpchain/pkg/timechain"
)

func TestTheAckLogFindsWhatIsMissingForeignAndTwice(t *testing.T) {
	a, b, c := record{"http", 1, 10}, record{"http", 2, 10}, record{"mqtt", 1, 10}
	for name, test := range map[string]struct {
		acked, got              []record
		missing, foreign, twice int
	}{
		"the same in another order":            {[]record{a, b, c}, []record{c, a, b}, 0, 0, 0},
		"one acknowledged and not fetched":     {[]record{a, b, c}, []record{a, c}, 1, 0, 0},
		"one fetched that nobody sent":         {[]record{a}, []record{a, b}, 0, 1, 0},
		"one fetched twice":                    {[]record{a, b}, []record{a, b, a}, 0, 0, 1},
		"one fetched with another time":        {[]record{a}, []record{{a.client, a.n, 11}}, 1, 1, 0},
		"a client's numbers are not another's": {[]record{a}, []record{c}, 1, 1, 0},
	} {
		log := &ackLog{}
		log.add(test.acked)
		missing, foreign, twice := log.compare(test.got)
		require.Equal(t, []int{test.missing, test.foreign, test.twice}, []int{missing, foreign, twice}, name)
	}
}

func TestASaltUsedTwiceIsFoundWithinAndAcrossManifests(t *testing.T) {
	part := func(b byte) timechain.Part { return timechain.Part{Salt: [32]byte{b}} }
	manifest := func(parts ...timechain.Part) timechain.Manifest {
		return timechain.Manifest{Lines: []timechain.Line{{Parts: parts}}}
	}
	for name, test := range map[string]struct {
		manifests       map[string]timechain.Manifest
		segments, twice int
	}{
		"all distinct":      {map[string]timechain.Manifest{"a": manifest(part(1), part(2)), "b": manifest(part(3))}, 3, 0},
		"within a manifest": {map[string]timechain.Manifest{"a": manifest(part(1), part(1))}, 1, 1},
		"across manifests":  {map[string]timechain.Manifest{"a": manifest(part(1)), "b": manifest(part(1))}, 1, 1},
	} {
		segments, twice := countSalts(test.manifests)
		require.Equal(t, []int{test.segments, test.twice}, []int{segments, twice}, name)
	}
}

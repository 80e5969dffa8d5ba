package owner

import datarights "github.com/cpchain/cpchain/x/datarights/types"

// Replaceable lists the proxies of a grant that spares may be asked in the stead of at a height, at most as many as there are spares:
// those that refused, and those that have not answered for silentBlocks. Where there is none now, due is the height from which on the
// first silent one can be replaced, 0 where nobody is waited for or no spare is left.
func Replaceable(g datarights.Grant, height, silentBlocks int64) (replaced []uint64, due int64) {
	spares := g.Count(datarights.PROXY_STATE_SPARE)
	if spares == 0 {
		return nil, 0
	}
	for _, p := range g.Proxies {
		switch p.State {
		case datarights.PROXY_STATE_REFUSED:
			replaced = append(replaced, p.Provider)
		case datarights.PROXY_STATE_ASKED:
			if until := p.Height + silentBlocks; height < until {
				due = earlier(due, until)
				continue
			}
			replaced = append(replaced, p.Provider)
		default: // it serves, or was never asked, or is replaced
		}
	}
	if len(replaced) > 0 {
		return replaced[:min(len(replaced), spares)], 0
	}
	return nil, due
}

// earlier of two heights, of which 0 is none.
func earlier(a, b int64) int64 {
	if a == 0 {
		return b
	}
	return min(a, b)
}

// Finished tells whether a grant's parcels are of no use any more: it is live, everybody asked has answered, and there is nobody
// whose place a spare could still take.
func Finished(g datarights.Grant) bool {
	replaceable := g.Count(datarights.PROXY_STATE_REFUSED) > 0 && g.Count(datarights.PROXY_STATE_SPARE) > 0
	return g.Status == datarights.GRANT_STATUS_LIVE && g.Count(datarights.PROXY_STATE_ASKED) == 0 && !replaceable
}

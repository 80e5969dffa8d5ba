package timechain

import "fmt"

// checkWindows checks the blocks' times: late blocks first, each spanning its own records, all before the interval; then block
// periods of the grid in order, several blocks to a period where one would not fit in a segment; a gap last. Every record must
// lie in its block's times; since the records are known to be in order, so are then the blocks.
func (o *opened) checkWindows(grid Grid) error {
	from, to := grid.Bounds(o.line.Interval)
	gap := ""
	next := 0
	for i := range o.headers {
		h := &o.headers[i]
		records := o.records[next : next+int(h.Count)]
		next += int(h.Count)
		switch {
		case gap != "":
			return fmt.Errorf("%w: block %d follows the gap", ErrGap, i)
		case len(records) == 0:
			if gap = h.Gap; h.T0 != from || h.T1 != to {
				return fmt.Errorf("%w: the gap spans %d to %d, the interval %d to %d", ErrGap, h.T0, h.T1, from, to)
			}
			continue
		}
		if err := h.checkWindow(grid, from, to, records); err != nil {
			return fmt.Errorf("block %d: %w", i, err)
		}
	}
	if gap != o.line.Gap {
		return fmt.Errorf("%w: the manifest says %q, the blocks %q", ErrGap, o.line.Gap, gap)
	}
	return nil
}

// checkWindow checks one block's times in the interval [from, to) ms; its records are in order.
func (h *BlockHeader) checkWindow(grid Grid, from, to int64, records []Record) error {
	first, last := floorMs(records[0].T), floorMs(records[len(records)-1].T)
	if h.Late {
		if h.T0 != first || h.T1 != last+1 || h.T0 < grid.Origin || h.T1 > from {
			return fmt.Errorf("%w: late block of %d to %d", ErrWindow, h.T0, h.T1)
		}
		return nil
	}
	if h.T0 < from || h.T1 > to {
		return fmt.Errorf("%w: %d to %d is not in the interval", ErrWindow, h.T0, h.T1)
	}
	if t0, t1 := grid.blockOfMs(h.T0); h.T0 != t0 || h.T1 != t1 || first < t0 || last >= t1 {
		return fmt.Errorf("%w: records of %d to %d in block %d to %d", ErrWindow, first, last, h.T0, h.T1)
	}
	return nil
}

package timechain

import "encoding/binary"

// Flags of a header in a segment.
const (
	flagLate   = 1 << 0
	flagGap    = 1 << 1
	flagSigned = 1 << 2
)

// appendHeaders writes a count and, for each header: start after the last one's end, length, records, flags, clock, gap and
// signature where flagged.
func appendHeaders(b []byte, headers []BlockHeader) []byte {
	b = binary.AppendUvarint(b, uint64(len(headers)))
	end := int64(0)
	for i := range headers {
		h := &headers[i]
		b = binary.AppendUvarint(b, zigzag(h.T0-end))
		b = binary.AppendUvarint(b, uint64(h.T1-h.T0))
		b = binary.AppendUvarint(b, uint64(h.Count))
		b = append(b, h.flags(), h.Clock)
		if h.Gap != "" {
			b = append(binary.AppendUvarint(b, uint64(len(h.Gap))), h.Gap...)
		}
		b = append(b, h.DeviceSig...)
		end = h.T1
	}
	return b
}

func (h *BlockHeader) flags() byte {
	flags := byte(0)
	if h.Late {
		flags |= flagLate
	}
	if h.Gap != "" {
		flags |= flagGap
	}
	if len(h.DeviceSig) != 0 {
		flags |= flagSigned
	}
	return flags
}

// headerBound is above what one header takes in a segment.
func headerBound(gap string) int { return 3*binary.MaxVarintLen64 + 2 + 2 + len(gap) + maxDeviceSig }

// minHeader is the least a header takes in a segment.
const minHeader = 5

// readHeaders reads the headers and the sum of their counts.
func readHeaders(in *bodyReader) ([]BlockHeader, uint64) {
	n := in.uvarint()
	if n > uint64(len(in.b)/minHeader) {
		in.fail("%d headers", n)
		return nil, 0
	}
	headers := make([]BlockHeader, n)
	records, end := uint64(0), int64(0)
	for i := range headers {
		h := &headers[i]
		h.T0 = end + unzigzag(in.uvarint())
		h.T1 = h.T0 + int64(in.uvarint())
		count := in.uvarint()
		if count > maxCells {
			in.fail("block of %d records", count)
			return nil, 0
		}
		h.Count = uint32(count)
		records += count
		h.readFlags(in)
		end = h.T1
	}
	return headers, records
}

func (h *BlockHeader) readFlags(in *bodyReader) {
	flags := in.byte()
	h.Late = flags&flagLate != 0
	h.Clock = in.byte()
	if flags&flagGap != 0 {
		size := in.uvarint()
		if size == 0 || size > MaxGap {
			in.fail("gap reason of %d bytes", size)
			return
		}
		h.Gap = string(in.take(int(size)))
	}
	if flags&flagSigned != 0 {
		h.DeviceSig = append([]byte(nil), in.take(maxDeviceSig)...)
	}
	if flags&^(flagLate|flagGap|flagSigned) != 0 {
		in.fail("header flags 0x%02x", flags)
	}
}

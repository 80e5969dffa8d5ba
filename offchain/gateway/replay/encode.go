package replay

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/cpchain/cpchain/pkg/timechain"
)

// absoluteFrom: SenML takes a time below 2^28 seconds for one relative to now (RFC 8428, 4.5.3).
const absoluteFrom = 1 << 28

// measurement is one SenML entry; numbers are decimal text, so that none is rounded.
type measurement struct {
	BaseName string      `json:"bn,omitempty"`
	BaseTime json.Number `json:"bt,omitempty"`
	Name     string      `json:"n"`
	Unit     string      `json:"u,omitempty"`
	Value    json.Number `json:"v,omitempty"`
	Text     *string     `json:"vs,omitempty"`
}

// add writes a row: its number is the base name, so that two things measured at one moment stay two records.
func (b *batch) add(r row, schema timechain.Schema) error {
	if r.record.T < absoluteFrom*1e9 {
		return fmt.Errorf("row %d is of %s: SenML has no absolute times before mid-1978; use `cpdata publish`", r.number+1, formatSeconds(r.record.T))
	}
	first := true
	for i, f := range schema.Fields {
		v := r.record.Values[i]
		if v.IsAbsent() {
			continue
		}
		m := measurement{Name: f.Name, Unit: f.Unit}
		if f.Type == timechain.TypeText {
			text := v.Str()
			m.Text = &text
		} else {
			m.Value = json.Number(v.Format(f))
		}
		if first {
			m.BaseName, m.BaseTime = strconv.Itoa(r.number)+":", json.Number(formatSeconds(r.record.T))
			first = false
		}
		bz, err := json.Marshal(m)
		if err != nil {
			return fmt.Errorf("row %d: %w", r.number+1, err)
		}
		b.separate()
		b.pack.Write(bz)
	}
	if first {
		return fmt.Errorf("row %d has no value", r.number+1)
	}
	b.rows++
	b.to = r.record.T
	return nil
}

func (b *batch) separate() {
	if b.pack.Len() == 0 {
		b.pack.WriteByte('[')
		return
	}
	b.pack.WriteByte(',')
}

// formatSeconds writes ns as seconds, exactly.
func formatSeconds(ns int64) string {
	text := fmt.Sprintf("%d.%09d", ns/1e9, ns%1e9)
	return strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
}

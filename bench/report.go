package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"text/tabwriter"
)

// report is report.json.
type report struct {
	Machine machine `json:"machine"`
	Rows    []row   `json:"rows"`
	// notes are printed below the table: what was left out, and why.
	notes []string
}

// row is one figure. All goals are lower bounds: costs are told by their inverse where they have one.
type row struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
	Unit  string  `json:"unit"`
	// Peer is what the value is compared with, measured in the same run; empty where there is none.
	Peer      string   `json:"peer"`
	PeerValue *float64 `json:"peer_value"`
	// Ratio is value by peer value.
	Ratio *float64 `json:"ratio"`
	// Goal is the least value wanted, OK whether it was reached; both null where nothing is promised.
	Goal *float64 `json:"goal"`
	OK   *bool    `json:"ok"`
}

// figure is a row without peer and goal.
func figure(name string, value float64, unit string) row {
	return row{Name: name, Value: value, Unit: unit}
}

// against sets what the value is compared with.
func (r row) against(peer string, value float64) row {
	r.Peer, r.PeerValue = peer, &value
	if value != 0 {
		ratio := r.Value / value
		r.Ratio = &ratio
	}
	return r
}

// atLeast sets the goal.
func (r row) atLeast(goal float64) row {
	ok := r.Value >= goal
	r.Goal, r.OK = &goal, &ok
	return r
}

func (r *report) add(rows ...row) { r.Rows = append(r.Rows, rows...) }

func (r *report) note(format string, args ...any) {
	r.notes = append(r.notes, fmt.Sprintf(format, args...))
}

// write leaves report.json in a folder.
func (r *report) write(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	bz, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "report.json"), append(bz, '\n'), 0o644)
}

// print tells the report as a table.
func (r *report) print(w io.Writer) error {
	var text bytes.Buffer
	fmt.Fprintf(&text, "%s, %d cores, %s, %s\n\n", r.Machine.CPU, r.Machine.Cores, r.Machine.OS, r.Machine.Go)
	t := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	lines := []string{"row\tvalue\tunit\tgoal\tok\tpeer's\tratio\tpeer"}
	for _, row := range r.Rows {
		ok := "-"
		if row.OK != nil {
			ok = map[bool]string{true: "yes", false: "NO"}[*row.OK]
		}
		lines = append(lines, strings.Join([]string{
			row.Name, short(&row.Value), row.Unit, short(row.Goal), ok, short(row.PeerValue), short(row.Ratio), row.Peer,
		}, "\t"))
	}
	if _, err := io.WriteString(t, strings.Join(lines, "\n")+"\n"); err != nil {
		return err
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for _, n := range r.notes {
		fmt.Fprintln(&text, "note:", n)
	}
	_, err := text.WriteTo(w)
	return err
}

// short writes a figure with three or four digits that count.
func short(v *float64) string {
	switch {
	case v == nil:
		return "-"
	case *v >= 100 || *v == float64(int64(*v)):
		return strconv.FormatFloat(*v, 'f', 0, 64)
	}
	return strconv.FormatFloat(*v, 'g', 3, 64)
}

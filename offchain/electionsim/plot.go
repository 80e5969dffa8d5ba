package electionsim

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// Axis of a plot.
type Axis string

// Axes: what of the rows runs along x.
const (
	BySeats      Axis = "seats"
	ByAdversary  Axis = "adversary"
	ByCandidates Axis = "candidates"
	ByDecile     Axis = "deciles" // of reputation, with the chance of a seat as y
)

// values of a row on the axes.
func (c Config) values() map[Axis]string {
	return map[Axis]string{
		BySeats: fmt.Sprint(c.Seats), ByAdversary: fmt.Sprintf("%d %%", c.AdversaryPercent), ByCandidates: fmt.Sprint(c.Candidates),
	}
}

var axisNames = map[Axis]string{
	BySeats: "seats", ByAdversary: "share of the candidates that is the adversary's", ByCandidates: "candidates",
	ByDecile: "candidates by reputation, in tenths, the highest first",
}

// Plot of rows: a panel for each reputation of the adversary, a line for each strategy. All axes but the one named must have one value.
func Plot(rows []Row, axis Axis) (Chart, error) {
	if axisNames[axis] == "" {
		return Chart{}, fmt.Errorf("no plot by %q: choose seats, adversary, candidates or deciles", axis)
	}
	if len(rows) == 0 {
		return Chart{}, fmt.Errorf("no rows to plot")
	}
	first := rows[0].Config
	if slices.ContainsFunc(rows, func(r Row) bool { return r.Config.Rule != first.Rule }) {
		return Chart{}, fmt.Errorf("a plot shows one rule: leave the rule of 2019 out")
	}
	var fixed []string
	for _, other := range []Axis{ByCandidates, BySeats, ByAdversary} {
		if other == axis {
			continue
		}
		for _, row := range rows {
			if row.Config.values()[other] != first.values()[other] {
				return Chart{}, fmt.Errorf("a plot by %s needs one value of %s: give one", axis, other)
			}
		}
		fixed = append(fixed, map[Axis]string{
			ByCandidates: first.values()[ByCandidates] + " candidates", BySeats: first.values()[BySeats] + " seats",
			ByAdversary: "adversary " + first.values()[ByAdversary],
		}[other])
	}
	fixed = append(fixed, fmt.Sprintf("weights %d to %d", first.Weights.Min, first.Weights.Max))
	chart := Chart{
		Title: "Terms in which the adversary holds a third of the seats", Note: strings.Join(fixed, ", ") + "; 95 % intervals, triangles: never seen, at most",
		X: axisNames[axis], Y: "of terms", Log: true,
	}
	if axis == ByDecile {
		chart = Chart{
			Title: "Chance of a seat in a term, by reputation", Note: strings.Join(fixed, ", "), X: axisNames[axis], Y: "of terms",
			Categories: []string{"1", "2", "3", "4", "5", "6", "7", "8", "9", "10"},
		}
	} else {
		for _, row := range rows {
			if value := row.Config.values()[axis]; !slices.Contains(chart.Categories, value) {
				chart.Categories = append(chart.Categories, value)
			}
		}
	}
	for _, row := range rows {
		chart.add(row, axis)
	}
	return chart, nil
}

// add a row's point, or its line of deciles, to the panel and series it belongs to.
func (c *Chart) add(row Row, axis Axis) {
	title := fmt.Sprintf("adversary: %s", row.Config.Standing)
	if row.Config.AdversaryPercent == 0 {
		title = "no adversary"
	}
	at := slices.IndexFunc(c.Panels, func(p Panel) bool { return p.Title == title })
	if at < 0 {
		at = len(c.Panels)
		c.Panels = append(c.Panels, Panel{Title: title})
	}
	panel := &c.Panels[at]
	points := panel.points(string(row.Config.Strategy), len(c.Categories), false)
	if axis == ByDecile {
		for i, chance := range row.Result.Deciles {
			points[i] = Point{Value: 100 * chance}
		}
		return
	}
	low, high := row.Result.ThirdInterval()
	category := slices.Index(c.Categories, row.Config.values()[axis])
	points[category] = Point{100 * row.Result.ThirdShare(), 100 * low, 100 * high}
	if row.Config.Strategy != None {
		return
	}
	computed := panel.points("one draw, computed", len(c.Categories), true) // even if empty: lines have one colour in all panels
	if exact := 100 * row.Config.Exact(); exact >= math.Pow10(lowest) {
		computed[category].Value = exact
	}
}

// points of the series of a name, which is added where it is not there yet.
func (p *Panel) points(name string, categories int, computed bool) []Point {
	which := slices.IndexFunc(p.Series, func(s Series) bool { return s.Name == name })
	if which >= 0 {
		return p.Series[which].Points
	}
	points := make([]Point, categories)
	for i := range points {
		points[i].Value = math.NaN()
	}
	p.Series = append(p.Series, Series{Name: name, Points: points, Computed: computed})
	return points
}

package electionsim

import (
	"fmt"
	"html"
	"math"
	"strings"
)

// Chart of lines over categories, in panels that share their axes.
type Chart struct {
	Title, Note, X, Y string
	Log               bool // of percents, 0.0001 and more
	Categories        []string
	Panels            []Panel
}

// Panel of a chart.
type Panel struct {
	Title  string
	Series []Series
}

// Series is one line: a point for each category, in percent. NaN leaves one out. What is computed and not seen is dashed, without marks.
type Series struct {
	Name     string
	Points   []Point
	Computed bool
}

// Point with its 95 % interval. Where nothing was seen on a logarithmic axis, its high end is drawn as a bound.
type Point struct{ Value, Low, High float64 }

// Measures of the drawing, in pixels.
const (
	panelWidth, panelHeight           = 250, 230
	left, top, right, bottom          = 84, 78, 24, 52
	legendRow, legendColumn, panelGap = 18, 170, 22
	lowest                            = -4 // the least percent of a logarithmic axis, as a power of ten
)

// colours that people who see red and green alike can tell apart (Okabe and Ito), and a dash for each that is close to another.
var colours = []string{"#0072b2", "#d55e00", "#009e73", "#cc79a7", "#7f6a00", "#56b4e9", "#333333", "#e69f00", "#8a2be2"}

// SVG of the chart, with nothing outside it.
func (c Chart) SVG() string {
	var b strings.Builder
	rows := (len(c.Panels[0].Series) + 3) / 4
	width := left + len(c.Panels)*(panelWidth+panelGap) - panelGap + right
	width = max(width, 640)
	height := top + panelHeight + bottom + legendRow*rows + 10
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" font-family="Helvetica, Arial, sans-serif" font-size="12" fill="#222">`+"\n",
		width, height, width, height)
	fmt.Fprintf(&b, `<rect width="%d" height="%d" fill="#fff"/>`+"\n", width, height)
	text(&b, 16, 26, "start", "16", "#111", c.Title)
	text(&b, 16, 46, "start", "12", "#555", c.Note)
	scale := c.scale()
	for i, p := range c.Panels {
		c.panel(&b, float64(left+i*(panelWidth+panelGap)), p, scale, i == 0)
	}
	middle := left + float64(len(c.Panels)*(panelWidth+panelGap)-panelGap)/2
	text(&b, middle, top+panelHeight+38, "middle", "12", "#222", c.X)
	fmt.Fprintf(&b, `<text transform="translate(18,%d) rotate(-90)" text-anchor="middle">%s</text>`+"\n", top+panelHeight/2, html.EscapeString(c.Y))
	for i, s := range c.Panels[0].Series {
		x, y := float64(left+i%4*legendColumn), float64(top+panelHeight+bottom+legendRow*(i/4)+8)
		fmt.Fprintf(&b, `<line x1="%.0f" y1="%.0f" x2="%.0f" y2="%.0f" %s/>`+"\n", x, y-4, x+22, y-4, s.stroke(i))
		text(&b, x+28, y, "start", "12", "#222", s.Name)
	}
	b.WriteString("</svg>\n")
	return b.String()
}

func colour(i int) string { return colours[i%len(colours)] }

// stroke of the line that is number i of its panel.
func (s Series) stroke(i int) string {
	if s.Computed {
		return `stroke="#888" stroke-width="1.5" stroke-dasharray="5 4"`
	}
	return fmt.Sprintf(`stroke="%s" stroke-width="1.8"`, colour(i))
}

func text(b *strings.Builder, x, y float64, anchor, size, fill, what string) {
	fmt.Fprintf(b, `<text x="%.1f" y="%.1f" text-anchor="%s" font-size="%s" fill="%s">%s</text>`+"\n", x, y, anchor, size, fill, html.EscapeString(what))
}

// scale of the y axis: ticks, and how far up the panel a percent is.
type scale struct {
	ticks []float64
	up    func(percent float64) float64
}

func (c Chart) scale() scale {
	if c.Log {
		var ticks []float64
		for power := lowest; power <= 2; power++ {
			ticks = append(ticks, math.Pow10(power))
		}
		return scale{ticks, func(p float64) float64 { return (math.Log10(max(p, math.Pow10(lowest))) - lowest) / (2 - lowest) }}
	}
	most := 0.0
	for _, p := range c.Panels {
		for _, s := range p.Series {
			for _, point := range s.Points {
				most = max(most, point.Value)
			}
		}
	}
	step := math.Pow10(int(math.Floor(math.Log10(max(most, 1)))))
	for _, finer := range []float64{2, 5} {
		if most/step < 3 {
			step /= finer
			break
		}
	}
	var ticks []float64
	for tick := 0.0; tick < most+step; tick += step {
		ticks = append(ticks, tick)
	}
	return scale{ticks, func(p float64) float64 { return p / ticks[len(ticks)-1] }}
}

func (c Chart) panel(b *strings.Builder, x float64, p Panel, s scale, labels bool) {
	y := func(percent float64) float64 { return top + panelHeight*(1-s.up(percent)) }
	at := func(category int) float64 { return x + panelWidth*(float64(category)+0.5)/float64(len(c.Categories)) }
	text(b, x+panelWidth/2, top-8, "middle", "13", "#111", p.Title)
	for _, tick := range s.ticks {
		fmt.Fprintf(b, `<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" stroke="#ddd"/>`+"\n", x, y(tick), x+panelWidth, y(tick))
		if labels {
			text(b, x-6, y(tick)+4, "end", "11", "#444", fmt.Sprintf("%g %%", tick))
		}
	}
	fmt.Fprintf(b, `<rect x="%.1f" y="%d" width="%d" height="%d" fill="none" stroke="#999"/>`+"\n", x, top, panelWidth, panelHeight)
	for i, category := range c.Categories {
		text(b, at(i), top+panelHeight+17, "middle", "11", "#444", category)
	}
	for i, series := range p.Series {
		c.line(b, series, i, func(category int) float64 {
			return at(category) + 3*(float64(i)-float64(len(p.Series)-1)/2) // side by side, not on one another
		}, y)
	}
}

// line draws a series: points seen with their intervals, joined; bounds as open triangles.
func (c Chart) line(b *strings.Builder, s Series, number int, at func(int) float64, y func(float64) float64) {
	var path []string
	stroke := colour(number)
	for i, p := range s.Points {
		if math.IsNaN(p.Value) {
			continue
		}
		x := at(i)
		if s.Computed {
			path = append(path, fmt.Sprintf("%.1f,%.1f", x, y(p.Value)))
			continue
		}
		if c.Log && p.Value == 0 {
			fmt.Fprintf(b, `<path d="M%.1f %.1fl4 -7h-8z" fill="#fff" stroke="%s" stroke-width="1.5"><title>%s: at most %.3g %%</title></path>`+"\n",
				x, y(p.High), stroke, html.EscapeString(s.Name), p.High)
			continue
		}
		if p.High > p.Low {
			fmt.Fprintf(b, `<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" stroke="%s" stroke-opacity="0.45" stroke-width="1.5"/>`+"\n", x, y(p.Low), x, y(p.High), stroke)
		}
		fmt.Fprintf(b, `<circle cx="%.1f" cy="%.1f" r="3.5" fill="%s"><title>%s: %.3g %% (%.3g to %.3g)</title></circle>`+"\n",
			x, y(p.Value), stroke, html.EscapeString(s.Name), p.Value, p.Low, p.High)
		path = append(path, fmt.Sprintf("%.1f,%.1f", x, y(p.Value)))
	}
	if len(path) > 1 {
		fmt.Fprintf(b, `<polyline points="%s" fill="none" %s/>`+"\n", strings.Join(path, " "), s.stroke(number))
	}
}

package electionsim

import (
	"math"
	"sort"
)

// classes of the honest, and the adversary's mean weight.
func (c Config) classes() (honest []Class, weight float64) {
	count := c.Candidates - c.adversaries()
	mean, from, upTo := 0.0, 0, 0
	for _, g := range c.Population {
		upTo += g.Percent
		to := (upTo*count + 99) / 100
		w := float64(c.Weights.Of(g.Reputation))
		honest = append(honest, Class{to - from, w})
		mean += w * float64(g.Percent) / 100
		from = to
	}
	if score, fixed, _ := c.Standing.score(); fixed { // validated
		return honest, float64(c.Weights.Of(score))
	}
	return honest, mean
}

// Exact is the chance of a third where all seats are drawn at once and everybody is honest about it: what the simulation of none is near.
// Of an adversary of mixed reputation it takes the mean.
func (c Config) Exact() float64 {
	honest, weight := c.classes()
	return OneDraw(honest, Class{c.adversaries(), weight}, c.Seats, c.third())
}

// ThirdPrice is how many least bonds an adversary needs that joins the config's honest candidates to hold a third of the seats on
// average, and what they are in CPC.
func (c Config) ThirdPrice() (bonds int, cpc uint64) {
	honest, weight := c.classes()
	return c.price(func(bonds int) bool { return meanSeats(honest, Class{bonds, weight}, c.Seats) >= float64(c.Seats)/3 })
}

// YearlyPrice is the same for an adversary that holds a third in one term of a year, on average.
func (c Config) YearlyPrice() (bonds int, cpc uint64) {
	honest, weight := c.classes()
	return c.price(func(bonds int) bool {
		return OneDraw(honest, Class{bonds, weight}, c.Seats, c.third())*c.TermsPerYear() >= 1
	})
}

func (c Config) price(enough func(bonds int) bool) (bonds int, cpc uint64) {
	bonds = sort.Search(10*mostCandidates, enough)
	return bonds, uint64(bonds) * c.BondCPC
}

// meanSeats the adversary wins of a draw of n: the race up to the time by which n have arrived on average.
func meanSeats(honest []Class, bad Class, n int) float64 {
	arrived := func(class Class, time float64) float64 { return float64(class.Count) * -math.Expm1(-class.Weight*time) }
	total := bad.Count
	for _, class := range honest {
		total += class.Count
	}
	if total <= n {
		return float64(bad.Count) // everybody sits
	}
	low, high := 0.0, 1.0
	for range 200 {
		middle := (low + high) / 2
		sum := arrived(bad, middle)
		for _, class := range honest {
			sum += arrived(class, middle)
		}
		if sum < float64(n) {
			low = middle
		} else {
			high = middle
		}
	}
	return arrived(bad, low)
}

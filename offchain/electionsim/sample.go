package electionsim

import "math"

// effective is how many independent terms so many dependent ones are worth. Four fifths of the seats carry over from term to term, so
// a run of a third is an excursion, not many events. Runs are independent of one another; within them the terms are divided by the
// integrated autocorrelation of the adversary's seats, which is no shorter than that of the event that they pass a bound.
func effective(runs [][]int) float64 {
	sum, terms := 0, 0
	for _, run := range runs {
		for _, held := range run {
			sum += held
		}
		terms += len(run)
	}
	mean := float64(sum) / float64(terms)
	covariance := func(lag int) float64 {
		total, pairs := 0.0, 0
		for _, run := range runs {
			for i := lag; i < len(run); i++ {
				total += (float64(run[i]) - mean) * (float64(run[i-lag]) - mean)
				pairs++
			}
		}
		return total / float64(max(1, pairs))
	}
	variance := covariance(0)
	if variance == 0 {
		return float64(len(runs)) // it never moved: one committee for each run
	}
	length := -1.0 // pairs of lags are summed while they are above zero (Geyer, Statistical Science 7, 1992)
	for lag := 0; lag+1 < len(runs[0])/2; lag += 2 {
		pair := (covariance(lag) + covariance(lag+1)) / variance
		if pair < 0.02 { // noise from here on
			break
		}
		length += 2 * pair
	}
	length = max(1, length)
	return max(float64(len(runs)), float64(terms)/length)
}

// wilson is the 95 % interval of a share that was seen in n independent trials (Wilson, JASA 22, 1927). It also holds where nothing was seen.
func wilson(share, n float64) (low, high float64) {
	const z = 1.959964
	middle := (share + z*z/(2*n)) / (1 + z*z/n)
	width := z / (1 + z*z/n) * math.Sqrt(share*(1-share)/n+z*z/(4*n*n))
	if share == 0 {
		return 0, middle + width // rounding would leave a little below
	}
	return max(0, middle-width), min(1, middle+width)
}

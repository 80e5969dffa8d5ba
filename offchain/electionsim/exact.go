package electionsim

import "math"

// Binomial is P(at least need of n seats) where each is the adversary's with probability share, as in a large pool.
func Binomial(n, need int, share float64) float64 {
	p := 0.0
	for k := need; k <= n; k++ {
		p += math.Exp(choose(n, k) + float64(k)*math.Log(share) + float64(n-k)*math.Log1p(-share))
	}
	return p
}

// Hypergeometric is P(at least need of n seats) where n of pool equally weighted candidates win and bad of them are the
// adversary's.
func Hypergeometric(pool, bad, n, need int) float64 {
	p := 0.0
	for k := max(need, n-(pool-bad)); k <= min(n, bad); k++ {
		p += math.Exp(choose(bad, k) + choose(pool-bad, n-k) - choose(pool, n))
	}
	return p
}

// Class is a number of candidates of one weight.
type Class struct {
	Count  int
	Weight float64
}

// OneDraw is P(at least need of n seats) where all n are drawn at once, by weight and without replacement, and bad is the
// adversary. In the exponential race that is P(its need-th arrives before the honest have taken n-need+1), an integral over when
// its need-th arrives, whose share of its own arrivals is beta distributed.
func OneDraw(honest []Class, bad Class, n, need int) float64 {
	if need < 1 {
		return 1
	}
	if bad.Count < need {
		return 0
	}
	const steps = 400 // Simpson's rule over nine standard deviations to either side
	mean := float64(need) / float64(bad.Count+1)
	deviation := math.Sqrt(mean * (1 - mean) / float64(bad.Count+2))
	from, to := max(0, mean-9*deviation), min(1, mean+9*deviation)
	sum := 0.0
	for i := 1; i < steps; i++ {
		p := from + (to-from)*float64(i)/steps
		density := math.Exp(choose(bad.Count, need) + math.Log(float64(need)) +
			float64(need-1)*math.Log(p) + float64(bad.Count-need)*math.Log1p(-p))
		sum += float64(2+2*(i%2)) * density * atMost(honest, n-need, -math.Log1p(-p)/bad.Weight)
	}
	return min(1, sum*(to-from)/steps/3)
}

// atMost is P(at most k of the candidates arrive by a time).
func atMost(classes []Class, k int, time float64) float64 {
	arrived := []float64{1}
	for _, c := range classes {
		p := -math.Expm1(-c.Weight * time)
		next := make([]float64, min(k, len(arrived)-1+c.Count)+1)
		for i := 0; i <= min(k, c.Count); i++ {
			chance := math.Exp(choose(c.Count, i) + float64(i)*math.Log(p) - float64(c.Count-i)*c.Weight*time)
			for j := 0; j < len(arrived) && i+j < len(next); j++ {
				next[i+j] += chance * arrived[j]
			}
		}
		arrived = next
	}
	sum := 0.0
	for _, p := range arrived {
		sum += p
	}
	return min(1, sum)
}

// choose is the logarithm of the binomial coefficient.
func choose(n, k int) float64 {
	a, _ := math.Lgamma(float64(n + 1))
	b, _ := math.Lgamma(float64(k + 1))
	c, _ := math.Lgamma(float64(n - k + 1))
	return a - b - c
}

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

// choose is the logarithm of the binomial coefficient.
func choose(n, k int) float64 {
	a, _ := math.Lgamma(float64(n + 1))
	b, _ := math.Lgamma(float64(k + 1))
	c, _ := math.Lgamma(float64(n - k + 1))
	return a - b - c
}

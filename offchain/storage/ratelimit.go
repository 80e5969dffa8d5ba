package storage

import (
	"sync"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"
)

// maxBuckets bounds the rate limiter's table; a full bucket says nothing and may be forgotten.
const maxBuckets = 8192

// limiter gives each peer a token bucket: rate requests per second in the long run, burst at once.
type limiter struct {
	rate, burst float64
	clock       func() time.Time

	mu      sync.Mutex
	buckets map[peer.ID]bucket
}

type bucket struct {
	tokens float64
	at     time.Time
}

func newLimiter(rate, burst int, clock func() time.Time) *limiter {
	return &limiter{rate: float64(rate), burst: float64(burst), clock: clock, buckets: make(map[peer.ID]bucket)}
}

// allow takes one token of the peer, if it has one.
func (l *limiter) allow(p peer.ID) bool {
	now := l.clock()
	l.mu.Lock()
	defer l.mu.Unlock()
	b, ok := l.buckets[p]
	if !ok {
		if len(l.buckets) >= maxBuckets {
			l.forget(now)
		}
		b = bucket{tokens: l.burst, at: now}
	}
	b.tokens = min(l.burst, b.tokens+l.rate*now.Sub(b.at).Seconds())
	b.at = now
	allowed := b.tokens >= 1
	if allowed {
		b.tokens--
	}
	l.buckets[p] = b
	return allowed
}

// forget drops the buckets that have filled up, or all when none has: peers start full, so nobody is locked out.
func (l *limiter) forget(now time.Time) {
	for p, b := range l.buckets {
		if b.tokens+l.rate*now.Sub(b.at).Seconds() >= l.burst {
			delete(l.buckets, p)
		}
	}
	if len(l.buckets) >= maxBuckets {
		clear(l.buckets)
	}
}

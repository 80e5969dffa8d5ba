package electionsim

import (
	"cmp"
	"crypto/sha256"
	"math"
	"slices"

	cmttypes "github.com/cometbft/cometbft/types"

	"github.com/cpchain/cpchain/pkg/election"
)

const (
	// tail is how many blocks before a term's end are looked at, and how many after it whose proposers may step in.
	tail = 16
	// mostBranches the adversary compares: each takes a draw of all its candidates, 70 µs each, within a block's time.
	mostBranches = 4_096
	// leastGain in expected seats for which a branch is taken that costs reputation.
	leastGain = 0.01
)

// proposers runs CometBFT's own order of proposers. The adversary has ground its consensus keys until their addresses are neighbours: that
// is why election.SeatPower orders those that join together by something else.
type proposers struct{ set *cmttypes.ValidatorSet }

func newProposers(s *simulation) *proposers {
	var members []*cmttypes.Validator
	for _, operator := range s.seats {
		if operator != "" {
			members = append(members, s.validator(operator))
		}
	}
	return &proposers{cmttypes.NewValidatorSet(members)}
}

// ground is the first byte of the adversary's addresses, and of nobody else's.
const ground = 0xff

// validator that joins at the end of this term.
func (s *simulation) validator(operator string) *cmttypes.Validator {
	address := sha256.Sum256([]byte(operator))
	address[0] &= 0x7f
	if s.at[operator].bad {
		address[0] = ground
	}
	return &cmttypes.Validator{Address: address[:20], VotingPower: election.SeatPower([]byte(operator), s.input(0))}
}

// next gives which of the following blocks' proposers are the adversary's; the set steps on by so many blocks.
func (p *proposers) next(blocks int) []bool {
	bad := make([]bool, blocks)
	for i := range bad {
		p.set.IncrementProposerPriority(1)
		bad[i] = p.set.Proposer.Address[0] == ground
	}
	return bad
}

// steps on by a term's blocks but the tail. Powers are all but equal, so that the order all but repeats after each round of proposers:
// beyond the four rounds within which newcomers have queued up, whole rounds can be left out.
func (p *proposers) steps(blocks int64) {
	round := int64(p.set.Size())
	if blocks > 5*round {
		blocks = 4*round + blocks%round
	}
	if blocks > 0 {
		p.set.IncrementProposerPriority(int32(blocks))
	}
}

// follow takes over the committee as the term left it. The next block still has the old one.
func (p *proposers) follow(s *simulation) error {
	var changes []*cmttypes.Validator
	sits := make(map[string]bool, len(s.seats))
	for _, operator := range s.seats {
		if operator == "" {
			continue
		}
		v := s.validator(operator)
		sits[string(v.Address)] = true
		if !p.set.HasAddress(v.Address) {
			changes = append(changes, v)
		}
	}
	for _, v := range p.set.Validators {
		if !sits[string(v.Address)] {
			changes = append(changes, &cmttypes.Validator{Address: v.Address, VotingPower: 0})
		}
	}
	p.set.IncrementProposerPriority(1)
	if len(changes) == 0 {
		return nil
	}
	return p.set.UpdateWithChangeSet(changes)
}

// lastBlocks gives the randomness at the end of a term whose earlier blocks led to r. Its last proposers that are the adversary's choose.
func (s *simulation) lastBlocks(r election.Randomness) election.Randomness {
	if s.order == nil {
		return r
	}
	s.order.steps(s.TermBlocks - tail - 1)
	last := s.order.next(tail)
	after := (&proposers{s.order.set.Copy()}).next(tail)
	defer func() {
		if err := s.order.follow(s); err != nil {
			panic(err) // a set that CometBFT refuses would be a bug of pkg/election
		}
	}()
	mine, row := 0, 0
	for mine < tail && last[tail-1-mine] {
		mine++
	}
	for row < tail && after[row] {
		row++
	}
	s.tally.tails += min(1, mine)
	return s.bestBranch(r, mine, row)
}

// bestBranch explores what the last proposers can make of the randomness. A block may be proposed by its own proposer or, if rounds
// pass, by any after it that is the adversary's too, and nobody is blamed for a round; or it comes without randomness, which its proposer
// is charged for.
func (s *simulation) bestBranch(r election.Randomness, mine, after int) election.Randomness {
	branches := 1
	blocks := 0
	for blocks < mine && branches*(blocks+after+2) <= mostBranches {
		branches *= blocks + after + 2
		blocks++
	}
	if blocks == 0 {
		return r
	}
	crowd := s.crowd(1)
	best, most, skips := r, math.Inf(-1), 0
	var explore func(value election.Randomness, left, skipped int)
	explore = func(value election.Randomness, left, skipped int) {
		if left == 0 {
			promise := s.promise(crowd, election.TermInput(chainID, s.term+1, value)) - leastGain*float64(skipped)
			if promise > most {
				best, most, skips = value, promise, skipped
			}
			return
		}
		for proposer := range left + after {
			explore(value.Mix([]byte{byte(left), byte(proposer)}), left-1, skipped)
		}
		explore(value.Skip(), left-1, skipped+1)
	}
	explore(r, blocks, 0)
	s.charge(skips)
	return best
}

// charge counts skipped randomness against members, one each: those at a term's end are different ones.
func (s *simulation) charge(skips int) {
	s.tally.skips += skips
	s.skipped = map[string]uint64{}
	for _, operator := range s.members {
		if skips > len(s.skipped) && operator != "" && s.at[operator].bad {
			s.skipped[operator] = 1
		}
	}
}

// crowd is what the adversary knows of the others in a term's lottery: how many of which weight may win the cohort.
type crowd struct {
	weights []float64
	counts  []float64
	own     []*candidate
	places  int
}

// crowd of the term after this many.
func (s *simulation) crowd(ahead uint64) crowd {
	cohort := s.cohort(ahead)
	size := election.CohortSize(s.Seats)
	from, to := cohort*size, min(s.Seats, (cohort+1)*size)
	elsewhere := map[string]bool{}
	for i, operator := range s.seats {
		if i < from || i >= to {
			elsewhere[operator] = true
		}
	}
	c := crowd{places: to - from}
	for _, one := range s.candidates {
		if elsewhere[one.operator] || one.weight == 0 {
			continue
		}
		if one.bad {
			c.own = append(c.own, one)
			continue
		}
		at := slices.Index(c.weights, float64(one.weight))
		if at < 0 {
			at, c.weights, c.counts = len(c.weights), append(c.weights, float64(one.weight)), append(c.counts, 0)
		}
		c.counts[at]++
	}
	return c
}

// promise is how many seats of the cohort the adversary expects under a term's input, by its own draws and public weights.
func (s *simulation) promise(c crowd, input []byte) float64 {
	times := make([]float64, len(c.own))
	for i, one := range c.own {
		score := election.Draw(one.output(input), one.weight)
		times[i] = math.Ln2 * (1 << 16) / (float64(score.Hi)*(1<<64) + float64(score.Lo)) // the exponential race of package election
	}
	slices.SortFunc(times, cmp.Compare[float64])
	seats := 0.0
	for i, time := range times[:min(len(times), c.places)] {
		mean, variance := 0.0, 0.0
		for j, weight := range c.weights {
			p := -math.Expm1(-weight * time)
			mean += c.counts[j] * p
			variance += c.counts[j] * p * (1 - p)
		}
		// it wins where at most places - 1 - i of the others come before it
		seats += normal(float64(c.places-i)-0.5-mean, variance)
	}
	return seats
}

// normal is P(a normal variable of mean 0 and a variance is at most x).
func normal(x, variance float64) float64 {
	if variance == 0 {
		return math.Round(math.Max(0, math.Min(1, x+0.5)))
	}
	return math.Erfc(-x/math.Sqrt(2*variance)) / 2
}

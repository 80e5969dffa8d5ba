package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"syscall"
	"time"

	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"

	"github.com/cpchain/cpchain/app/apptest"
	"github.com/cpchain/cpchain/pkg/election"
	committeetypes "github.com/cpchain/cpchain/x/committee/types"
)

const (
	// sendsPerBlock is the load of every measured block.
	sendsPerBlock = 100
	// turnBlocks is how many blocks of a chain are measured before the other one's turn.
	turnBlocks = 10
	// leastPairs of turns are compared.
	leastPairs = 24
	// endBlockGoal is how often a second x/committee must be able to end a block off the boundary: in 1 ms at most.
	endBlockGoal = 1000.0
	// electionGoal is how many elections of 10,000 a second must do.
	electionGoal = 1.0
	// sendGoal: a transfer with x/committee on may take 5 % more processor time than with it off.
	sendGoal = 1 / 1.05
)

func (l *ledger) header() cmtproto.Header {
	return cmtproto.Header{ChainID: apptest.ChainID, Height: l.LastBlockHeight(), Time: l.time}
}

// committee measures what the election costs a chain: the whole of its blocks, beside the same chain whose validators x/staking
// names, the same number of them; and the election itself.
func (b *bench) committee(context.Context) error {
	for _, candidates := range []int{200, 1000} {
		if err := b.wholeBlocks(candidates); err != nil {
			return fmt.Errorf("%d candidates: %w", candidates, err)
		}
	}
	return b.election()
}

// pair is the same people on a chain with x/committee and on one without.
type pair struct {
	on, off *ledger
	people  *people
	// sequence of every sender's next transfer.
	sequence uint64
	// drawn is how many candidates have drawn in the running term.
	drawn int
}

// newPair starts both.
func (b *bench) newPair(candidates int) (*pair, error) {
	if err := os.MkdirAll(b.out, 0o755); err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(b.out, "ledger-")
	if err != nil {
		return nil, err
	}
	b.Cleanup(func() { _ = os.RemoveAll(dir) })
	p := &pair{}
	if p.people, err = newPeople(candidates, sendsPerBlock, shortTerms()); err != nil {
		return nil, err
	}
	if p.on, err = newLedger(filepath.Join(dir, "on"), p.people, false); err != nil {
		return nil, fmt.Errorf("with x/committee: %w", err)
	}
	if p.off, err = newLedger(filepath.Join(dir, "off"), p.people, true); err != nil {
		return nil, fmt.Errorf("without x/committee: %w", err)
	}
	return p, nil
}

// turn is what some blocks took.
type turn struct {
	walls []time.Duration
	cpu   time.Duration
}

// run makes blocks full of transfers, and on a chain with x/committee as many draws to each as the main profile has on average.
func (p *pair) run(l *ledger, blocks int, sequence uint64, draws func() ([][]byte, error)) (turn, error) {
	var t turn
	loads := make([][][]byte, blocks)
	for i := range loads {
		var err error
		if loads[i], err = p.people.sends(l, sendsPerBlock, sequence+uint64(i)); err != nil {
			return t, err
		}
	}
	runtime.GC() // what was left behind before is not this turn's to sweep
	for _, load := range loads {
		more, err := draws()
		if err != nil {
			return t, err
		}
		before, begun := cpuTime(syscall.RUSAGE_SELF), time.Now()
		if err := l.block(append(load, more...)...); err != nil {
			return t, err
		}
		t.walls = append(t.walls, time.Since(begun))
		t.cpu += cpuTime(syscall.RUSAGE_SELF) - before
	}
	return t, nil
}

// draws of the next block: on average as many as the candidates spread over a term of the main profile.
func (p *pair) draws() ([][]byte, error) {
	term, err := p.on.CommitteeKeeper.RunningTerm(p.on.NewUncachedContext(false, p.on.header()))
	if err != nil {
		return nil, err
	}
	height := p.on.LastBlockHeight() + 1
	if height <= term.First {
		p.drawn = 0
	}
	if term.Number < 2 || height <= term.Open || height > term.Close {
		return nil, nil
	}
	due := int(int64(p.people.candidates) * (height - term.First) / committeetypes.MainParams().TermBlocks)
	var txs [][]byte
	for ; p.drawn < min(due, p.people.candidates); p.drawn++ {
		tx, err := p.people.draw(p.on, p.drawn)
		if err != nil {
			return nil, err
		}
		txs = append(txs, tx)
	}
	return txs, nil
}

func none() ([][]byte, error) { return nil, nil }

// wholeBlocks runs both chains in turn.
func (b *bench) wholeBlocks(candidates int) error {
	p, err := b.newPair(candidates)
	if err != nil {
		return err
	}
	if err := p.warm(); err != nil {
		return err
	}
	var ratios, onCPU, offCPU []float64
	var on, off turn
	clear(p.on.ending)
	for range max(b.runs, leastPairs) {
		a, err := p.run(p.on, turnBlocks, p.sequence, p.draws)
		if err != nil {
			return fmt.Errorf("with x/committee: %w", err)
		}
		z, err := p.run(p.off, turnBlocks, p.sequence, none)
		if err != nil {
			return fmt.Errorf("without x/committee: %w", err)
		}
		p.sequence += turnBlocks
		on.walls, off.walls = append(on.walls, a.walls...), append(off.walls, z.walls...)
		ratios = append(ratios, a.cpu.Seconds()/z.cpu.Seconds())
		onCPU, offCPU = append(onCPU, a.cpu.Seconds()), append(offCPU, z.cpu.Seconds())
	}
	return b.tellBlocks(p, candidates, on, off, ratios, onCPU, offCPU)
}

// warm runs both chains past the first term, which has no draws, and fills caches. Both get the same history: a database with more to
// compact would be slower.
func (p *pair) warm() error {
	for p.on.LastBlockHeight() < p.people.params.TermBlocks+5 {
		if err := p.on.block(); err != nil {
			return fmt.Errorf("with x/committee: %w", err)
		}
		if err := p.off.block(); err != nil {
			return fmt.Errorf("without x/committee: %w", err)
		}
	}
	for _, l := range []*ledger{p.on, p.off} {
		draws := none
		if l == p.on {
			draws = p.draws
		}
		if _, err := p.run(l, 2, 0, draws); err != nil {
			return err
		}
	}
	p.sequence = 2
	return nil
}

// tellBlocks adds the rows of a number of candidates, the block of a term's boundary among them.
func (b *bench) tellBlocks(p *pair, candidates int, on, off turn, ratios, onCPU, offCPU []float64) error {
	name := fmt.Sprintf("committee/%d-candidates", candidates)
	const peer = "x/staking with as many validators"
	ends := p.offBoundary()
	median50, p99 := ends[len(ends)/2], ends[len(ends)*99/100]
	boundary, snapshot, err := p.boundary()
	if err != nil {
		return err
	}
	sends := float64(turnBlocks * sendsPerBlock)
	low, high := medianInterval(ratios)
	b.report.add(
		figure(name+"/blocks-per-second", 1/medianTime(on.walls).Seconds(), "blocks/s").against(peer, 1/medianTime(off.walls).Seconds()),
		figure(name+"/sends-per-cpu-second", sends/median(onCPU), "sends/CPU-s").against(peer, sends/median(offCPU)),
		figure(name+"/send-cost", 1/median(slices.Clone(ratios)), "inverse median ratio of CPU time, on to off").atLeast(sendGoal),
		figure(name+"/end-block", 1/median50.Seconds(), "times/s, off the boundary").atLeast(endBlockGoal),
		figure(name+"/end-block-99th", 1/p99.Seconds(), "times/s, off the boundary"),
		figure(name+"/ranking", float64(snapshot.Microseconds())/1000, "ms, once a term, of EndBlock"),
		figure(name+"/boundary", float64(boundary.Microseconds())/1000, "ms, once a term, of EndBlock"),
	)
	b.report.note("%s: a block of %d transfers takes %.1f ms with x/committee and %.1f without (medians of %d); processor time per transfer, on to off: median ratio %.3f, 95 %% interval %.3f to %.3f, of %d pairs",
		name, sendsPerBlock, ms(medianTime(on.walls)), ms(medianTime(off.walls)), len(on.walls), median(ratios), low, high, len(ratios))
	return nil
}

// boundary has every candidate draw in the next term, and gives how long x/committee took to end the last block of it, and the one
// that ranks the draws.
func (p *pair) boundary() (last, ranking time.Duration, err error) {
	if err := p.toTermEnd(); err != nil {
		return 0, 0, err
	}
	for range p.people.params.DrawOpenBlocks + 1 {
		if err := p.on.block(); err != nil {
			return 0, 0, err
		}
	}
	for p.drawn = 0; p.drawn < p.people.candidates; {
		var draws [][]byte
		for range min(sendsPerBlock, p.people.candidates-p.drawn) {
			tx, err := p.people.draw(p.on, p.drawn)
			if err != nil {
				return 0, 0, err
			}
			draws = append(draws, tx)
			p.drawn++
		}
		if err := p.on.block(draws...); err != nil {
			return 0, 0, err
		}
	}
	if err := p.toTermEnd(); err != nil {
		return 0, 0, err
	}
	end := p.on.LastBlockHeight()
	return p.on.ending[end], p.on.ending[end-p.afterClose()], nil
}

// afterClose is how many blocks of a term follow the one that ranks the draws.
func (p *pair) afterClose() int64 {
	return p.people.params.TermBlocks - 1 - p.people.params.DrawCloseBlocks
}

// offBoundary is how long x/committee took to end the blocks that neither rank draws nor end a term, shortest first.
func (p *pair) offBoundary() []time.Duration {
	var times []time.Duration
	for height, took := range p.on.ending {
		if left := p.people.params.TermBlocks - 1 - (height-1)%p.people.params.TermBlocks; left != 0 && left != p.afterClose() {
			times = append(times, took)
		}
	}
	slices.Sort(times)
	return times
}

// toTermEnd makes empty blocks until the running term has ended.
func (p *pair) toTermEnd() error {
	term, err := p.on.CommitteeKeeper.RunningTerm(p.on.NewUncachedContext(false, p.on.header()))
	for err == nil && p.on.LastBlockHeight() < term.Last {
		err = p.on.block()
	}
	return err
}

// election ranks 10,000 draws, each from its output on, and has them take a cohort.
func (b *bench) election() error {
	tickets := func() []election.Ticket {
		out := make([]election.Ticket, 10_000)
		for i := range out {
			var output [64]byte
			copy(output[:], fmt.Sprintf("output %d", i))
			out[i] = election.Ticket{Operator: fmt.Sprintf("operator %05d", i), Output: output[:], Weight: uint64(500 + i%1000)}
		}
		return out
	}
	seats := make(election.Seats, committeetypes.MainParams().Seats)
	anybody := func(string) bool { return true }
	got, err := inTurn(b.runs, repeated(1, func() error {
		ranking := election.Operators(election.Rank(tickets()))
		seats.Rotate(0, ranking, anybody, len(seats))
		return nil
	}))
	if err != nil {
		return err
	}
	b.report.add(figure("committee/election-of-10000", got[0][perSecond], "elections/s").atLeast(electionGoal))
	return nil
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func medianTime(all []time.Duration) time.Duration {
	sorted := slices.Clone(all)
	slices.Sort(sorted)
	return sorted[len(sorted)/2]
}

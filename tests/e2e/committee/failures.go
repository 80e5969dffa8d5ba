package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	committee "github.com/cpchain/cpchain/x/committee/types"
)

// killed is the member that was killed, which returns later.
type killed struct {
	node int
	at   *committee.Boundary
	// until is the first term in which it may draw again.
	until uint64
}

// members checks that members know each other: the chain tells everybody's node id and where it is reached.
func (s *story) members(ctx context.Context) error {
	res, err := s.committee(ctx, 0)
	if err != nil {
		return err
	}
	for _, m := range res.Members {
		i := s.nodeOf(m.Operator)
		if i < 0 || m.NodeId+"@"+m.Address != s.net.Nodes[i].Peer {
			return s.check("members_node_ids", false, "%s is at %s@%s, the chain says", m.Operator, m.NodeId, m.Address)
		}
	}
	return s.check("members_node_ids", len(res.Members) == seats, "%d members", len(res.Members))
}

// killOne kills a member: it loses its seat in mid-term, the first of the reserve takes it, and reputation says why.
func (s *story) killOne(ctx context.Context) error {
	if err := s.until(ctx, "the third term", 60, func(int64) (bool, error) {
		term, err := s.term(ctx)
		return term.Number >= 3, err
	}); err != nil {
		return err
	}
	if err := s.earlyInTerm(ctx); err != nil {
		return err
	}
	i, err := s.aMember(ctx)
	if err != nil {
		return err
	}
	node := s.net.Nodes[i]
	before, err := s.score(ctx, node.Operator)
	if err != nil {
		return err
	}
	height, err := s.height(ctx)
	if err != nil {
		return err
	}
	node.Kill()
	k := killed{node: i}
	if err := s.until(ctx, "the removal of a killed member", 30, func(int64) (bool, error) {
		k.at, err = s.removal(ctx, node.Operator, height, committee.REASON_ABSENT)
		return k.at != nil, err
	}); err != nil {
		return err
	}
	next, err := s.standby(ctx, k.at.Height)
	if err != nil {
		return err
	}
	filled := len(k.at.Came) == 1 && k.at.Came[0].Reason == committee.REASON_FILLED && k.at.Came[0].Operator == next
	if err := s.check("killed_member_replaced_by_first_of_reserve", filled, "boundary %+v, first of the reserve %s", k.at, next); err != nil {
		return err
	}
	s.checks["killed_member_blocks_to_replacement"] = k.at.Height - height
	s.say("member node%d killed at %d: replaced at %d", i, height, k.at.Height)
	if err := s.blamed(ctx, &k, before); err != nil {
		return err
	}
	s.killed = k
	return s.start(i)
}

// blamed checks that reputation fell, with the reason, and notes until when the member is on parole.
func (s *story) blamed(ctx context.Context, k *killed, before uint32) error {
	node := s.net.Nodes[k.node]
	after, err := s.score(ctx, node.Operator)
	if err != nil {
		return err
	}
	told, text, err := s.explained(ctx, node.Operator, "did not sign")
	if err != nil {
		return err
	}
	if err := s.check("killed_member_lost_reputation_with_reason", told && after < before, "from %d to %d: %s", before, after, text); err != nil {
		return err
	}
	var c committee.QueryCandidateResponse
	if err := s.ask(ctx, 0, committeeQuery+"Candidate", &committee.QueryCandidateRequest{Operator: node.Operator}, &c); err != nil {
		return err
	}
	if c.Candidate.Removal == nil {
		return fmt.Errorf("the candidate has no record of its removal")
	}
	k.until = c.Candidate.Removal.ParoleUntil
	s.say("its reputation fell from %d to %d: %s", before, after, text)
	return nil
}

// standby is the best of the ranks as of a height that had no seat before it.
func (s *story) standby(ctx context.Context, height int64) (string, error) {
	var levels committee.QueryLevelsResponse
	if err := s.ask(ctx, height, committeeQuery+"Levels", &committee.QueryLevelsRequest{}, &levels); err != nil {
		return "", err
	}
	before, err := s.committee(ctx, height-1)
	if err != nil {
		return "", err
	}
	for _, rank := range levels.Ranks {
		if !slices.ContainsFunc(before.Members, func(m committee.Member) bool { return m.Operator == rank.Operator }) {
			return rank.Operator, nil
		}
	}
	return "", nil
}

// returned waits until the member that was killed has drawn again, which it may only after its parole.
func (s *story) returned(ctx context.Context) error {
	operator := s.net.Nodes[s.killed.node].Operator
	var drew uint64
	err := s.until(ctx, "a draw of the member that was killed", 120, func(int64) (bool, error) {
		var c committee.QueryCandidateResponse
		err := s.ask(ctx, 0, committeeQuery+"Candidate", &committee.QueryCandidateRequest{Operator: operator}, &c)
		drew = c.Candidate.LastDrawn
		return drew >= s.killed.until, err
	})
	if err != nil {
		return err
	}
	why, err := s.why(ctx, operator)
	if err != nil {
		return err
	}
	told := strings.Contains(why, "it did not sign too many blocks in a row") && strings.Contains(why, "may draw again from term "+strconv.FormatUint(s.killed.until, 10))
	if err := s.check("why_tells_of_the_removal", told, "%s", why); err != nil {
		return err
	}
	s.say("node%d drew again in term %d, after its parole until %d: %s", s.killed.node, drew, s.killed.until, why)
	err = s.keptOut(ctx, operator)
	return s.check("killed_member_returned_by_parole", err == nil, "%v", err)
}

// keptOut looks at every block of the parole: no seat, and no draw but in the term whose snapshot was taken before the removal.
func (s *story) keptOut(ctx context.Context, operator string) error {
	newest, err := s.height(ctx)
	if err != nil {
		return err
	}
	for height := s.killed.at.Height; height < newest; height++ {
		var t committee.QueryTermResponse
		if err := s.ask(ctx, height, committeeQuery+"Term", &committee.QueryTermRequest{}, &t); err != nil {
			return err
		}
		if t.Term.Number >= s.killed.until {
			return nil
		}
		var c committee.QueryCandidateResponse
		if err := s.ask(ctx, height, committeeQuery+"Candidate", &committee.QueryCandidateRequest{Operator: operator}, &c); err != nil {
			return err
		}
		if c.Candidate.LastDrawn > s.killed.at.Term+1 {
			return fmt.Errorf("it drew in term %d, on parole until %d", c.Candidate.LastDrawn, s.killed.until)
		}
		seated, err := s.committee(ctx, height)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(seated.Members, func(m committee.Member) bool { return m.Operator == operator }) {
			return fmt.Errorf("it sits at %d, in term %d, on parole until %d", height, t.Term.Number, s.killed.until)
		}
	}
	return fmt.Errorf("the parole has not ended at %d", newest)
}

// stopMany stops one member and two others, which the set bears, and then a second member, which it does not.
func (s *story) stopMany(ctx context.Context) error {
	if err := s.earlyInTerm(ctx); err != nil {
		return err
	}
	seated, err := s.seated(ctx)
	if err != nil {
		return err
	}
	var members, others []int
	for i := 1; i < candidates; i++ {
		switch {
		case s.gone[i] || !s.net.Nodes[i].Running():
		case slices.Contains(seated, i):
			members = append(members, i)
		default:
			others = append(others, i)
		}
	}
	if len(members) < 3 || len(others) < 2 {
		return fmt.Errorf("only %d members and %d others run", len(members), len(others))
	}
	stopped := []int{members[0], others[0], others[1]}
	for _, i := range stopped {
		s.net.Nodes[i].Kill()
	}
	if err := s.check("lives_with_one_member_and_two_others_stopped", s.forBlocks(ctx, 3) == nil, "no block came"); err != nil {
		return err
	}
	s.say("member node%d and two others stopped: the chain lives", members[0])
	s.net.Nodes[members[1]].Kill()
	stopped = append(stopped, members[1])
	height, votes, err := s.halted(ctx, seats-2)
	if err := s.check("halts_with_two_of_five_members_stopped", err == nil, "%v", err); err != nil {
		return err
	}
	s.say("member node%d stopped too: no block after %d, votes %s", members[1], height, votes)
	if err := s.start(members[1]); err != nil {
		return err
	}
	if err := s.check("resumes_when_one_returns", s.net.Nodes[0].WaitHeight(ctx, height+3) == nil, "still at %d", height); err != nil {
		return err
	}
	s.say("node%d is back: the chain goes on", members[1])
	for _, i := range stopped[:3] {
		if err := s.start(i); err != nil {
			return err
		}
	}
	return nil
}

// haltBlocks without a block are taken for a halt: so many would have come.
const haltBlocks = 12

// halted waits until all members that run have voted on the next block, too few to decide, and then as long as several blocks would
// have taken. It gives the height of the last block and the votes there were.
func (s *story) halted(ctx context.Context, running int) (height int64, votes string, err error) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	ticker := time.NewTicker(200 * time.Millisecond)
	defer ticker.Stop()
	for {
		at, round, votes, err := s.voting(ctx)
		if err != nil {
			return 0, "", err
		}
		if round == 0 && strings.Count(votes, "x") == running {
			return at - 1, votes, s.noBlock(ctx, at-1)
		}
		select {
		case <-ctx.Done():
			return 0, "", fmt.Errorf("the members that run don't wait for others: %s at height %d, round %d: %w", votes, at, round, ctx.Err())
		case <-ticker.C:
		}
	}
}

// noBlock fails where a block comes after a height, within the time that several would take.
func (s *story) noBlock(ctx context.Context, height int64) error {
	ctx, cancel := context.WithTimeout(ctx, haltBlocks*pause)
	defer cancel()
	if s.net.Nodes[0].WaitHeight(ctx, height+1) == nil {
		return fmt.Errorf("block %d came", height+1)
	}
	return nil
}

// voting is the height and round that consensus is in, and who has voted in its first step: an x for each member, as in BA{5:xx_x_}.
func (s *story) voting(ctx context.Context) (height int64, round int, votes string, err error) {
	res, err := s.rpc.ConsensusState(ctx)
	if err != nil {
		return 0, 0, "", err
	}
	var state struct {
		Step  string `json:"height/round/step"`
		Votes []struct {
			Prevotes string `json:"prevotes_bit_array"`
		} `json:"height_vote_set"`
	}
	if err := json.Unmarshal(res.RoundState, &state); err != nil {
		return 0, 0, "", err
	}
	if _, err := fmt.Sscanf(state.Step, "%d/%d/", &height, &round); err != nil || len(state.Votes) <= round {
		return 0, 0, "", fmt.Errorf("consensus state without votes of its round: %.300s", res.RoundState)
	}
	votes, _, _ = strings.Cut(state.Votes[round].Prevotes, " ")
	return height, round, votes, nil
}

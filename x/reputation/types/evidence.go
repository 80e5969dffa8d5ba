package types

import (
	"fmt"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"
)

// Evidence is something the chain itself saw an operator do. Make it with the functions below; other modules report it, users can't.
type Evidence struct {
	Operator sdk.AccAddress
	Kind     Kind
	// Text says what was seen, with its numbers; for people.
	Text string
	// Ref names what it is about, such as "grant/12"; empty where the operator is all there is.
	Ref string

	expected, signed, proposals, skipped uint64 // KIND_SERVED
	amount                               uint64 // KIND_BOND, KIND_FEES_BURNT, KIND_SERVICE_PROVEN: ucpc
	validator                            bool   // KIND_BOND: of the validator, else of the provider
}

// Served is a term, or a part of one, as a member: blocks it had to sign and signed, blocks it proposed and those without randomness.
func Served(operator sdk.AccAddress, expected, signed, proposals, skipped uint64) Evidence {
	return Evidence{
		Operator: operator, Kind: KIND_SERVED, expected: expected, signed: signed, proposals: proposals, skipped: skipped,
		Text: fmt.Sprintf("signed %d of %d blocks, proposed %d, %d of them without randomness", signed, expected, proposals, skipped),
	}
}

// SortitionMissed is a draw that did not come.
func SortitionMissed(operator sdk.AccAddress, term uint64) Evidence {
	return Evidence{Operator: operator, Kind: KIND_SORTITION_MISSED, Text: fmt.Sprintf("did not draw in term %d", term), Ref: fmt.Sprintf("term/%d", term)}
}

// SeatLost is a removal in mid-term, for a reason that is neither of the two below.
func SeatLost(operator sdk.AccAddress, why string) Evidence {
	return Evidence{Operator: operator, Kind: KIND_SEAT_LOST, Text: "lost its seat: " + why}
}

// Jailed is a removal because the validator was jailed or unbonded.
func Jailed(operator sdk.AccAddress) Evidence {
	return Evidence{Operator: operator, Kind: KIND_JAILED, Text: "lost its seat: its validator was jailed or unbonded"}
}

// DoubleSigned is two signatures at one height.
func DoubleSigned(operator sdk.AccAddress) Evidence {
	return Evidence{Operator: operator, Kind: KIND_DOUBLE_SIGNED, Text: "signed two blocks of one height"}
}

// FragmentWrong is a re-encryption proved wrong on chain.
func FragmentWrong(operator sdk.AccAddress, grant uint64) Evidence {
	return Evidence{
		Operator: operator, Kind: KIND_FRAGMENT_WRONG, Ref: fmt.Sprintf("grant/%d", grant),
		Text: fmt.Sprintf("re-encrypted wrongly for grant %d", grant),
	}
}

// DemandLapsed is a demanded re-encryption that did not come.
func DemandLapsed(operator sdk.AccAddress, grant uint64) Evidence {
	return Evidence{
		Operator: operator, Kind: KIND_DEMAND_LAPSED, Ref: fmt.Sprintf("grant/%d", grant),
		Text: fmt.Sprintf("left a demand of grant %d unanswered", grant),
	}
}

// ValidatorBond is what an operator has bonded with its own validator now.
func ValidatorBond(operator sdk.AccAddress, amount math.Int) Evidence {
	return Evidence{
		Operator: operator, Kind: KIND_BOND, amount: clamp(amount), validator: true, Ref: "validator",
		Text: fmt.Sprintf("has %s ucpc bonded with its own validator", amount),
	}
}

// ProviderBond is what a provider has bonded now.
func ProviderBond(operator sdk.AccAddress, amount math.Int) Evidence {
	return Evidence{
		Operator: operator, Kind: KIND_BOND, amount: clamp(amount), Ref: "provider",
		Text: fmt.Sprintf("has %s ucpc bonded as a provider", amount),
	}
}

// FeesBurnt is what an account paid and the chain burnt.
func FeesBurnt(operator sdk.AccAddress, amount math.Int) Evidence {
	return Evidence{Operator: operator, Kind: KIND_FEES_BURNT, amount: clamp(amount), Text: burntText(clamp(amount))}
}

// ServiceProven is a period of paid storage that was proven; burnt is the part of its price that nobody got.
func ServiceProven(operator sdk.AccAddress, burnt math.Int) Evidence {
	return Evidence{Operator: operator, Kind: KIND_SERVICE_PROVEN, amount: clamp(burnt), Text: provenText(clamp(burnt))}
}

func provenText(ucpc uint64) string {
	return fmt.Sprintf("proved possession of what it stores, for which %d ucpc were burnt", ucpc)
}

// ServiceMissed is a proof of possession that did not come.
func ServiceMissed(operator sdk.AccAddress, why string) Evidence {
	return Evidence{Operator: operator, Kind: KIND_SERVICE_MISSED, Text: "lost shards: " + why}
}

func burntText(ucpc uint64) string { return fmt.Sprintf("burnt %d ucpc in fees", ucpc) }

// Quiet evidence changes no score at once and costs its operator next to nothing to make: the log keeps one entry of a kind in a term.
func (e Evidence) Quiet() bool {
	return e.Kind == KIND_BOND || e.Kind == KIND_FEES_BURNT || e.Kind == KIND_SERVICE_PROVEN
}

// Change is the log's entry of this evidence; number, height, term and scores are the keeper's to fill.
func (e Evidence) Change() Change {
	return Change{Kind: e.Kind, Text: e.Text, Amount: e.amount, Ref: e.Ref}
}

// Fold makes one entry of an earlier one and this: fees and proven storage of a term add up, of bonds the latest counts.
func (e Evidence) Fold(earlier Change) Change {
	c := e.Change()
	if e.Kind == KIND_FEES_BURNT {
		c.Amount = min(earlier.Amount+e.amount, maxUcpc)
		c.Text = burntText(c.Amount)
	}
	if e.Kind == KIND_SERVICE_PROVEN {
		c.Amount = min(earlier.Amount+e.amount, maxUcpc)
		c.Text = provenText(c.Amount)
	}
	return c
}

// clamp fits an amount into what there can be.
func clamp(amount math.Int) uint64 {
	if amount.IsNil() || !amount.IsPositive() {
		return 0
	}
	if amount.GTE(math.NewInt(maxUcpc)) {
		return maxUcpc
	}
	return amount.Uint64()
}

// Validate checks what the reporting module could get wrong. Errors: ErrEvidence.
func (e Evidence) Validate() error {
	if len(e.Operator) == 0 {
		return ErrEvidence.Wrap("without an operator")
	}
	if e.signed > e.expected || e.skipped > e.proposals {
		return ErrEvidence.Wrapf("%s: a part is more than its whole", e.Text)
	}
	if _, known := Kind_name[int32(e.Kind)]; !known || e.Kind == KIND_UNSPECIFIED || e.Kind == KIND_SETTLED {
		return ErrEvidence.Wrapf("kind %d is nothing that is reported", e.Kind)
	}
	return nil
}

// Opens says whether evidence makes a row for who has none. Fees do not: accounts that only pay have no reputation.
func (e Evidence) Opens() bool { return e.Kind != KIND_FEES_BURNT }

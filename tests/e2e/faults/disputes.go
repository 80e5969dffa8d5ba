package main

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/fxamacker/cbor/v2"

	errorsmod "cosmossdk.io/errors"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/cpchain/cpchain/offchain/chain"
	"github.com/cpchain/cpchain/offchain/reader"
	"github.com/cpchain/cpchain/offchain/storage/client"
	"github.com/cpchain/cpchain/pkg/pre"
	datarights "github.com/cpchain/cpchain/x/datarights/types"
)

// accusation is a false dispute and the rule that refuses it.
type accusation struct {
	name   string
	grant  uint64
	answer datarights.SignedAnswer
	want   *errorsmod.Error
}

// falseDisputes accuses an honest proxy in every way there is, and the liar a second time. Each transaction is included and
// refused under its own code, and no bond changes.
func (s *story) falseDisputes(ctx context.Context, evidence string) error {
	proved, err := readAnswer(evidence)
	if err != nil {
		return err
	}
	other, err := s.grantAll(ctx, 4)
	if err != nil {
		return err
	}
	answer, err := s.honestAnswer(ctx, other)
	if err != nil {
		return err
	}
	stranger, err := s.noProxyOf(ctx, s.main.id)
	if err != nil {
		return err
	}
	before, err := s.bonds(ctx, answer.Provider, proved.Provider)
	if err != nil {
		return err
	}
	all := s.accusations(answer, other.id, stranger)
	all = append(all, accusation{"a true one twice", s.main.id, proved, datarights.ErrDisputed})
	signer, err := s.carol.Signer(s.client)
	if err != nil {
		return err
	}
	for _, c := range all {
		msg := &datarights.MsgDisputeFragment{Sender: signer.Address(), Grant: c.grant, Answer: c.answer}
		if err := s.refusedInBlock(ctx, signer, c.want, msg); err != nil {
			return s.check("false_disputes_refused", false, "%s: %v", c.name, err)
		}
	}
	s.figure("false_disputes_refused", len(all))
	after, err := s.bonds(ctx, answer.Provider, proved.Provider)
	if err != nil {
		return err
	}
	s.say("%d false disputes, each refused in a block by its rule; the bonds of providers %d and %d stay %s", len(all), answer.Provider, proved.Provider, after)
	return s.check("bonds_untouched_by_false_disputes", before == after, "%s -> %s", before, after)
}

// accusations are every way to accuse whoever gave a right answer.
func (s *story) accusations(answer datarights.SignedAnswer, other, stranger uint64) []accusation {
	flipped, relabelled, oversize, foreign := answer, answer, answer, answer
	flipped.Fragment = slices.Clone(answer.Fragment)
	flipped.Fragment[len(flipped.Fragment)/2] ^= 1
	relabelled.Grant = other
	oversize.Fragment = make([]byte, 3*pre.FragmentSize)
	foreign.Provider = stranger
	return []accusation{
		{"a right answer", s.main.id, answer, datarights.ErrFragmentValid},
		{"a flipped byte", s.main.id, flipped, datarights.ErrAnswerSignature},
		{"replayed for another grant", other, answer, datarights.ErrAnswerForeign},
		{"relabelled for another grant", other, relabelled, datarights.ErrAnswerSignature},
		{"in the name of no proxy", s.main.id, foreign, datarights.ErrNotAProxy},
		{"larger than any answer", s.main.id, oversize, datarights.ErrEvidence},
	}
}

// readAnswer reads what cpdata kept as evidence.
func readAnswer(path string) (a datarights.SignedAnswer, err error) {
	bz, err := os.ReadFile(path)
	if err != nil {
		return a, err
	}
	return a, json.Unmarshal(bz, &a)
}

// bonds of providers, as text.
func (s *story) bonds(ctx context.Context, ids ...uint64) (string, error) {
	list := make([]string, len(ids))
	for i, id := range ids {
		row, err := s.client.Provider(ctx, id)
		if err != nil {
			return "", err
		}
		list[i] = row.Bond.String()
	}
	return strings.Join(list, " and "), nil
}

// refusedInBlock sends a transaction without trying it first and expects that the block refuses it by a rule.
func (s *story) refusedInBlock(ctx context.Context, signer *chain.Signer, want *errorsmod.Error, msg sdk.Msg) error {
	_, err := signer.Submit(ctx, chain.TxOptions{Gas: 3_000_000}, msg)
	var refused *chain.TxError
	if !errors.As(err, &refused) || !errors.Is(refused, want) {
		return fmt.Errorf("expected code %d (%s), got: %w", want.ABCICode(), want.Error(), orAccepted(err))
	}
	if refused.Hash == "" {
		return fmt.Errorf("refused before it was sent: %w", err)
	}
	return nil
}

func orAccepted(err error) error {
	if err == nil {
		return errors.New("it was accepted")
	}
	return err
}

// honestAnswer asks a proxy that both grants have for a fragment of the first.
func (s *story) honestAnswer(ctx context.Context, other grant) (datarights.SignedAnswer, error) {
	var none datarights.SignedAnswer
	g, err := s.client.Grant(ctx, s.main.id)
	if err != nil {
		return none, err
	}
	o, err := s.client.Grant(ctx, other.id)
	if err != nil {
		return none, err
	}
	both := slices.IndexFunc(g.Proxies, func(p datarights.GrantProxy) bool {
		at, ok := o.ProxyOf(p.Provider)
		return ok && p.State == datarights.PROXY_STATE_ACCEPTED && o.Proxies[at].State == datarights.PROXY_STATE_ACCEPTED
	})
	if both < 0 {
		return none, fmt.Errorf("grants %d and %d have no proxy in common", g.Id, o.Id)
	}
	row, err := s.client.Provider(ctx, g.Proxies[both].Provider)
	if err != nil {
		return none, err
	}
	cover, err := datarights.GrantCover(g, int(g.Leaves))
	if err != nil {
		return none, err
	}
	label, err := cover[0].MarshalBinary()
	if err != nil {
		return none, err
	}
	nodes, stop, err := s.nodesAsCarol()
	if err != nil {
		return none, err
	}
	defer stop()
	answers, err := nodes.Fragments(ctx, row, g.Id, [][]byte{label})
	if err != nil {
		return none, err
	}
	return answers[0], nil
}

// nodesAsCarol asks storage nodes with carol's keys, apart from cpdata.
func (s *story) nodesAsCarol() (nodes *reader.Nodes, stop func(), err error) {
	bz, err := s.carol.Secret(filepath.Join("readers", "device.age"))
	if err != nil {
		return nil, nil, err
	}
	var keys struct {
		Reader  uint64 `cbor:"1,keyasint"`
		Version uint32 `cbor:"2,keyasint"`
		Auth    []byte `cbor:"4,keyasint"`
	}
	if err := cbor.Unmarshal(bz, &keys); err != nil {
		return nil, nil, err
	}
	host, err := client.NewHost(nil, nil)
	if err != nil {
		return nil, nil, err
	}
	id := client.ReaderIdentity(keys.Reader, keys.Version, ed25519.NewKeyFromSeed(keys.Auth))
	nodes = reader.NewNodes(client.New(host, s.client.ChainID(), client.Options{}).With(id), id)
	return nodes, func() { _ = host.Close() }, nil // nothing of it is needed any more
}

// noProxyOf finds a provider that is no proxy of a grant.
func (s *story) noProxyOf(ctx context.Context, id uint64) (uint64, error) {
	g, err := s.client.Grant(ctx, id)
	if err != nil {
		return 0, err
	}
	for _, p := range s.Providers {
		if _, ok := g.ProxyOf(p.ID); !ok {
			return p.ID, nil
		}
	}
	return 0, fmt.Errorf("every provider is a proxy of grant %d", id)
}

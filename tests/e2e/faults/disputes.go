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

	"github.com/fxamacker/cbor/v2"

	errorsmod "cosmossdk.io/errors"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/cpchain/cpchain/offchain/chain"
	"github.com/cpchain/cpchain/offchain/reader"
	"github.com/cpchain/cpchain/offchain/storage/client"
	"github.com/cpchain/cpchain/pkg/pre"
	datarights "github.com/cpchain/cpchain/x/datarights/types"
)

// falseDisputes accuses an honest proxy in every way there is, and the liar a second time. Each transaction is included and
// refused under its own code, and no bond changes.
func (s *story) falseDisputes(ctx context.Context, evidence string) error {
	other, err := s.grantAll(ctx, 4)
	if err != nil {
		return err
	}
	answer, err := s.honestAnswer(ctx, other)
	if err != nil {
		return err
	}
	var proved datarights.SignedAnswer
	bz, err := os.ReadFile(evidence)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(bz, &proved); err != nil {
		return err
	}
	flipped, relabelled, oversize, stranger := answer, answer, answer, answer
	flipped.Fragment = slices.Clone(answer.Fragment)
	flipped.Fragment[len(flipped.Fragment)/2] ^= 1
	relabelled.Grant = other.id
	oversize.Fragment = make([]byte, 3*pre.FragmentSize)
	if stranger.Provider, err = s.noProxyOf(ctx, s.main.id); err != nil {
		return err
	}
	signer, err := s.carol.Signer(s.client)
	if err != nil {
		return err
	}
	honest, err := s.booksOf(ctx, answer.Provider)
	if err != nil {
		return err
	}
	liar, err := s.booksOf(ctx, proved.Provider)
	if err != nil {
		return err
	}
	for _, c := range []struct {
		name   string
		grant  uint64
		answer datarights.SignedAnswer
		want   *errorsmod.Error
	}{
		{"a right answer", s.main.id, answer, datarights.ErrFragmentValid},
		{"a flipped byte", s.main.id, flipped, datarights.ErrAnswerSignature},
		{"replayed for another grant", other.id, answer, datarights.ErrAnswerForeign},
		{"relabelled for another grant", other.id, relabelled, datarights.ErrAnswerSignature},
		{"in the name of no proxy", s.main.id, stranger, datarights.ErrNotAProxy},
		{"larger than any answer", s.main.id, oversize, datarights.ErrEvidence},
		{"a true one twice", s.main.id, proved, datarights.ErrDisputed},
	} {
		msg := &datarights.MsgDisputeFragment{Sender: signer.Address(), Grant: c.grant, Answer: c.answer}
		if err := s.refusedInBlock(ctx, signer, c.want, msg); err != nil {
			return s.check("false_disputes_refused", false, "%s: %v", c.name, err)
		}
	}
	s.checks["false_disputes_refused"] = 7
	honestAfter, err := s.booksOf(ctx, answer.Provider)
	if err != nil {
		return err
	}
	liarAfter, err := s.booksOf(ctx, proved.Provider)
	if err != nil {
		return err
	}
	s.say("7 false disputes, each refused in a block under its own rule; the bonds of providers %d and %d stay", answer.Provider, proved.Provider)
	return s.check("bonds_untouched_by_false_disputes", honest.bond.Equal(honestAfter.bond) && liar.bond.Equal(liarAfter.bond),
		"honest %s -> %s, liar %s -> %s", honest.bond, honestAfter.bond, liar.bond, liarAfter.bond)
}

// refusedInBlock sends a transaction without trying it first and expects that the block refuses it by a rule.
func (s *story) refusedInBlock(ctx context.Context, signer *chain.Signer, want *errorsmod.Error, msg sdk.Msg) error {
	_, err := signer.Submit(ctx, chain.TxOptions{Gas: 3_000_000}, msg)
	var refused *chain.TxError
	if !errors.As(err, &refused) || !errors.Is(refused, want) {
		return fmt.Errorf("expected %q (code %d), got: %w", want, want.ABCICode(), orAccepted(err))
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

package main

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"

	"github.com/cpchain/cpchain/offchain/chain"
	"github.com/cpchain/cpchain/tests/e2e/stack"
	provider "github.com/cpchain/cpchain/x/provider/types"
)

// wrongProxy replaces the first proxy of the grant by one that signs wrong fragments, lets the reader dispute, and then
// disputes honest answers.
func (s *story) wrongProxy(ctx context.Context) error {
	g, err := s.client.Grant(ctx, s.main.id)
	if err != nil {
		return err
	}
	liar := s.ByID(g.Proxies[0].Provider)
	if err := s.replace(ctx, liar, "wrong"); err != nil {
		return err
	}
	dir := filepath.Join(s.dir, "evidence")
	got, _, err := s.fetch(ctx, s.main, "--evidence", dir)
	if err != nil {
		return fmt.Errorf("with a lying proxy: %w", err)
	}
	named, why := got.failed("fragments")
	if err := s.check("wrong_answer_detected", slices.Equal(named, []uint64{liar.ID}), "named %v, not %d: %s", named, liar.ID, why); err != nil {
		return err
	}
	if err := s.check("reader_goes_on_without_the_liar", got.SHA256 == s.main.fetched.SHA256, "sha256 %s", got.SHA256); err != nil {
		return err
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil || len(files) == 0 {
		return fmt.Errorf("no evidence in %s: %w", dir, err)
	}
	s.say("provider %d signs wrong fragments: cpdata says so, goes on with %v and keeps the evidence", liar.ID, got.ProxiesUsed)
	if err := s.dispute(ctx, liar.ID, files[0]); err != nil {
		return err
	}
	if err := s.falseDisputes(ctx, files[0]); err != nil {
		return err
	}
	liar.Stop()
	return liar.Start(ctx)
}

// replace stops a node and starts its home with the faulty binary.
func (s *story) replace(ctx context.Context, p *stack.Provider, fault string) error {
	p.Stop()
	return p.StartAs(ctx, s.faulty, "FAULT="+fault)
}

// books are what a dispute may change.
type books struct{ bond, escrow, supply math.Int }

// booksOf reads a provider's bond, the account that holds all bonds, and the total of coins.
func (s *story) booksOf(ctx context.Context, id uint64) (b books, err error) {
	row, err := s.client.Provider(ctx, id)
	if err != nil {
		return b, err
	}
	b.bond = row.Bond.Amount
	account, err := sdk.Bech32ifyAddressBytes(chain.AccountPrefix, authtypes.NewModuleAddress(provider.ModuleName))
	if err != nil {
		return b, err
	}
	coins, err := s.client.Balance(ctx, account, provider.BondDenom)
	if err != nil {
		return b, err
	}
	b.escrow = coins.Amount
	var total struct {
		Amount struct {
			Amount math.Int `json:"amount"`
		} `json:"amount"`
	}
	if err := s.Chain.Query(ctx, &total, "bank", "total-supply-of", provider.BondDenom); err != nil {
		return b, err
	}
	b.supply = total.Amount.Amount
	return b, nil
}

// dispute shows a wrong answer to the chain, which burns exactly the part of the bond that the params say.
func (s *story) dispute(ctx context.Context, id uint64, evidence string) error {
	params, err := s.client.ProviderParams(ctx)
	if err != nil {
		return err
	}
	before, err := s.booksOf(ctx, id)
	if err != nil {
		return err
	}
	var done struct {
		Slashed string `json:"slashed"`
	}
	if err := s.carol.JSON(ctx, &done, "dispute", evidence); err != nil {
		return err
	}
	after, err := s.booksOf(ctx, id)
	if err != nil {
		return err
	}
	cut := before.bond.MulRaw(int64(params.FragmentSlashBps)).QuoRaw(provider.MaxBps)
	ok := cut.IsPositive() && before.bond.Sub(after.bond).Equal(cut) && before.escrow.Sub(after.escrow).Equal(cut) &&
		before.supply.Sub(after.supply).Equal(cut) && done.Slashed == cut.String()+provider.BondDenom
	s.checks["bond_cut_ucpc"] = cut.String()
	s.say("cpdata dispute: bond of provider %d %s -> %s ucpc, burnt %s (%d bps of it)", id, before.bond, after.bond, done.Slashed, params.FragmentSlashBps)
	return s.check("bond_cut_by_exactly_the_param", ok, "expected %s: before %+v, after %+v, told %s", cut, before, after, done.Slashed)
}

// silentProxies has a grant where one proxy never answers and another one's process is frozen.
func (s *story) silentProxies(ctx context.Context) error {
	g, err := s.grantAll(ctx, 6)
	if err != nil {
		return err
	}
	row, err := s.client.Grant(ctx, g.id)
	if err != nil {
		return err
	}
	twin, _, err := s.fetch(ctx, g)
	if err != nil {
		return err
	}
	mute, frozen := s.ByID(row.Proxies[0].Provider), s.ByID(row.Proxies[1].Provider)
	if err := s.replace(ctx, mute, "silent"); err != nil {
		return err
	}
	if err := frozen.Freeze(); err != nil {
		return err
	}
	got, _, err := s.fetch(ctx, g)
	if err := frozen.Thaw(); err != nil {
		return err
	}
	mute.Stop()
	if err := mute.Start(ctx); err != nil {
		return err
	}
	if err != nil {
		return fmt.Errorf("with a mute and a frozen proxy: %w", err)
	}
	named, why := got.failed("fragments")
	s.figure("silent_fetch_ms", int(got.WallMS))
	s.figure("silent_fetch_twin_ms", int(twin.WallMS))
	s.say("providers %d (never answers) and %d (SIGSTOP): fetched in %.1f s instead of %.1f s; cpdata: %s", mute.ID, frozen.ID,
		float64(got.WallMS)/1000, float64(twin.WallMS)/1000, strings.TrimSuffix(why, "; "))
	if err := s.check("silent_proxies_named", slices.Equal(named, []uint64{mute.ID, frozen.ID}), "named %v: %s", named, why); err != nil {
		return err
	}
	if none, _ := twin.failed("fragments"); len(none) > 0 {
		return fmt.Errorf("the twin named %v too", none)
	}
	return s.check("reader_goes_on_without_the_silent", got.SHA256 == twin.SHA256, "sha256 %s and %s", got.SHA256, twin.SHA256)
}

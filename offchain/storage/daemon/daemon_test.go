package daemon

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"fmt"
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"

	"github.com/cosmos/cosmos-sdk/crypto/hd"
	"github.com/cosmos/cosmos-sdk/crypto/keyring"

	"github.com/cpchain/cpchain/offchain/chain"
	"github.com/cpchain/cpchain/offchain/storage"
	datarights "github.com/cpchain/cpchain/x/datarights/types"
	provider "github.com/cpchain/cpchain/x/provider/types"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"cpstoraged": func() {
			if err := Command().ExecuteContext(context.Background()); err != nil {
				fmt.Fprintf(os.Stderr, "cpstoraged: %v\n", err)
				os.Exit(1)
			}
		},
	})
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{Dir: "testdata/script"})
}

func TestSizes(t *testing.T) {
	for text, want := range map[string]uint64{
		"1": 1, "1024B": 1024, "3KiB": 3 << 10, "512MiB": 512 << 20, "10GiB": 10 << 30, "2TiB": 2 << 40,
	} {
		got, err := parseSize(text)
		require.NoError(t, err, text)
		require.Equal(t, want, got)
	}
	for _, text := range []string{"", "GiB", "10GB", "1.5GiB", "-1", "10 GiB", "GiB10", "18446744073709551615TiB"} {
		_, err := parseSize(text)
		require.ErrorContains(t, err, "size", text)
	}
}

func newAccount(t *testing.T) *account {
	t.Helper()
	home := t.TempDir()
	keys, err := makeKeys(home)
	require.NoError(t, err)
	again, err := loadKeys(home)
	require.NoError(t, err)
	require.Equal(t, keys, again)
	_, err = makeKeys(home)
	require.ErrorIs(t, err, os.ErrExist, "keys are never replaced")

	ring, err := chain.OpenKeyring(home, keyring.BackendTest, nil)
	require.NoError(t, err)
	_, _, err = ring.NewMnemonic("operator", keyring.English, accountPath, "", hd.Secp256k1)
	require.NoError(t, err)
	signer, err := chain.NewSigner(nil, ring, "operator")
	require.NoError(t, err)
	cfg := storage.Default()
	cfg.Chain.ID = "cpchain-test"
	return &account{cfg: cfg, keys: keys, signer: signer}
}

func good() terms {
	return terms{bond: "5ucpc", moniker: "m", storagePrice: "3", reencryptionPrice: "0", roles: []string{roleStorage}}
}

func TestRegistrationsProveTheNodesKeys(t *testing.T) {
	a := newAccount(t)
	msg, err := a.registration(good())
	require.NoError(t, err)
	require.NoError(t, provider.CheckPeerKey("cpchain-test", msg.Operator, msg.PeerKey, msg.PeerKeyProof))
	require.NoError(t, provider.CheckSealKey("cpchain-test", msg.Operator, msg.SealKey, msg.SealKeyProof))
	require.True(t, msg.Storage)
	require.False(t, msg.Proxy)
	require.Equal(t, a.cfg.P2P.Listen, msg.Addresses)
	require.Equal(t, "5ucpc", msg.Bond.String())
}

func TestBadTermsAreRefusedBeforeAnythingIsSent(t *testing.T) {
	a := newAccount(t)
	for words, change := range map[string]func(*terms){
		"--bond is missing": func(t *terms) { t.bond = "" },
		"write it like":     func(t *terms) { t.bond = "lots" },
		"whole numbers":     func(t *terms) { t.storagePrice = "1.5" },
		"not negative":      func(t *terms) { t.reencryptionPrice = "-1" },
		"--roles":           func(t *terms) { t.roles = []string{"miner"} },
	} {
		bad := good()
		change(&bad)
		_, err := a.registration(bad)
		require.ErrorContains(t, err, words)
	}
	a.cfg.P2P.Listen = []string{"/ip4/0.0.0.0/tcp/4180"}
	_, err := a.registration(good())
	require.ErrorContains(t, err, "p2p.announce")
	a.cfg.P2P.Announce = []string{"/dns4/node.example/tcp/4180"}
	_, err = a.registration(good())
	require.NoError(t, err)
}

func TestRotatedKeysAreProvedAndTakenOverOnce(t *testing.T) {
	a := newAccount(t)
	home := t.TempDir()
	keys, err := makeKeys(home)
	require.NoError(t, err)
	row := provider.Provider{Id: 3, Operator: a.signer.Address(), PeerKey: keys.peer.Public().(ed25519.PublicKey)}

	msg, err := a.rotation(home, row, true, true)
	require.NoError(t, err)
	require.NoError(t, provider.CheckPeerKey("cpchain-test", msg.Operator, msg.PeerKey, msg.PeerKeyProof))
	require.NoError(t, provider.CheckSealKey("cpchain-test", msg.Operator, msg.SealKey, msg.SealKeyProof))
	unchanged, err := loadKeys(home)
	require.NoError(t, err)
	require.Equal(t, keys, unchanged, "nothing is taken into use before the chain knows it")

	again, err := a.rotation(home, row, true, true)
	require.NoError(t, err)
	require.Equal(t, msg.PeerKey, again.PeerKey, "a run that was cut off goes on with the same keys")
	row.PeerKey, row.SealKey = msg.PeerKey, msg.SealKey
	done, err := a.rotation(home, row, true, true)
	require.NoError(t, err)
	require.Empty(t, done.PeerKey, "what the chain has is not sent again")
	require.Empty(t, done.SealKey)

	require.NoError(t, takeOver(home, peerFile, 7))
	require.NoError(t, takeOver(home, sealFile, 7))
	now, err := loadKeys(home)
	require.NoError(t, err)
	require.Equal(t, ed25519.PublicKey(msg.PeerKey), now.peer.Public())
	sealKey := now.seal.Public()
	require.Equal(t, msg.SealKey, sealKey[:])
	old, err := readKey(home+"/"+keysDir, peerFile+".until-7")
	require.NoError(t, err)
	require.Equal(t, keys.peer.Seed(), old[:])
	require.Equal(t, keys.disk, now.disk, "what is at rest stays readable")
}

func TestANodeRunsOnlyUnderItsOwnRow(t *testing.T) {
	a := newAccount(t)
	msg, err := a.registration(good())
	require.NoError(t, err)
	row := provider.Provider{Id: 3, PeerKey: msg.PeerKey, SealKey: msg.SealKey, Status: provider.STATUS_PAUSED}
	require.NoError(t, a.matches(row))
	for words, change := range map[string]func(*provider.Provider){
		"has left":         func(p *provider.Provider) { p.Status = provider.STATUS_LEFT },
		"another peer key": func(p *provider.Provider) { p.PeerKey = make([]byte, 32) },
		"another seal key": func(p *provider.Provider) { p.SealKey = make([]byte, 32) },
	} {
		other := row
		change(&other)
		require.ErrorContains(t, a.matches(other), words)
	}
}

func TestLeaveExplainsItsRefusal(t *testing.T) {
	row := provider.Provider{Id: 3, Status: provider.STATUS_ACTIVE}
	refused := &chain.TxError{Codespace: provider.ErrInUse.Codespace(), Code: provider.ErrInUse.ABCICode()}
	err := explainLeave(refused, row, "grant 7 of stream 2 until then")
	require.ErrorIs(t, err, refused)
	require.ErrorContains(t, err, "keep the node running")
	require.ErrorContains(t, err, "provider 3 cannot leave yet")
	require.ErrorContains(t, err, "(grant 7 of stream 2 until then)")
	require.NotContains(t, explainLeave(refused, row, "").Error(), "()")
}

func TestLeaveNamesTheGrantsThatCountOnTheProvider(t *testing.T) {
	grant := func(id uint64, state datarights.ProxyState, until int64) datarights.Grant {
		return datarights.Grant{Id: id, Stream: 2, SettleAt: until, Proxies: []datarights.GrantProxy{{Provider: 1}, {Provider: 3, State: state}}}
	}
	require.Empty(t, listGrants(nil, 3))
	require.Equal(t, "grant 9 of stream 2 until 1970-01-01T00:03:00Z, grant 7 of stream 2 until 1970-01-01T00:02:00Z", listGrants([]datarights.Grant{
		grant(7, datarights.PROXY_STATE_ACCEPTED, 120), grant(8, datarights.PROXY_STATE_REFUSED, 150), grant(9, datarights.PROXY_STATE_ACCEPTED, 180),
	}, 3))
	var many []datarights.Grant
	for i := range uint64(14) {
		many = append(many, grant(i, datarights.PROXY_STATE_ACCEPTED, 60))
	}
	require.Contains(t, listGrants(many, 3), "grant 9 of stream 2 until 1970-01-01T00:01:00Z, and 4 more")
}

func TestNothingIsSentWithoutATerminalOrYes(t *testing.T) {
	cmd := &cobra.Command{}
	cmd.SetIn(&bytes.Buffer{})
	require.ErrorContains(t, confirm(cmd, false), "--yes")
	require.NoError(t, confirm(cmd, true))
}

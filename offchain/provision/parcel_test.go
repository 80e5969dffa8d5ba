package provision

import (
	"crypto/rand"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cosmos/cosmos-sdk/crypto/keys/secp256k1"

	"github.com/cpchain/cpchain/pkg/keytree"
	"github.com/cpchain/cpchain/pkg/seal"
)

func signer(key *secp256k1.PrivKey) Sign {
	return func(message []byte) ([]byte, []byte, error) {
		sig, err := key.Sign(message)
		return sig, key.PubKey().Bytes(), err
	}
}

func sample(t testing.TB) Parcel {
	t.Helper()
	nodes, err := keytree.Cover(2, 5, 40, 41, 0, 64)
	require.NoError(t, err)
	p := Parcel{ChainID: "cpchain-test", Stream: 7, KeyEpoch: 2}
	for i, n := range nodes {
		p.Seeds = append(p.Seeds, keytree.NodeSeed{Node: n, Seed: keytree.Seed{byte(i + 1)}})
	}
	return p
}

func TestAParcelOpensForItsGatewayAlone(t *testing.T) {
	box, err := seal.NewBox(rand.Reader)
	require.NoError(t, err)
	key := secp256k1.GenPrivKey()
	want := sample(t)
	sealed, err := Seal(box.Public(), want, signer(key))
	require.NoError(t, err)
	require.LessOrEqual(t, len(sealed), MaxSealed)

	got, err := Open(box, sealed)
	require.NoError(t, err)
	require.Equal(t, key.PubKey().Bytes(), got.Owner)
	require.Equal(t, want.Seeds, got.Seeds)
	require.Equal(t, want.ChainID, got.ChainID)
	require.Equal(t, want.Stream, got.Stream)
	require.Equal(t, want.KeyEpoch, got.KeyEpoch)

	other, err := seal.NewBox(rand.Reader)
	require.NoError(t, err)
	_, err = Open(other, sealed)
	require.ErrorIs(t, err, ErrParcel)
	for i := range sealed {
		bad := append([]byte{}, sealed...)
		bad[i] ^= 1
		_, err := Open(box, bad)
		require.Error(t, err, "byte %d", i)
	}
	_, err = Open(box, make([]byte, MaxSealed+1))
	require.ErrorIs(t, err, ErrParcel)
}

func TestAParcelPassedOnToAnotherGatewayIsRefused(t *testing.T) {
	first, err := seal.NewBox(rand.Reader)
	require.NoError(t, err)
	second, err := seal.NewBox(rand.Reader)
	require.NoError(t, err)
	sealed, err := Seal(first.Public(), sample(t), signer(secp256k1.GenPrivKey()))
	require.NoError(t, err)
	plain, err := first.Open([]byte(Info), nil, sealed)
	require.NoError(t, err)
	passedOn, err := seal.SealTo(second.Public(), []byte(Info), nil, plain)
	require.NoError(t, err)
	_, err = Open(second, passedOn)
	require.ErrorIs(t, err, ErrSignature)
}

func TestParcelsThatMakeNoSenseAreNotSealed(t *testing.T) {
	box, err := seal.NewBox(rand.Reader)
	require.NoError(t, err)
	for name, change := range map[string]func(*Parcel){
		"a parcel without seeds":            func(p *Parcel) { p.Seeds = nil },
		"a parcel with too many seeds":      func(p *Parcel) { p.Seeds = make([]keytree.NodeSeed, MaxSeeds+1) },
		"a parcel without a chain":          func(p *Parcel) { p.ChainID = "" },
		"a node of another key epoch":       func(p *Parcel) { p.Seeds[1].Node.Epoch++ },
		"nodes out of order":                func(p *Parcel) { p.Seeds[0], p.Seeds[1] = p.Seeds[1], p.Seeds[0] },
		"a node twice":                      func(p *Parcel) { p.Seeds[1] = p.Seeds[0] },
		"a node that is not in the tree":    func(p *Parcel) { p.Seeds[0].Node.Depth = 33 },
		"a node whose index does not exist": func(p *Parcel) { p.Seeds[0].Node = keytree.Node{Epoch: 2, Depth: 1, Index: 2} },
	} {
		t.Run(name, func(t *testing.T) {
			p := sample(t)
			change(&p)
			_, err := Seal(box.Public(), p, signer(secp256k1.GenPrivKey()))
			require.ErrorIs(t, err, ErrParcel)
		})
	}
}

func FuzzParse(f *testing.F) {
	p := sample(f)
	p.Owner, p.Signature = make([]byte, ownerSize), make([]byte, signatureSize)
	good, err := p.marshal()
	require.NoError(f, err)
	f.Add(good)
	f.Add(good[:len(good)-1])
	f.Add([]byte{version, suite})
	f.Fuzz(func(t *testing.T, bz []byte) {
		p, err := parse(bz)
		if err != nil {
			return
		}
		again, err := p.marshal()
		require.NoError(t, err)
		require.Equal(t, bz, again, "a parcel has one binary form")
	})
}

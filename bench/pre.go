package main

import (
	"context"
	"crypto/rand"

	"github.com/cpchain/cpchain/pkg/pre"
)

const (
	reEncryptGoal = 3000.0
	verifyGoal    = 2500.0
	threshold     = 3
	proxies       = 5
)

// pre measures proxy re-encryption on one core, beside the published WebAssembly build of Umbral.
func (b *bench) pre(ctx context.Context) error {
	g, err := newGrant()
	if err != nil {
		return err
	}
	const batch = 20
	op := func(do func() error) subject {
		return repeated(batch, func() error {
			for range batch {
				if err := do(); err != nil {
					return err
				}
			}
			return nil
		})
	}
	subjects := []subject{op(g.reEncrypt), op(g.verify), op(g.open)}
	peer, why := newUmbral(ctx, b.out)
	if why != nil {
		b.report.note("@nucypher/umbral-pre is left out: %v", why)
	} else {
		subjects = append(subjects, peer.measure)
	}
	medians, err := inTurn(b.runs, subjects...)
	if err != nil {
		return err
	}
	rows := []row{
		figure("pre/re-encrypt-with-proof", medians[0][perCPU], "per CPU-second").atLeast(reEncryptGoal),
		figure("pre/verify", medians[1][perCPU], "per CPU-second").atLeast(verifyGoal),
		figure("pre/open-3-of-5", medians[2][perCPU], "per CPU-second"),
	}
	if why == nil {
		for i, name := range []string{"reencrypt", "verify", "open"} {
			rows[i] = rows[i].against(umbralPackage+" (wasm)", medians[3][name])
		}
	}
	b.report.add(rows...)
	return nil
}

// grant is one key tree node granted to one reader over five proxies.
type grant struct {
	context, capsule []byte
	reader           pre.SecretKey
	shares           []pre.Share
	answers          []pre.Answer
	binding          pre.Binding
}

func newGrant() (*grant, error) {
	node := [9]byte{30, 0, 0, 0, 5}
	seed := [32]byte{7}
	g := &grant{context: pre.CapsuleContext(streamID, node[:]), binding: pre.Binding{ChainID: "cpchain-1", Grant: 12}}
	var err error
	if g.reader, err = pre.NewReaderKey(rand.Reader); err != nil {
		return nil, err
	}
	if g.capsule, err = pre.NewCapsule(seed, g.context); err != nil {
		return nil, err
	}
	ids := make([]uint64, proxies)
	for i := range ids {
		ids[i] = uint64(100 + i)
	}
	if g.shares, err = pre.Split(rand.Reader, seed, g.context, node, g.reader.Public(), threshold, ids); err != nil {
		return nil, err
	}
	for _, s := range g.shares[:threshold] {
		f, err := pre.ReEncrypt(rand.Reader, s, g.capsule, g.binding)
		if err != nil {
			return nil, err
		}
		g.answers = append(g.answers, pre.Answer{Leaf: s.Leaf, Fragment: f})
	}
	return g, nil
}

func (g *grant) reEncrypt() error {
	_, err := pre.ReEncrypt(rand.Reader, g.shares[0], g.capsule, g.binding)
	return err
}

func (g *grant) verify() error {
	return pre.VerifyFragment(g.answers[0].Fragment, g.answers[0].Leaf, g.capsule, g.binding)
}

// open verifies three fragments and opens the capsule with them.
func (g *grant) open() error {
	_, err := pre.Open(g.reader, g.context, g.capsule, threshold, g.answers, g.binding)
	return err
}

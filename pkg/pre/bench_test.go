package pre

import "testing"

func BenchmarkNewCapsule(b *testing.B) {
	g := newGrant(b, 3, 5)
	for b.Loop() {
		if _, err := NewCapsule(g.seed, g.context); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCheckCapsule(b *testing.B) {
	g := newGrant(b, 3, 5)
	for b.Loop() {
		if err := CheckCapsule(g.capsule); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSplit3of5(b *testing.B) {
	g := newGrant(b, 3, 5)
	reader := g.reader.Public()
	for b.Loop() {
		if _, err := Split(g.rand, g.seed, g.context, testNode, reader, 3, proxies(5)); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCheckShare(b *testing.B) {
	g := newGrant(b, 3, 5)
	for b.Loop() {
		if err := CheckShare(g.shares[0]); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkReEncrypt(b *testing.B) {
	g := newGrant(b, 3, 5)
	for b.Loop() {
		if _, err := ReEncrypt(g.rand, g.shares[0], g.capsule, g.binding); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkVerifyFragment(b *testing.B) {
	g := newGrant(b, 3, 5)
	a := g.answer(b, 0)
	for b.Loop() {
		if err := VerifyFragment(a.Fragment, a.Leaf, g.capsule, g.binding); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkVerifyPossession(b *testing.B) {
	key := SecretKey{5}
	proof, err := ProvePossession(constant{}, key, nil)
	if err != nil {
		b.Fatal(err)
	}
	pk := key.Public()
	for b.Loop() {
		if err := VerifyPossession(pk, nil, proof); err != nil {
			b.Fatal(err)
		}
	}
}

func benchmarkOpen(b *testing.B, t, n int) {
	g := newGrant(b, t, n)
	answers := g.answers(b)
	for b.Loop() {
		if _, err := g.open(answers...); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkOpen1(b *testing.B)    { benchmarkOpen(b, 1, 1) }
func BenchmarkOpen3of5(b *testing.B) { benchmarkOpen(b, 3, 5) }
func BenchmarkOpen5of9(b *testing.B) { benchmarkOpen(b, 5, 9) }

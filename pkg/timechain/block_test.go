package timechain

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cpchain/cpchain/pkg/merkle"
)

func testHeader() BlockHeader {
	return BlockHeader{
		Stream: testStream, Seq: 7, Prev: merkle.Hash{1}, T0: testOrigin, T1: testOrigin + 1000, Count: 3,
		RecordRoot: merkle.Hash{2}, Clock: ClockGNSS, DeviceSig: make([]byte, maxDeviceSig),
	}
}

func TestHeadersComeBackAndEveryFieldCounts(t *testing.T) {
	h := testHeader()
	back, err := ParseBlockHeader(h.Marshal())
	require.NoError(t, err)
	require.Equal(t, h, back)
	for name, change := range map[string]func(*BlockHeader){
		"stream": func(h *BlockHeader) { h.Stream = "cpchain-1/8" }, "seq": func(h *BlockHeader) { h.Seq++ },
		"prev": func(h *BlockHeader) { h.Prev[31]++ }, "t0": func(h *BlockHeader) { h.T0-- }, "t1": func(h *BlockHeader) { h.T1++ },
		"count": func(h *BlockHeader) { h.Count++ }, "record root": func(h *BlockHeader) { h.RecordRoot[0]++ },
		"clock": func(h *BlockHeader) { h.Clock = ClockNTP }, "late": func(h *BlockHeader) { h.Late = true },
		"gap": func(h *BlockHeader) { h.Gap = "x" },
	} {
		other := testHeader()
		change(&other)
		require.NotEqual(t, h.Hash(), other.Hash(), name)
		require.NotEqual(t, h.SignBytes(), other.SignBytes(), name)
	}
	other := testHeader()
	other.DeviceSig[5]++
	require.NotEqual(t, h.Hash(), other.Hash(), "the signature is part of the chain")
	require.Equal(t, h.SignBytes(), other.SignBytes())
}

func TestHeadersThatMakeNoSenseAreRefused(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*BlockHeader)
		want   error
	}{
		"no stream":                {func(h *BlockHeader) { h.Stream = "" }, ErrStream},
		"a long stream":            {func(h *BlockHeader) { h.Stream = strings.Repeat("x", 256) }, ErrStream},
		"an empty window":          {func(h *BlockHeader) { h.T1 = h.T0 }, ErrWindow},
		"no records and no gap":    {func(h *BlockHeader) { h.Count = 0 }, ErrGap},
		"records and a gap":        {func(h *BlockHeader) { h.Gap = "x" }, ErrGap},
		"a gap with a root":        {func(h *BlockHeader) { h.Count, h.Gap = 0, "x" }, ErrGap},
		"a long reason":            {func(h *BlockHeader) { h.Gap = strings.Repeat("x", MaxGap+1) }, ErrGap},
		"a late gap":               {func(h *BlockHeader) { h.Count, h.Gap, h.RecordRoot, h.Late = 0, "x", merkle.Root(nil), true }, ErrGap},
		"a reason of two lines":    {func(h *BlockHeader) { h.Gap = "x\ny" }, ErrGap},
		"an unknown clock quality": {func(h *BlockHeader) { h.Clock = 9 }, ErrFormat},
		"half a signature":         {func(h *BlockHeader) { h.DeviceSig = h.DeviceSig[:32] }, ErrDevice},
	} {
		h := testHeader()
		c.change(&h)
		require.ErrorIs(t, h.Validate(), c.want, name)
		_, err := ParseBlockHeader(h.Marshal())
		require.ErrorIs(t, err, c.want, name)
	}
	b := testHeader().Marshal()
	for name, bad := range map[string][]byte{
		"nothing": {}, "another version": append([]byte{2}, b[1:]...), "another suite": append([]byte{1, 2}, b[2:]...),
		"cut short": b[:len(b)-1], "trailing bytes": append(append([]byte{}, b...), 0),
		"a number in two bytes": longer(b, 4+len(testStream), 7),
	} {
		_, err := ParseBlockHeader(bad)
		require.ErrorIs(t, err, ErrFormat, name)
	}
	_, err := ParseBlockHeader(make([]byte, maxHeader+1))
	require.ErrorIs(t, err, ErrTooLarge)
}

// longer writes the small number at an offset of CBOR in two bytes instead of one.
func longer(b []byte, at int, number byte) []byte {
	if b[at] != number {
		panic("there is another byte")
	}
	return append(append(append([]byte{}, b[:at]...), 0x18), b[at:]...)
}

func TestDeviceSignaturesOfBothKindsVerify(t *testing.T) {
	edPub, edKey, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	ecKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	ecPub := elliptic.MarshalCompressed(elliptic.P256(), ecKey.X, ecKey.Y)
	signECDSA := func(digest [32]byte) []byte {
		r, s, err := ecdsa.Sign(rand.Reader, ecKey, digest[:])
		require.NoError(t, err)
		sig := make([]byte, maxDeviceSig)
		r.FillBytes(sig[:32])
		s.FillBytes(sig[32:])
		return sig
	}
	for _, c := range []struct {
		name string
		pub  []byte
		sign func([32]byte) []byte
	}{
		{"ed25519", edPub, func(d [32]byte) []byte { return ed25519.Sign(edKey, d[:]) }},
		{"P-256", ecPub, signECDSA},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := testHeader()
			h.DeviceSig = c.sign(h.SignBytes())
			require.NoError(t, h.VerifyDevice(c.pub))

			forged := h
			forged.Count++
			require.ErrorIs(t, forged.VerifyDevice(c.pub), ErrDevice)
			unsigned := h
			unsigned.DeviceSig = nil
			require.ErrorIs(t, unsigned.VerifyDevice(c.pub), ErrDevice)
			for _, other := range [][]byte{edPub, ecPub, {}, make([]byte, 33), make([]byte, 32), make([]byte, 65)} {
				if string(other) != string(c.pub) {
					require.ErrorIs(t, h.VerifyDevice(other), ErrDevice)
				}
			}
		})
	}
}

func FuzzParseBlockHeader(f *testing.F) {
	f.Add(testHeader().Marshal())
	f.Add([]byte{1, 1, 0x8b})
	f.Fuzz(func(t *testing.T, b []byte) {
		h, err := ParseBlockHeader(b)
		if err == nil {
			require.Equal(t, b, h.Marshal())
		}
	})
}

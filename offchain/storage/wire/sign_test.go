package wire

import (
	"encoding/hex"
	"encoding/json"
	"flag"
	"os"
	"testing"

	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the vectors anew")

const vectorFile = "testdata/sign.json"

func fill(b byte, n int) []byte {
	out := make([]byte, n)
	for i := range out {
		out[i] = b
	}
	return out
}

func ticket() Ticket {
	return Ticket{
		ChainId: "cpchain-1", Stream: 3, WriterEpoch: 2, Seq: 9, Index: 1, Provider: 4,
		Cid: CID([]byte("shard")), Size_: 5, ExpiresAt: 1_800_000_000, Signature: fill(7, SignatureSize),
	}
}

func receipt() Receipt {
	return Receipt{
		ChainId: "cpchain-1", Provider: 4, PeerKeyVersion: 1, Stream: 3, Seq: 9, Index: 1,
		Cid: CID([]byte("shard")), TreeRoot: fill(5, 32), Size_: 5, TicketHash: TicketHash(ticket()), Signature: fill(8, SignatureSize),
	}
}

// vectors are what other implementations must reproduce.
func vectors() map[string]string {
	a := Auth{Role: ROLE_READER, Reader: 5, ReaderVersion: 2, ExpiresAt: 1_800_000_000, Nonce: fill(1, NonceSize), Signature: fill(2, 64)}
	g := GetFragments{Grant: 6, Nodes: [][]byte{fill(3, 9), fill(4, 9)}, Time: 1_800_000_000, Signature: fill(2, 64)}
	h := Hint{ChainId: "cpchain-1", Stream: 3, Seq: 9, Providers: []uint64{1, 300}, ManifestCid: CID(nil), Version: 1, ExpiresAt: 2, Signer: fill(9, 32)}
	k := KeyHint{ChainId: "cpchain-1", Stream: 3, Node: fill(3, 9), CapsuleHash: fill(4, 32), Capsule: fill(5, 40), LastInterval: 7, Version: 1}
	return map[string]string{
		"cid":       hex.EncodeToString(CID([]byte("shard"))),
		"auth":      hex.EncodeToString(AuthSignBytes("cpchain-1", peer.ID("client"), peer.ID("server"), a)),
		"fragments": hex.EncodeToString(FragmentsSignBytes("cpchain-1", 4, 5, 2, g)),
		"ticket":    hex.EncodeToString(TicketSignBytes(ticket())),
		"hash":      hex.EncodeToString(TicketHash(ticket())),
		"receipt":   hex.EncodeToString(ReceiptSignBytes(receipt())),
		"root_0":    hex.EncodeToString(ReceiptRoot(nil)),
		"root_2":    hex.EncodeToString(ReceiptRoot([]Receipt{receipt(), {}})),
		"hint":      hex.EncodeToString(HintSignBytes(h)),
		"keyhint":   hex.EncodeToString(KeyHintSignBytes(k)),
		"parcel":    hex.EncodeToString(ParcelAAD("cpchain-1", 6, 4)),
	}
}

func TestSignBytesMatchTheVectors(t *testing.T) {
	if *update {
		bz, err := json.MarshalIndent(vectors(), "", "  ")
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(vectorFile, append(bz, '\n'), 0o644))
	}
	bz, err := os.ReadFile(vectorFile)
	require.NoError(t, err)
	var want map[string]string
	require.NoError(t, json.Unmarshal(bz, &want))
	require.Equal(t, want, vectors())
}

func TestSignBytesLeaveOutTheSignatureAlone(t *testing.T) {
	other := ticket()
	other.Signature = nil
	require.Equal(t, TicketSignBytes(ticket()), TicketSignBytes(other))
	require.NotEqual(t, TicketHash(ticket()), TicketHash(other), "a ticket's hash covers its signature")
	other.Index++
	require.NotEqual(t, TicketSignBytes(ticket()), TicketSignBytes(other))
}

func TestSignBytesBindEverythingAroundTheMessage(t *testing.T) {
	a := Auth{Role: ROLE_OWNER, Nonce: fill(1, NonceSize)}
	base := AuthSignBytes("cpchain-1", "client", "server", a)
	for name, other := range map[string][]byte{
		"another chain":             AuthSignBytes("cpchain-2", "client", "server", a),
		"another client":            AuthSignBytes("cpchain-1", "other", "server", a),
		"another server":            AuthSignBytes("cpchain-1", "client", "other", a),
		"client and server swapped": AuthSignBytes("cpchain-1", "server", "client", a),
		"a boundary moved":          AuthSignBytes("cpchain-1", "clients", "erver", a),
	} {
		require.NotEqual(t, base, other, name)
	}
	require.NotEqual(t, ParcelAAD("c", 1, 2), ParcelAAD("c", 2, 1))
}

func TestCIDAcceptsOneFormOnly(t *testing.T) {
	data := []byte("shard")
	require.NoError(t, CheckCID(CID(data), data))
	require.ErrorIs(t, CheckCID(CID(data), []byte("shars")), ErrCID)
	dagPB := append([]byte{}, CID(data)...)
	dagPB[1] = 0x70
	require.ErrorIs(t, CheckCID(dagPB, data), ErrCID, "another codec")
	require.ErrorIs(t, CheckCID(CID(data)[:35], data), ErrCID)
	require.ErrorIs(t, CheckCID(nil, nil), ErrCID)
}

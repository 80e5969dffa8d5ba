package wire

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"testing"

	"github.com/stretchr/testify/require"
)

func frame(t testing.TB, m *Request) []byte {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, WriteRequest(&b, m))
	return b.Bytes()
}

func rawFrame(message []byte) []byte {
	head := binary.AppendUvarint([]byte{frameVersion}, uint64(len(message)))
	return append(head, message...)
}

func requests() []*Request {
	return []*Request{
		{Body: &Request_Hello{Hello: &Hello{ChainId: "cpchain-1"}}},
		{Body: &Request_Auth{Auth: &Auth{Role: ROLE_READER, Reader: 7, Nonce: make([]byte, NonceSize)}}},
		{Body: &Request_PutShard{PutShard: &PutShard{Ticket: Ticket{Stream: 1}, Data: make([]byte, MaxShard)}}},
		{Body: &Request_PutManifest{PutManifest: &PutManifest{Manifest: make([]byte, MaxManifest), Receipts: make([]Receipt, MaxReceipts)}}},
		{Body: &Request_GetManifest{GetManifest: &GetManifest{Stream: 1}}},
		{Body: &Request_GetShard{GetShard: &GetShard{Stream: 1}}},
		{Body: &Request_PushParcel{PushParcel: &PushParcel{Grant: 1, Sealed: make([]byte, MaxParcel)}}},
		{Body: &Request_PutCapsule{PutCapsule: &PutCapsule{Grant: 1}}},
		{Body: &Request_GetFragments{GetFragments: &GetFragments{Nodes: manyNodes()}}},
		{Body: &Request_Status{Status: &Status{}}},
		{Body: &Request_GetLeaves{GetLeaves: &GetLeaves{Grant: 1, Nodes: manyNodes()}}},
	}
}

func manyNodes() [][]byte {
	nodes := make([][]byte, MaxNodes)
	for i := range nodes {
		nodes[i] = make([]byte, 9)
	}
	return nodes
}

func TestEveryKindOfRequestTravelsAtItsFullSize(t *testing.T) {
	require.Len(t, requests(), len(requestLimit), "one request of each kind")
	for _, m := range requests() {
		t.Run(m.Kind(), func(t *testing.T) {
			got, err := ReadRequest(bufio.NewReader(bytes.NewReader(frame(t, m))))
			require.NoError(t, err)
			require.Equal(t, m, got)
		})
	}
}

func TestAStreamCarriesSeveralRequests(t *testing.T) {
	var b bytes.Buffer
	for _, m := range requests() {
		require.NoError(t, WriteRequest(&b, m))
	}
	r := bufio.NewReader(&b)
	for _, want := range requests() {
		got, err := ReadRequest(r)
		require.NoError(t, err)
		require.Equal(t, want.Kind(), got.Kind())
	}
	_, err := ReadRequest(r)
	require.ErrorIs(t, err, io.EOF)
}

func TestBadFramesAreRefused(t *testing.T) {
	hello := frame(t, &Request{Body: &Request_Hello{Hello: &Hello{ChainId: "c"}}})
	announce := func(size uint64, first byte) []byte {
		return append(binary.AppendUvarint([]byte{frameVersion}, size), first)
	}
	twoBodies := append(append([]byte{}, hello[2:]...), kindPutShard<<3|2, 2, 10, 0)
	for name, c := range map[string]struct {
		bytes []byte
		want  error
	}{
		"an unknown version":                          {append([]byte{0x02}, hello[1:]...), ErrFrame},
		"a length that never ends":                    {append([]byte{frameVersion}, bytes.Repeat([]byte{0xff}, 11)...), ErrFrame},
		"a message cut short":                         {hello[:len(hello)-1], io.ErrUnexpectedEOF},
		"an empty message":                            {rawFrame(nil), ErrFrame},
		"an unknown kind":                             {rawFrame([]byte{15<<3 | 2, 0}), ErrFrame},
		"a first byte that is no tag":                 {rawFrame([]byte{kindHello << 3, 0}), ErrFrame},
		"a hello as large as a shard":                 {announce(MaxShard, kindHello<<3|2), ErrTooLarge},
		"a shard above its limit":                     {announce(MaxShard+maxTicket+1, kindPutShard<<3|2), ErrTooLarge},
		"2^63 bytes announced":                        {announce(1<<63, kindPushParcel<<3|2), ErrTooLarge},
		"a second body behind the one limits look at": {rawFrame(twoBodies), ErrFrame},
		"bytes that are no protobuf":                  {rawFrame([]byte{kindHello<<3 | 2, 9, 1}), ErrFrame},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ReadRequest(bufio.NewReader(bytes.NewReader(c.bytes)))
			require.ErrorIs(t, err, c.want)
			require.False(t, errors.Is(err, io.EOF), "a broken frame must not look like the end of a stream")
		})
	}
}

func TestAnnouncedLengthReservesNoMemory(t *testing.T) {
	short := append(binary.AppendUvarint([]byte{frameVersion}, MaxParcel), kindPushParcel<<3|2)
	allocated := testing.Benchmark(func(b *testing.B) {
		for b.Loop() {
			_, err := ReadRequest(bufio.NewReader(bytes.NewReader(short)))
			if err == nil {
				b.Fatal("accepted")
			}
		}
	}).AllocedBytesPerOp()
	require.Less(t, allocated, int64(4*readChunk))
}

func TestResponsesAreLimitedByWhatWasAsked(t *testing.T) {
	var b bytes.Buffer
	require.NoError(t, WriteResponse(&b, &Response{Body: &Response_Shard{Shard: &GetShardReply{Data: make([]byte, 5000)}}}))
	_, err := ReadResponse(bufio.NewReader(bytes.NewReader(b.Bytes())), LimitShard(3000))
	require.ErrorIs(t, err, ErrTooLarge)
	got, err := ReadResponse(bufio.NewReader(bytes.NewReader(b.Bytes())), LimitShard(5000))
	require.NoError(t, err)
	require.Len(t, got.GetShard().Data, 5000)
}

func TestRequestsAboveTheirLimitAreNotSent(t *testing.T) {
	err := WriteRequest(io.Discard, &Request{Body: &Request_PutShard{PutShard: &PutShard{Data: make([]byte, MaxShard+maxTicket)}}})
	require.ErrorIs(t, err, ErrTooLarge)
	require.ErrorIs(t, WriteRequest(io.Discard, &Request{}), ErrFrame)
}

func FuzzReadRequest(f *testing.F) {
	for _, m := range requests() {
		if m.Size() < 4096 {
			f.Add(frame(f, m))
		}
	}
	f.Add(rawFrame([]byte{15<<3 | 2, 0}))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := ReadRequest(bufio.NewReader(bytes.NewReader(b)))
		if err != nil {
			return
		}
		again, err := ReadRequest(bufio.NewReader(bytes.NewReader(frame(t, m))))
		require.NoError(t, err)
		require.Equal(t, m.Kind(), again.Kind())
	})
}

func FuzzReadResponse(f *testing.F) {
	f.Add(rawFrame(nil))
	f.Add(rawFrame(encode(&Response{Code: CODE_BUSY, Message: "busy"})))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := ReadResponse(bufio.NewReader(bytes.NewReader(b)), LimitFragments)
		if err == nil {
			require.LessOrEqual(t, m.Size(), 2*len(b)+16)
		}
	})
}

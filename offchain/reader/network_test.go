package reader

import (
	"crypto/ed25519"
	"fmt"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpchain/cpchain/offchain/storage/client"
	provider "github.com/cpchain/cpchain/x/provider/types"
)

func TestAProviderThatTakesConnectionsAndSaysNothingIsWaitedForOnce(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	var dials atomic.Int32
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			dials.Add(1)
			defer conn.Close()
		}
	}()
	t.Cleanup(func() {
		require.NoError(t, listener.Close())
		<-ended
	})
	host, err := client.NewHost(nil, nil)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, host.Close()) })
	key, _, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)
	frozen := provider.Provider{Id: 7, PeerKey: key, Addresses: []string{fmt.Sprintf("/ip4/127.0.0.1/tcp/%d", listener.Addr().(*net.TCPAddr).Port)}}

	nodes := NewNodes(client.New(host, "cpchain-test-1", client.Options{DialTimeout: 300 * time.Millisecond}), nil)
	_, first := nodes.Manifest(t.Context(), frozen, BundleRef{})
	require.ErrorContains(t, first, "provider 7 is out of reach")
	asked := dials.Load()
	require.Positive(t, asked)
	_, second := nodes.Shard(t.Context(), frozen, BundleRef{}, 1)
	require.Equal(t, first, second)
	require.Equal(t, asked, dials.Load(), "it is not dialled again")
}

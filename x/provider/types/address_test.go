package types_test

import (
	"strings"
	"testing"

	"github.com/multiformats/go-multiaddr"
	"github.com/stretchr/testify/require"

	"github.com/cpchain/cpchain/x/provider/types"
)

var goodAddresses = []string{
	"/ip4/192.0.2.1/tcp/4001", "/ip4/127.0.0.1/tcp/1", "/ip6/2001:db8::1/tcp/65535", "/dns4/store.example.org/tcp/4001",
	"/dns6/a/tcp/443/wss", "/dns/xn--bcher-kva.example/tcp/443/tls/ws", "/ip4/192.0.2.1/tcp/80/ws", "/ip4/192.0.2.1/udp/4001/quic-v1",
}

func TestAddressesOfUseAreAccepted(t *testing.T) {
	require.NoError(t, types.ValidAddresses(goodAddresses, types.DefaultParams()))
	for _, a := range goodAddresses {
		ma, err := multiaddr.NewMultiaddr(a)
		require.NoError(t, err, "what the chain takes, libp2p can read: %s", a)
		require.Equal(t, a, ma.String())
	}
}

func TestOtherAddressesAreRefused(t *testing.T) {
	for name, a := range map[string]string{
		"empty":                       "",
		"no multiaddress":             "192.0.2.1:4001",
		"no transport":                "/ip4/192.0.2.1",
		"a trailing slash":            "/ip4/192.0.2.1/tcp/4001/",
		"text before the first slash": "x/ip4/192.0.2.1/tcp/4001",
		"port 0":                      "/ip4/192.0.2.1/tcp/0",
		"a port too large":            "/ip4/192.0.2.1/tcp/65536",
		"a port with a leading zero":  "/ip4/192.0.2.1/tcp/04001",
		"a port with a sign":          "/ip4/192.0.2.1/tcp/+4001",
		"an ip4 of three parts":       "/ip4/192.0.2/tcp/4001",
		"an ip4 with leading zeros":   "/ip4/192.0.02.1/tcp/4001",
		"all interfaces":              "/ip4/0.0.0.0/tcp/4001",
		"all interfaces (ip6)":        "/ip6/::/tcp/4001",
		"an ip6 under ip4":            "/ip4/::1/tcp/4001",
		"an ip4 under ip6":            "/ip6/192.0.2.1/tcp/4001",
		"an ip6 in another spelling":  "/ip6/2001:DB8:0::1/tcp/4001",
		"an ip6 with a zone":          "/ip6/fe80::1%eth0/tcp/4001",
		"a name in upper case":        "/dns4/Example.org/tcp/4001",
		"a name with an empty label":  "/dns4/a..b/tcp/4001",
		"a label too long":            "/dns4/" + strings.Repeat("a", 64) + "/tcp/1",
		"a label ending in a hyphen":  "/dns4/a-.b/tcp/4001",
		"a name with an underscore":   "/dns4/a_b/tcp/4001",
		"a name that is not ASCII":    "/dns4/bücher.example/tcp/4001",
		"a peer id":                   "/ip4/192.0.2.1/tcp/4001/p2p/12D3KooWGzxzKZYveHXtpG6AsrUJBcWxHBFS2HsEoGTxrMLvKXtf",
		"a relay":                     "/ip4/192.0.2.1/tcp/4001/p2p-circuit",
		"an unknown transport":        "/ip4/192.0.2.1/sctp/4001",
		"quic over tcp":               "/ip4/192.0.2.1/tcp/4001/quic-v1",
		"dnsaddr":                     "/dnsaddr/example.org/tcp/4001",
	} {
		require.ErrorIs(t, types.ValidAddresses([]string{a}, types.DefaultParams()), types.ErrAddress, name)
	}
}

func FuzzValidAddresses(f *testing.F) {
	for _, a := range goodAddresses {
		f.Add(a)
	}
	f.Add("/ip4/192.0.2.1/tcp/4001/p2p/x")
	f.Fuzz(func(t *testing.T, a string) {
		if types.ValidAddresses([]string{a}, types.DefaultParams()) != nil {
			return
		}
		ma, err := multiaddr.NewMultiaddr(a)
		if err != nil || ma.String() != a {
			t.Fatalf("%q is taken, libp2p reads %v, %v", a, ma, err)
		}
	})
}

package types

import (
	"net/netip"
	"strconv"
	"strings"
)

// Bounds of DNS names (RFC 1035).
const (
	maxNameBytes  = 253
	maxLabelBytes = 63
)

// ValidAddresses checks the list a provider announces: multiaddresses of the forms
//
//	/(ip4|ip6|dns|dns4|dns6)/<host>/tcp/<port>[/ws|/wss|/tls/ws]
//	/(ip4|ip6|dns|dns4|dns6)/<host>/udp/<port>/quic-v1
//
// in their canonical spelling. Names are not resolved. The grammar is our own and closed: go-multiaddr's table of protocols is a
// global that other packages of a binary add to and that grows with its version, so two nodes could judge one message
// differently.
func ValidAddresses(addresses []string, p Params) error {
	if len(addresses) == 0 || uint64(len(addresses)) > uint64(p.MaxAddresses) {
		return ErrAddress.Wrapf("%d addresses; give 1 to %d", len(addresses), p.MaxAddresses)
	}
	seen := make(map[string]bool, len(addresses))
	for _, a := range addresses {
		if uint64(len(a)) > uint64(p.MaxAddressBytes) {
			return ErrAddress.Wrapf("address of %d bytes, at most %d", len(a), p.MaxAddressBytes)
		}
		if seen[a] {
			return ErrAddress.Wrapf("%q stands twice", a)
		}
		seen[a] = true
		if err := validAddress(a); err != nil {
			return err
		}
	}
	return nil
}

func validAddress(address string) error {
	parts := strings.Split(address, "/")
	if len(parts) < 5 || parts[0] != "" {
		return ErrAddress.Wrapf("%q: write it like /ip4/192.0.2.1/tcp/4001", address)
	}
	if !validHost(parts[1], parts[2]) {
		return ErrAddress.Wrapf("%q: /%s/%s is no host: use ip4, ip6, dns, dns4 or dns6, in canonical spelling", address, parts[1], parts[2])
	}
	port, err := strconv.ParseUint(parts[4], 10, 16)
	if err != nil || port == 0 || strconv.FormatUint(port, 10) != parts[4] {
		return ErrAddress.Wrapf("%q: port %q is not 1 to 65535", address, parts[4])
	}
	switch strings.Join(append([]string{parts[3]}, parts[5:]...), "/") {
	case "tcp", "tcp/ws", "tcp/wss", "tcp/tls/ws", "udp/quic-v1":
		return nil
	}
	return ErrAddress.Wrapf("%q: after the host comes /tcp/<port>, alone or with /ws, /wss or /tls/ws, or /udp/<port>/quic-v1; no /p2p, the peer key tells it", address)
}

func validHost(kind, host string) bool {
	switch kind {
	case "ip4", "ip6":
		addr, err := netip.ParseAddr(host)
		return err == nil && addr.Is4() == (kind == "ip4") && addr.Zone() == "" && !addr.IsUnspecified() && addr.String() == host
	case "dns", "dns4", "dns6":
		return validName(host)
	}
	return false
}

// validName checks a lower-case DNS name without the final dot.
func validName(name string) bool {
	if len(name) > maxNameBytes {
		return false
	}
	for label := range strings.SplitSeq(name, ".") {
		if label == "" || len(label) > maxLabelBytes || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		if strings.ContainsFunc(label, func(r rune) bool { return r != '-' && (r < '0' || r > '9') && (r < 'a' || r > 'z') }) {
			return false
		}
	}
	return true
}

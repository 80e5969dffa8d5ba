package types

import (
	"net"
	"strconv"
	"strings"

	"github.com/cpchain/cpchain/pkg/vrf"
)

// DrawGas is the gas limit of a candidate's draw: it pays nothing, and may declare no more.
const DrawGas = 300_000

// maxAddressBytes bounds host:port.
const maxAddressBytes = 128

// Validate checks what needs no state but the proofs.
func (m *MsgRegisterCandidate) Validate() error { return ValidAddress(m.Address) }

// Validate checks what needs no state but the proofs.
func (m *MsgUpdateCandidate) Validate() error {
	if len(m.VrfKey) == 0 && len(m.NodeKey) == 0 && m.Address == "" && m.Agent == "" {
		return ErrUnchanged.Wrap("set a VRF key, a node key, an address or an agent")
	}
	return ValidAddress(m.Address)
}

// Validate checks what needs no state.
func (m *MsgSubmitSortition) Validate() error {
	if len(m.Proof) != vrf.ProofSize {
		return ErrProof.Wrapf("%d bytes, not %d", len(m.Proof), vrf.ProofSize)
	}
	return nil
}

// ValidAddress checks host:port; it may be empty. Errors: ErrAddress.
func ValidAddress(address string) error {
	if address == "" {
		return nil
	}
	if len(address) > maxAddressBytes {
		return ErrAddress.Wrapf("%d bytes, at most %d", len(address), maxAddressBytes)
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return ErrAddress.Wrapf("%q is not host:port", address)
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return ErrAddress.Wrapf("%q: the port must be 1 to 65535", address)
	}
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune(".-:", r)
	}
	if host == "" || strings.ContainsFunc(host, func(r rune) bool { return !plain(r) }) {
		return ErrAddress.Wrapf("%q: the host must be a name or an IP address", address)
	}
	return nil
}

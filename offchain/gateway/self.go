package gateway

import (
	"crypto/ed25519"
	"encoding/hex"

	"github.com/cpchain/cpchain/offchain/device"
	"github.com/cpchain/cpchain/pkg/seal"
	datarights "github.com/cpchain/cpchain/x/datarights/types"
)

// Self is who a gateway is, with its secrets.
type Self struct {
	ChainID string
	// Account signs and sends transactions; owners grant it fees for anchors.
	Account string
	// WriterKey signs anchors, tickets and hints.
	WriterKey ed25519.PrivateKey
	// SealKey is what owners seal node seeds to.
	SealKey seal.BoxSecret
	// DiskKey seals the log and all state.
	DiskKey seal.DiskKey
	// Device signs the block headers of streams whose row has its key; nil where there is none.
	Device *device.Key
	// PeerID is the gateway's libp2p name.
	PeerID string
}

func (s Self) writerPublic() []byte { return s.WriterKey.Public().(ed25519.PublicKey) }

func (s Self) devicePublic() []byte {
	if s.Device == nil {
		return nil
	}
	return s.Device.Public()
}

// deviceFor is what signs the block headers of a stream; nil where its row names no device.
func (s Self) deviceFor(row datarights.Stream) func(digest [32]byte) ([]byte, error) {
	if len(row.DeviceKey) == 0 {
		return nil
	}
	return s.Device.Sign
}

// writer is the gateway as a stream's writer.
func (s Self) writer() datarights.Writer {
	sealKey := s.SealKey.Public()
	return datarights.Writer{Account: s.Account, Key: s.writerPublic(), SealKey: sealKey[:]}
}

// Identity is what a gateway tells of itself.
type Identity struct {
	ChainID   string `json:"chain_id"`
	Account   string `json:"account"`
	WriterKey string `json:"writer_key"`
	SealKey   string `json:"seal_key"`
	PeerID    string `json:"peer_id"`
	// DeviceKey is the public key of the device that signs block headers here, empty where there is none.
	DeviceKey string `json:"device_key,omitempty"`
}

// Identity of the gateway; keys are hex.
func (s Self) Identity() Identity {
	sealKey := s.SealKey.Public()
	return Identity{
		ChainID: s.ChainID, Account: s.Account, WriterKey: hex.EncodeToString(s.writerPublic()),
		SealKey: hex.EncodeToString(sealKey[:]), PeerID: s.PeerID, DeviceKey: hex.EncodeToString(s.devicePublic()),
	}
}

// ProveWriter signs that this gateway is ready to write a stream: a new one named by owner and name, or, where stream is
// not 0, an existing one.
func (s Self) ProveWriter(owner, name string, stream uint64) []byte {
	if stream != 0 {
		return ed25519.Sign(s.WriterKey, datarights.SetWriterProofBytes(s.ChainID, stream, s.writer()))
	}
	return ed25519.Sign(s.WriterKey, datarights.WriterProofBytes(s.ChainID, owner, name, s.writer()))
}

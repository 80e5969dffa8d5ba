package gateway

import (
	"crypto/ed25519"
	"encoding/hex"

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
	// PeerID is the gateway's libp2p name.
	PeerID string
}

func (s Self) writerPublic() []byte { return s.WriterKey.Public().(ed25519.PublicKey) }

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
}

// Identity of the gateway; keys are hex.
func (s Self) Identity() Identity {
	sealKey := s.SealKey.Public()
	return Identity{
		ChainID: s.ChainID, Account: s.Account, WriterKey: hex.EncodeToString(s.writerPublic()),
		SealKey: hex.EncodeToString(sealKey[:]), PeerID: s.PeerID,
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

package types

import (
	"crypto/ed25519"

	"github.com/cpchain/cpchain/pkg/erasure"
)

// Sizes of keys.
const (
	sealKeySize = 32 // X25519
	p256KeySize = 33 // compressed
	maxShards   = erasure.MaxShards
)

// Validate checks everything that needs no state.
func (m *MsgCreateStream) Validate(p Params) error {
	if err := validName(m.Name); err != nil {
		return err
	}
	if err := validSearchText(m.Tags, m.Description, p); err != nil {
		return err
	}
	if m.Schema.Size() > int(p.MaxSchemaBytes) || len(m.Schema.Fields) > int(p.MaxFields) {
		return ErrSchema.Wrapf("%d bytes and %d fields, at most %d and %d", m.Schema.Size(), len(m.Schema.Fields), p.MaxSchemaBytes, p.MaxFields)
	}
	if m.TotalShards > p.MaxShards {
		return ErrCode.Wrapf("%d shards, at most %d", m.TotalShards, p.MaxShards)
	}
	if err := m.row().validShape(); err != nil {
		return err
	}
	if n := m.UploadMs / m.IntervalMs; n > uint64(p.MaxIntervalsPerAnchor) {
		return ErrPeriods.Wrapf("%d intervals per upload, at most %d", n, p.MaxIntervalsPerAnchor)
	}
	return nil
}

// row is the stream the message asks for, without what the chain adds.
func (m *MsgCreateStream) row() Stream {
	return Stream{
		Owner: m.Owner, Name: m.Name, Kind: m.Kind, Tags: m.Tags, Description: m.Description, Schema: m.Schema,
		OriginMs: m.OriginMs, BlockMs: m.BlockMs, IntervalMs: m.IntervalMs, UploadMs: m.UploadMs,
		DataShards: m.DataShards, TotalShards: m.TotalShards, DeviceKey: m.DeviceKey,
		Historical: m.Historical, Private: m.Private, Writer: m.Writer,
	}
}

// NewStream is the row a message makes: writer epoch 1, key epoch 0 from the first interval on.
func NewStream(m *MsgCreateStream, id uint64, height int64) Stream {
	s := m.row()
	s.Id, s.CreatedHeight, s.Writer.Epoch, s.KeyEpochs = id, height, 1, []KeyEpoch{{}}
	return s
}

// validShape checks what no change of params can make wrong: it holds for new rows and for those of a genesis.
func (s Stream) validShape() error {
	if err := ValidTag(s.Kind); err != nil {
		return err
	}
	if _, err := s.Schema.Timechain(); err != nil {
		return Because(ErrSchema, err)
	}
	if err := s.Grid().Validate(); err != nil {
		return Because(ErrPeriods, err)
	}
	// bounded before the conversion to int
	if s.TotalShards > maxShards || s.DataShards > maxShards {
		return ErrCode.Wrapf("%d of %d shards, at most %d", s.DataShards, s.TotalShards, maxShards)
	}
	if _, err := erasure.New(int(s.DataShards), int(s.TotalShards), 1); err != nil {
		return Because(ErrCode, err)
	}
	if n := len(s.DeviceKey); n != 0 && n != ed25519.PublicKeySize && n != p256KeySize {
		return ErrDeviceKey.Wrapf("%d bytes: ed25519 has %d, compressed P-256 has %d", n, ed25519.PublicKeySize, p256KeySize)
	}
	return s.Writer.validShape()
}

func (w Writer) validShape() error {
	if len(w.Key) != ed25519.PublicKeySize {
		return ErrWriter.Wrapf("key of %d bytes, not %d", len(w.Key), ed25519.PublicKeySize)
	}
	if n := len(w.SealKey); n != 0 && n != sealKeySize {
		return ErrWriter.Wrapf("seal key of %d bytes, not %d", n, sealKeySize)
	}
	return nil
}

// CheckProof checks a writer key's proof of possession over one of the two kinds of proof bytes.
func (w Writer) CheckProof(message, proof []byte) error {
	if err := checkSigned(w.Key, message, proof); err != nil {
		return Because(ErrWriter, err)
	}
	return nil
}

// Validate checks everything that needs no state.
func (m *MsgUpdateStream) Validate(p Params) error { return validSearchText(m.Tags, m.Description, p) }

// Validate checks everything that needs no state.
func (m *MsgSetWriter) Validate() error { return m.Writer.validShape() }

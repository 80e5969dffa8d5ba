package types

import (
	"crypto/ed25519"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/ipfs/go-cid"
	"github.com/multiformats/go-multihash"

	"github.com/cpchain/cpchain/pkg/erasure"
	"github.com/cpchain/cpchain/pkg/keytree"
	"github.com/cpchain/cpchain/pkg/pre"
)

const (
	hashSize = 32
	// maxTag bounds a tag and a kind in bytes.
	maxTag = 64
	// maxReason bounds texts meant for people.
	maxReason = 256
	// maxBatch bounds the grants accepted in one message.
	maxBatch = 256
)

var (
	rowName = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?$`)
	tagName = regexp.MustCompile(`^[a-z0-9][a-z0-9:._/-]*$`)
)

func validName(name string) error {
	if !rowName.MatchString(name) {
		return ErrName.Wrapf("%q: use 1 to 64 of a-z, 0-9 and inner hyphens", name)
	}
	if strings.IndexFunc(name, func(r rune) bool { return r < '0' || r > '9' }) < 0 {
		return ErrName.Wrapf("%q: a number alone would read as an id", name)
	}
	return nil
}

// Validate checks everything that needs no state.
func (m *MsgCreateStream) Validate(p Params) error {
	if err := validName(m.Name); err != nil {
		return err
	}
	if len(m.Kind) > maxTag || !tagName.MatchString(m.Kind) {
		return ErrText.Wrapf("kind %q: use up to %d of a-z, 0-9 and :._/-", m.Kind, maxTag)
	}
	if err := validText(m.Tags, m.Description, p); err != nil {
		return err
	}
	if m.Schema.Size() > int(p.MaxSchemaBytes) || len(m.Schema.Fields) > int(p.MaxFields) {
		return ErrSchema.Wrapf("%d bytes and %d fields, at most %d and %d", m.Schema.Size(), len(m.Schema.Fields), p.MaxSchemaBytes, p.MaxFields)
	}
	if _, err := m.Schema.Timechain(); err != nil {
		return ErrSchema.Wrap(err.Error())
	}
	grid := Stream{OriginMs: m.OriginMs, BlockMs: m.BlockMs, IntervalMs: m.IntervalMs, UploadMs: m.UploadMs}.Grid()
	if err := grid.Validate(); err != nil {
		return ErrPeriods.Wrap(err.Error())
	}
	if n := m.UploadMs / m.IntervalMs; n > uint64(p.MaxIntervalsPerAnchor) {
		return ErrPeriods.Wrapf("%d intervals per upload, at most %d", n, p.MaxIntervalsPerAnchor)
	}
	if m.TotalShards > p.MaxShards || m.DataShards > m.TotalShards {
		return ErrCode.Wrapf("%d of %d shards, at most %d in all", m.DataShards, m.TotalShards, p.MaxShards)
	}
	if _, err := erasure.New(int(m.DataShards), int(m.TotalShards), 1); err != nil {
		return ErrCode.Wrap(err.Error())
	}
	if n := len(m.DeviceKey); n != 0 && n != 32 && n != 33 {
		return ErrDeviceKey.Wrapf("%d bytes: ed25519 has 32, compressed P-256 has 33", n)
	}
	return m.Writer.validate()
}

func validText(tags []string, description string, p Params) error {
	if len(tags) > int(p.MaxTags) {
		return ErrText.Wrapf("%d tags, at most %d", len(tags), p.MaxTags)
	}
	for i, tag := range tags {
		if len(tag) > maxTag || !tagName.MatchString(tag) {
			return ErrText.Wrapf("tag %q: use up to %d of a-z, 0-9 and :._/-", tag, maxTag)
		}
		if slices.Contains(tags[:i], tag) {
			return ErrText.Wrapf("tag %q stands twice", tag)
		}
	}
	if len(description) > int(p.MaxDescriptionBytes) {
		return ErrText.Wrapf("description of %d bytes, at most %d", len(description), p.MaxDescriptionBytes)
	}
	if !utf8.ValidString(description) || strings.ContainsFunc(description, unicode.IsControl) {
		return ErrText.Wrap("the description must be UTF-8 text without control characters")
	}
	return nil
}

func (w Writer) validate() error {
	if len(w.Key) != ed25519.PublicKeySize {
		return ErrWriter.Wrapf("key of %d bytes, not %d", len(w.Key), ed25519.PublicKeySize)
	}
	if n := len(w.SealKey); n != 0 && n != 32 {
		return ErrWriter.Wrapf("seal key of %d bytes, not 32", n)
	}
	return nil
}

// Validate checks everything that needs no state.
func (m *MsgAnchor) Validate(p Params) error {
	a := m.Anchor
	for _, h := range [][]byte{a.RecordRoot, a.CommitmentRoot, a.ShardRoot, a.ReceiptRoot} {
		if len(h) != hashSize {
			return ErrHash.Wrapf("a root of %d bytes, not %d", len(h), hashSize)
		}
	}
	if err := validCID(a.ManifestCid); err != nil {
		return err
	}
	switch {
	case a.Intervals == 0 || a.Intervals > p.MaxIntervalsPerAnchor:
		return ErrSize.Wrapf("%d intervals; give 1 to %d", a.Intervals, p.MaxIntervalsPerAnchor)
	case uint64(a.FirstInterval)+uint64(a.Intervals) > 1<<keytree.Depth:
		return ErrSize.Wrap("the range reaches past the last interval")
	case a.PayloadBytes > p.MaxBundleBytes || a.ShardBytes > p.MaxBundleBytes:
		return ErrSize.Wrapf("payload of %d bytes in shards of %d, at most %d", a.PayloadBytes, a.ShardBytes, p.MaxBundleBytes)
	case a.Records > 1<<40 || a.Blocks > 1<<40 || a.Blocks < min(a.Records, 1):
		return ErrSize.Wrapf("%d records in %d blocks", a.Records, a.Blocks)
	case (a.Skipped == 0) != (a.SkipReason == ""):
		return ErrSkip.Wrap("an outage needs both the number of intervals and the reason")
	case len(a.SkipReason) > maxReason || !utf8.ValidString(a.SkipReason):
		return ErrSkip.Wrapf("the reason must be UTF-8 of at most %d bytes", maxReason)
	case len(a.Signature) != ed25519.SignatureSize:
		return ErrWriterSignature.Wrapf("%d bytes", len(a.Signature))
	}
	return nil
}

// validCID accepts a binary CIDv1, raw, sha2-256.
func validCID(bz []byte) error {
	c, err := cid.Cast(bz)
	if err != nil {
		return ErrHash.Wrap("manifest_cid: " + err.Error())
	}
	prefix := c.Prefix()
	if prefix.Version != 1 || prefix.Codec != cid.Raw || prefix.MhType != multihash.SHA2_256 || prefix.MhLength != hashSize {
		return ErrHash.Wrap("manifest_cid must be a CIDv1 of raw bytes by sha2-256")
	}
	return nil
}

// Validate checks everything that needs no state.
func (m *MsgRegisterReader) Validate(chainID string) error {
	if err := validName(m.Name); err != nil {
		return err
	}
	return validReaderKeys(chainID, m.Owner, m.PreKey, m.PreKeyProof, m.AuthKey, m.AuthKeyProof)
}

// Validate checks everything that needs no state.
func (m *MsgRotateReader) Validate(chainID string) error {
	return validReaderKeys(chainID, m.Owner, m.PreKey, m.PreKeyProof, m.AuthKey, m.AuthKeyProof)
}

func validReaderKeys(chainID, owner string, preKey, preProof, authKey, authProof []byte) error {
	if len(preKey) != len(pre.PublicKey{}) {
		return ErrReaderKey.Wrapf("pre_key of %d bytes, not %d", len(preKey), len(pre.PublicKey{}))
	}
	if len(authKey) != ed25519.PublicKeySize {
		return ErrReaderKey.Wrapf("auth_key of %d bytes, not %d", len(authKey), ed25519.PublicKeySize)
	}
	context := ReaderProofBytes(chainID, owner, preKey, authKey)
	if err := pre.VerifyPossession(pre.PublicKey(preKey), context, preProof); err != nil {
		return ErrReaderKey.Wrap("pre_key: " + err.Error())
	}
	if len(authProof) != ed25519.SignatureSize || !ed25519.Verify(authKey, context, authProof) {
		return ErrReaderKey.Wrap("auth_key: the proof is not by this key")
	}
	return nil
}

// Validate checks everything that needs no state.
func (m *MsgGrant) Validate(p Params) error {
	n := len(m.Proxies)
	switch {
	case m.FirstInterval > m.LastInterval:
		return ErrRange.Wrapf("%d to %d", m.FirstInterval, m.LastInterval)
	case m.Split > 1<<keytree.Depth:
		return ErrSplit.Wrapf("%d is past the last interval", m.Split)
	case m.Grain > keytree.Depth:
		return ErrRange.Wrapf("grain %d, at most %d", m.Grain, keytree.Depth)
	case n == 0 || n > int(p.MaxProxies) || m.Threshold == 0 || int(m.Threshold) > n:
		return ErrThreshold.Wrapf("%d of %d proxies; at most %d proxies", m.Threshold, n, p.MaxProxies)
	case len(m.Root) != hashSize:
		return ErrRoot.Wrapf("%d bytes, not %d", len(m.Root), hashSize)
	case m.AcceptanceFee.Denom != FeeDenom || m.AcceptanceFee.Amount.IsNil() || m.AcceptanceFee.Amount.IsNegative() ||
		m.AcceptanceFee.Amount.BigInt().BitLen() > 64:
		return ErrFee.Wrapf("acceptance_fee must be in %s, 0 or more and below 2^64", FeeDenom)
	}
	for i, id := range m.Proxies {
		if slices.Contains(m.Proxies[:i], id) {
			return ErrProxy.Wrapf("provider %d stands twice", id)
		}
	}
	return nil
}

// Validate checks everything that needs no state.
func (m *MsgAcceptGrant) Validate() error {
	if len(m.Grants) == 0 || len(m.Grants) > maxBatch {
		return ErrGrants.Wrapf("%d grants; give 1 to %d", len(m.Grants), maxBatch)
	}
	for i, id := range m.Grants {
		if slices.Contains(m.Grants[:i], id) {
			return ErrGrants.Wrapf("grant %d stands twice", id)
		}
	}
	return nil
}

// Validate checks everything that needs no state.
func (m *MsgRefuseGrant) Validate() error {
	if len(m.Reason) == 0 || len(m.Reason) > maxReason || !utf8.ValidString(m.Reason) {
		return ErrText.Wrapf("a refusal needs a reason of up to %d bytes of UTF-8", maxReason)
	}
	return nil
}

// maxPathLength bounds a Merkle path: no grant has 2^32 leaves.
const maxPathLength = 32

// Validate checks sizes before anything is hashed or decoded.
func (m *MsgDisputeFragment) Validate() error {
	a := m.Answer
	if a.Grant != m.Grant {
		return ErrAnswerForeign.Wrapf("it is about grant %d, not %d", a.Grant, m.Grant)
	}
	if len(a.Path) > maxPathLength || len(a.Leaf) > 4*pre.LeafSize || len(a.Capsule) > 4*pre.CapsuleSize ||
		len(a.Fragment) > 4*pre.FragmentSize {
		return ErrEvidence.Wrap("larger than any answer")
	}
	if len(a.Signature) != ed25519.SignatureSize {
		return ErrAnswerSignature.Wrapf("%d bytes", len(a.Signature))
	}
	return nil
}

// Validate checks everything that needs no state.
func (m *MsgUpdateStream) Validate(p Params) error { return validText(m.Tags, m.Description, p) }

// Validate checks everything that needs no state.
func (m *MsgSetWriter) Validate() error { return m.Writer.validate() }

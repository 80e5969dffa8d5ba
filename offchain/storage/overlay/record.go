package overlay

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"github.com/cpchain/cpchain/offchain/storage/wire"
	"github.com/cpchain/cpchain/pkg/keytree"
	"github.com/cpchain/cpchain/pkg/pre"
)

// ErrRecord means that a DHT record is refused; the text says which rule refused it.
var ErrRecord = errors.New("dht record refused")

// maxProviders in one hint: as many as a bundle may have shards.
const maxProviders = 64

// authorityTimeout bounds one question to the authority: validators get no context.
const authorityTimeout = 10 * time.Second

// SignHint completes a hint: its version is the time of signing (unix seconds), so that a republished record replaces
// the one before; it expires after wire.RecordLife. provider is 0 for the writer's key.
func SignHint(h wire.Hint, provider uint64, key ed25519.PrivateKey, now time.Time) wire.Hint {
	h.Version, h.ExpiresAt = uint64(now.Unix()), now.Add(wire.RecordLife).Unix()
	h.Signer, h.Provider = key.Public().(ed25519.PublicKey), provider
	h.Signature = ed25519.Sign(key, wire.HintSignBytes(h))
	return h
}

// SignKeyHint completes a key hint as SignHint does.
func SignKeyHint(k wire.KeyHint, provider uint64, key ed25519.PrivateKey, now time.Time) wire.KeyHint {
	k.Version, k.ExpiresAt = uint64(now.Unix()), now.Add(wire.RecordLife).Unix()
	k.Signer, k.Provider = key.Public().(ed25519.PublicKey), provider
	k.Signature = ed25519.Sign(key, wire.KeyHintSignBytes(k))
	return k
}

// checker holds what both kinds of record are checked against.
type checker struct {
	authority Authority // nil: any signer
	clock     func() time.Time
}

// life checks version and expiry: a version from the future would block every later record.
func (c checker) life(version uint64, expires int64) error {
	now := c.clock()
	if version > uint64(now.Add(wire.MaxSkew).Unix()) {
		return refuse("version %d lies in the future", version)
	}
	if expires <= now.Unix() {
		return refuse("expired at %d", expires)
	}
	if expires > int64(version)+int64(wire.RecordLife/time.Second) {
		return refuse("lives longer than %s", wire.RecordLife)
	}
	return nil
}

func (c checker) authorise(ask func(context.Context, Authority) error) error {
	if c.authority == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), authorityTimeout)
	defer cancel()
	if err := ask(ctx, c.authority); err != nil {
		return fmt.Errorf("%w: %w", ErrRecord, err)
	}
	return nil
}

func signed(signer, signature, message []byte) error {
	if len(signer) != ed25519.PublicKeySize || !ed25519.Verify(signer, message, signature) {
		return refuse("signature does not verify")
	}
	return nil
}

func refuse(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrRecord, fmt.Sprintf(format, args...))
}

// hintValidator guards /cpm.
type hintValidator struct{ checker }

// Validate implements record.Validator.
func (v hintValidator) Validate(key string, value []byte) error {
	h, err := decodeHint(value)
	if err != nil {
		return err
	}
	if key != wire.HintKey(h.ChainId, h.Stream, h.Seq) {
		return refuse("filed under %s, but speaks of another bundle", key)
	}
	if err := v.life(h.Version, h.ExpiresAt); err != nil {
		return err
	}
	if err := signed(h.Signer, h.Signature, wire.HintSignBytes(h)); err != nil {
		return err
	}
	return v.authorise(func(ctx context.Context, a Authority) error { return a.Hint(ctx, h) })
}

func decodeHint(value []byte) (wire.Hint, error) {
	var h wire.Hint
	if len(value) > wire.MaxRecord {
		return h, refuse("%d bytes, limit %d", len(value), wire.MaxRecord)
	}
	if err := h.Unmarshal(value); err != nil {
		return h, refuse("no hint: %v", err)
	}
	if canonical, err := h.Marshal(); err != nil || !bytes.Equal(canonical, value) {
		return h, refuse("not in canonical form")
	}
	if len(h.Providers) > maxProviders || len(h.ManifestCid) != wire.CIDSize {
		return h, refuse("%d providers, cid of %d bytes", len(h.Providers), len(h.ManifestCid))
	}
	return h, nil
}

// Select implements record.Validator: highest version, then lowest hash.
func (v hintValidator) Select(_ string, values [][]byte) (int, error) {
	return newest(values, func(value []byte) (uint64, error) {
		h, err := decodeHint(value)
		return h.Version, err
	})
}

// keyHintValidator guards /cpk.
type keyHintValidator struct{ checker }

// Validate implements record.Validator.
func (v keyHintValidator) Validate(key string, value []byte) error {
	k, err := decodeKeyHint(value)
	if err != nil {
		return err
	}
	if key != wire.KeyHintKey(k.ChainId, k.Stream, k.Node) {
		return refuse("filed under %s, but speaks of another key node", key)
	}
	if err := v.life(k.Version, k.ExpiresAt); err != nil {
		return err
	}
	if err := signed(k.Signer, k.Signature, wire.KeyHintSignBytes(k)); err != nil {
		return err
	}
	if err := pre.CheckCapsule(k.Capsule); err != nil {
		return refuse("capsule: %v", err)
	}
	return v.authorise(func(ctx context.Context, a Authority) error { return a.KeyHint(ctx, k) })
}

func decodeKeyHint(value []byte) (wire.KeyHint, error) {
	var k wire.KeyHint
	if len(value) > wire.MaxRecord {
		return k, refuse("%d bytes, limit %d", len(value), wire.MaxRecord)
	}
	if err := k.Unmarshal(value); err != nil {
		return k, refuse("no key hint: %v", err)
	}
	if canonical, err := k.Marshal(); err != nil || !bytes.Equal(canonical, value) {
		return k, refuse("not in canonical form")
	}
	node, err := keytree.ParseNode(k.Node)
	if err != nil {
		return k, refuse("node: %v", err)
	}
	if k.FirstInterval > k.LastInterval || k.FirstInterval < node.First() || k.LastInterval > node.Last() || k.FirstSeq > k.LastSeq {
		return k, refuse("intervals %d to %d of %s in bundles %d to %d", k.FirstInterval, k.LastInterval, node, k.FirstSeq, k.LastSeq)
	}
	if hash := pre.CapsuleHash(k.Capsule); !bytes.Equal(hash[:], k.CapsuleHash) {
		return k, refuse("capsule does not match its hash")
	}
	return k, nil
}

// Select implements record.Validator: highest version, then lowest hash.
func (v keyHintValidator) Select(_ string, values [][]byte) (int, error) {
	return newest(values, func(value []byte) (uint64, error) {
		k, err := decodeKeyHint(value)
		return k.Version, err
	})
}

// newest returns the index of the value with the highest version, of several the one with the lowest sha256. Values that
// do not decode are passed over.
func newest(values [][]byte, version func([]byte) (uint64, error)) (int, error) {
	best, bestVersion, bestHash := -1, uint64(0), [sha256.Size]byte{}
	for i, value := range values {
		v, err := version(value)
		if err != nil {
			continue
		}
		hash := sha256.Sum256(value)
		if best < 0 || v > bestVersion || v == bestVersion && bytes.Compare(hash[:], bestHash[:]) < 0 {
			best, bestVersion, bestHash = i, v, hash
		}
	}
	if best < 0 {
		return 0, refuse("none of %d values decodes", len(values))
	}
	return best, nil
}

package wire

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/ipfs/go-cid"
	mh "github.com/multiformats/go-multihash"
)

// ErrCID means that bytes do not match the CID they were asked for by, or that a CID is not of the one accepted form.
var ErrCID = errors.New("content does not match its cid")

// CID of a block: binary CIDv1, codec raw, hash sha2-256; CIDSize bytes.
func CID(data []byte) []byte {
	c, err := cid.Prefix{Version: 1, Codec: cid.Raw, MhType: mh.SHA2_256, MhLength: -1}.Sum(data)
	if err != nil {
		panic(err) // sha2-256 is always there
	}
	return c.Bytes()
}

// CheckCID checks that data is the block a CID names; any other form of CID is refused.
func CheckCID(want, data []byte) error {
	if len(want) != CIDSize {
		return fmt.Errorf("%w: a cid has %d bytes, not %d", ErrCID, CIDSize, len(want))
	}
	if !bytes.Equal(want, CID(data)) {
		return fmt.Errorf("%w: %d bytes under %x", ErrCID, len(data), want)
	}
	return nil
}

package light

import (
	"context"
	"errors"
	"fmt"

	"github.com/cometbft/cometbft/crypto/merkle"
	cmtcrypto "github.com/cometbft/cometbft/proto/tendermint/crypto"
	rpcclient "github.com/cometbft/cometbft/rpc/client"

	"cosmossdk.io/store/rootmulti"
	storetypes "cosmossdk.io/store/types"
)

// maxShown is how many bytes of a claimed value an error shows.
const maxShown = 64

// Row returns the value of a key in a module's store, or nil when it is proved that there is none.
func (v View) Row(ctx context.Context, store string, key []byte) ([]byte, error) {
	c := v.client
	res, err := c.rpc.ABCIQueryWithOptions(ctx, "/store/"+store+"/key", key, rpcclient.ABCIQueryOptions{Height: v.Height(), Prove: true})
	if err != nil {
		return nil, fmt.Errorf("%w: chain node %s: %w", ErrUnavailable, c.cfg.RPC, err)
	}
	r := res.Response
	if !r.IsOK() {
		return nil, fmt.Errorf("%w: chain node %s proves nothing at height %d (does it prune newer states?): %s", ErrUnavailable, c.cfg.RPC, v.Height(), r.Log)
	}
	row := fmt.Sprintf("row %X of store %s", key, store)
	value, claimed := r.Value, row+" to have the value "+shown(r.Value)
	if len(value) == 0 {
		value, claimed = nil, row+" not to exist"
	}
	if value == nil && provesEmpty(r.ProofOps) {
		return nil, fmt.Errorf("%w: %s is there without a value, which no proof can show", ErrUnavailable, row)
	}
	if r.ProofOps == nil {
		return nil, c.lie(v.Height(), claimed, errNoProof)
	}
	path := merkle.KeyPath{}.AppendKey([]byte(store), merkle.KeyEncodingURL).AppendKey(key, merkle.KeyEncodingHex).String()
	runtime := rootmulti.DefaultProofRuntime()
	if value == nil {
		err = runtime.VerifyAbsence(r.ProofOps, v.header.AppHash, path)
	} else {
		err = runtime.VerifyValue(r.ProofOps, v.header.AppHash, path, value)
	}
	if err != nil {
		return nil, c.lie(v.Height(), claimed, fmt.Errorf("its proof does not lead to app hash %X of verified header %d: %w", v.header.AppHash, v.header.Height, err))
	}
	return value, nil
}

// provesEmpty tells whether a proof speaks of a row that has an empty value. ICS-23 can't tell such a row from none.
func provesEmpty(ops *cmtcrypto.ProofOps) bool {
	if ops == nil || len(ops.Ops) == 0 {
		return false
	}
	op, err := storetypes.CommitmentOpDecoder(ops.Ops[0])
	if err != nil {
		return false
	}
	commitment, ok := op.(storetypes.CommitmentOp)
	return ok && commitment.Proof.GetExist() != nil && len(commitment.Proof.GetExist().Value) == 0
}

var errNoProof = errors.New("it gave no proof")

func shown(value []byte) string {
	if len(value) > maxShown {
		return fmt.Sprintf("%X… (%d bytes)", value[:maxShown], len(value))
	}
	return fmt.Sprintf("%X", value)
}

// Claims makes the error for a node that claims what the newest provable state shows not to be so.
func (v View) Claims(claimed, proved string) error {
	return &LieError{Node: v.client.cfg.RPC, Height: v.Height(), Claimed: claimed, Proved: proved}
}

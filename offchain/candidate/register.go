package candidate

import (
	"bytes"
	"fmt"

	cmtcfg "github.com/cometbft/cometbft/config"
	"github.com/cometbft/cometbft/p2p"
	"github.com/cometbft/cometbft/privval"

	sdk "github.com/cosmos/cosmos-sdk/types"

	committee "github.com/cpchain/cpchain/x/committee/types"
)

// Registration makes the message that registers a validator as a candidate, with the keys in its node's home: consensus key, VRF key
// and node key each prove that they are in the operator's hands. A consensus key held by a remote signer can't be read here.
func Registration(cfg *cmtcfg.Config, chainID, operator, address string) (*committee.MsgRegisterCandidate, error) {
	keys, err := LoadKeys(cfg.RootDir)
	if err != nil {
		return nil, err
	}
	node, err := p2p.LoadNodeKey(cfg.NodeKeyFile())
	if err != nil {
		return nil, fmt.Errorf("node key: %w", err)
	}
	consensus, err := consensusKey(cfg)
	if err != nil {
		return nil, err
	}
	msg := &committee.MsgRegisterCandidate{Operator: operator, Address: address, Agent: sdk.AccAddress(keys.Agent.PubKey().Address()).String()}
	if msg.ConsensusKeyProof, err = consensus.Sign(committee.PossessionBytes(committee.PurposeConsensus, chainID, operator)); err != nil {
		return nil, err
	}
	if msg.NodeKeyProof, err = node.PrivKey.Sign(committee.PossessionBytes(committee.PurposeNode, chainID, operator)); err != nil {
		return nil, err
	}
	msg.NodeKey = node.PubKey().Bytes()
	public := keys.VRF.Public()
	msg.VrfKey = bytes.Clone(public[:])
	_, msg.VrfKeyProof = keys.VRF.Prove(committee.PossessionBytes(committee.PurposeVRF, chainID, operator))
	return msg, nil
}

// signer signs any message: a key that lies in a file.
type signer interface {
	Sign(msg []byte) ([]byte, error)
}

func consensusKey(cfg *cmtcfg.Config) (signer, error) {
	if cfg.PrivValidatorListenAddr != "" {
		return nil, fmt.Errorf("the consensus key is with a remote signer at %s: sign the proof of possession there", cfg.PrivValidatorListenAddr)
	}
	file := privval.LoadFilePVEmptyState(cfg.PrivValidatorKeyFile(), "") // exits the program where the file can't be read
	return file.Key.PrivKey, nil
}

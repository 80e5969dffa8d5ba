package main

import (
	"fmt"

	cmtcfg "github.com/cometbft/cometbft/config"
	"github.com/spf13/cobra"

	"github.com/cosmos/cosmos-sdk/client"
	"github.com/cosmos/cosmos-sdk/client/flags"
	"github.com/cosmos/cosmos-sdk/client/tx"
	"github.com/cosmos/cosmos-sdk/server"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/cpchain/cpchain/offchain/candidate"
	committeetypes "github.com/cpchain/cpchain/x/committee/types"
)

// flagAddress of a candidate's node.
const flagAddress = "address"

// vrfKeyCmd makes a candidate's keys and shows their public halves.
func vrfKeyCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "vrf-key",
		Short: "Make this node's VRF key and sortition agent's key where they are missing, and show the public ones",
		Long: `Make this node's VRF key and sortition agent's key where they are missing, and show the public ones.

Both lie encrypted in config/. Their passphrase is read from ` + candidate.PassphraseEnv + `, else from config/vrf_passphrase, which is
made with a random passphrase if neither exists: move it to where you keep such things. The VRF key signs nothing and must not be used
for anything else; the agent's account needs no coins.`,
		Example: `  cpchaind vrf-key
  cpchaind tx committee register --from validator`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			keys, err := candidate.MakeKeys(server.GetServerContextFromCmd(cmd).Config.RootDir)
			if err != nil {
				return err
			}
			agent := sdk.AccAddress(keys.Agent.PubKey().Address())
			if only, _ := cmd.Flags().GetBool("agent"); only {
				_, err = fmt.Fprintln(cmd.OutOrStdout(), agent)
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "vrf_key: %x\nagent: %s\n", keys.VRF.Public(), agent)
			return err
		},
	}
	cmd.Flags().Bool("agent", false, "print the agent's address only")
	return cmd
}

// registerCmd sends a node's candidacy, with proofs of possession by the keys in its home.
func registerCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "register",
		Short: "Register this node's validator as a candidate for the committee",
		Long: `Register the signer's validator as a candidate. The consensus key, the VRF key and the node key are read from --home and prove
possession. It draws from the second term after this one on.`,
		Example: "  cpchaind tx committee register --from validator --address node.example.org:26656",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, err := client.GetClientTxContext(cmd)
			if err != nil {
				return err
			}
			msg, err := registration(cmd, ctx)
			if err != nil {
				return err
			}
			return tx.GenerateOrBroadcastTxCLI(ctx, cmd.Flags(), msg)
		},
	}
	addCandidateFlags(cmd)
	return cmd
}

// updateCmd replaces a candidate's node key, address and agent by those of --home, and its VRF key on demand.
func updateCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "update",
		Short: "Replace a candidate's node key, agent and address by those of this node",
		Long: `Replace a candidate's node key, agent and address by those of --home. --vrf-key replaces the VRF key too: the candidate draws again
from the second term after this one on, and it is refused while the candidate sits in the committee.`,
		Example: "  cpchaind tx committee update --from validator --address 192.0.2.7:26656",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, err := client.GetClientTxContext(cmd)
			if err != nil {
				return err
			}
			all, err := registration(cmd, ctx)
			if err != nil {
				return err
			}
			msg := &committeetypes.MsgUpdateCandidate{
				Operator: all.Operator, NodeKey: all.NodeKey, NodeKeyProof: all.NodeKeyProof, Address: all.Address, Agent: all.Agent,
			}
			if change, _ := cmd.Flags().GetBool("vrf-key"); change {
				msg.VrfKey, msg.VrfKeyProof = all.VrfKey, all.VrfKeyProof
			}
			return tx.GenerateOrBroadcastTxCLI(ctx, cmd.Flags(), msg)
		},
	}
	addCandidateFlags(cmd)
	cmd.Flags().Bool("vrf-key", false, "replace the VRF key too")
	return cmd
}

func addCandidateFlags(cmd *cobra.Command) {
	cmd.Flags().String(flagAddress, "", "host:port at which other nodes reach this one; empty: unsaid")
	flags.AddTxFlagsToCmd(cmd)
}

func registration(cmd *cobra.Command, ctx client.Context) (*committeetypes.MsgRegisterCandidate, error) {
	address, err := cmd.Flags().GetString(flagAddress)
	if err != nil {
		return nil, err
	}
	if err := committeetypes.ValidAddress(address); err != nil {
		return nil, err
	}
	return candidate.Registration(cmtcfg.DefaultConfig().SetRoot(ctx.HomeDir), ctx.ChainID, ctx.GetFromAddress().String(), address)
}

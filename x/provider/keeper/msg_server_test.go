package keeper

import (
	"testing"

	"github.com/stretchr/testify/require"

	errorsmod "cosmossdk.io/errors"
	"cosmossdk.io/math"

	sdkerrors "github.com/cosmos/cosmos-sdk/types/errors"

	"github.com/cpchain/cpchain/x/provider/types"
)

func TestOnlyTheAuthorityChangesParams(t *testing.T) {
	f := newFixture(t)
	params := types.DefaultParams()
	params.MaxAddresses = 3
	_, err := f.msg.UpdateParams(f.ctx, &types.MsgUpdateParams{Authority: "someone", Params: params})
	require.ErrorIs(t, err, types.ErrAuthority)
	_, err = f.msg.UpdateParams(f.ctx, &types.MsgUpdateParams{Authority: testAuthority, Params: params})
	require.NoError(t, err)
	params.FragmentSlashBps = 10_001
	_, err = f.msg.UpdateParams(f.ctx, &types.MsgUpdateParams{Authority: testAuthority, Params: params})
	require.ErrorIs(t, err, types.ErrParams)
}

func TestEveryRefusalHasACodeOfItsOwn(t *testing.T) {
	f := newFixture(t)
	op, _ := f.register(1)
	_, taken := f.msg.Register(f.ctx, f.registration(op, 2))
	_, unknown := f.msg.Leave(f.ctx, &types.MsgLeave{Operator: f.operator(5).String()})
	_, key := f.msg.Register(f.ctx, f.registration(f.operator(2), 1))
	poor := f.registration(f.operator(3), 3)
	poor.Bond.Amount = math.NewInt(1e15)
	_, funds := f.msg.Register(f.ctx, poor)
	_, address := f.msg.SetPaused(f.ctx, &types.MsgSetPaused{Operator: "nobody"})
	for _, c := range []struct {
		err  error
		want *errorsmod.Error
	}{
		{taken, types.ErrExists},
		{unknown, types.ErrNotFound},
		{key, types.ErrPeerKeyTaken},
		{funds, sdkerrors.ErrInsufficientFunds},
		{address, sdkerrors.ErrInvalidAddress},
		{f.k.CheckBoundary(f.ctx, 1), types.ErrBoundary},
	} {
		space, code, _ := errorsmod.ABCIInfo(c.err, false)
		require.Equal(t, c.want.Codespace(), space, "%v", c.err)
		require.Equal(t, c.want.ABCICode(), code, "%v", c.err)
	}
}

func TestEveryMessageRefusesAnAddressThatIsNone(t *testing.T) {
	f := newFixture(t)
	for name, send := range map[string]func() error{
		"register": func() error { _, err := f.msg.Register(f.ctx, &types.MsgRegister{Operator: "x"}); return err },
		"update":   func() error { _, err := f.msg.Update(f.ctx, &types.MsgUpdate{Operator: "x"}); return err },
		"bond":     func() error { _, err := f.msg.Bond(f.ctx, &types.MsgBond{Operator: "x"}); return err },
		"leave":    func() error { _, err := f.msg.Leave(f.ctx, &types.MsgLeave{Operator: "x"}); return err },
	} {
		require.ErrorIs(t, send(), sdkerrors.ErrInvalidAddress, name)
	}
}

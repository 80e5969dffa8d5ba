package keeper

import (
	"context"

	"github.com/cpchain/cpchain/x/datarights/types"
)

// Params of the module.
func (k Keeper) Params(ctx context.Context) (types.Params, error) { return k.params.Get(ctx) }

// SetParams replaces the params for the governance authority.
func (k Keeper) SetParams(ctx context.Context, authority string, params types.Params) error {
	if authority != k.authority {
		return types.ErrAuthority.Wrapf("%s, not %s", authority, k.authority)
	}
	if err := params.Validate(); err != nil {
		return err
	}
	return k.params.Set(ctx, params)
}

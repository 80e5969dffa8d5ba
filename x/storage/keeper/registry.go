package keeper

import "github.com/cpchain/cpchain/x/storage/types"

// Registry is the neighbour that knows the operators, for simulations, which hold this keeper only.
func (k Keeper) Registry() types.ProviderKeeper { return k.provider }

package keeper

import "github.com/cpchain/cpchain/x/datarights/types"

// Registry is the neighbour that knows the operators, for simulations, which hold this keeper only.
func (k Keeper) Registry() types.ProviderKeeper { return k.provider }

// Storage is where bundles are stored.
func (k Keeper) Storage() types.StorageKeeper { return k.storage }

package main

import (
	"context"
	"fmt"

	"google.golang.org/protobuf/reflect/protoreflect"

	basev1beta1 "cosmossdk.io/api/cosmos/base/v1beta1"
	"cosmossdk.io/client/v2/autocli/flag"

	sdk "github.com/cosmos/cosmos-sdk/types"
)

// coinType reads a coin into the very message type its field has. The flag type of client/v2 always makes the coin of
// cosmossdk.io/api; our messages are known by their gogoproto descriptors, whose coin has a descriptor of its own, and
// copying one into the other panics.
type coinType struct{}

// NewValue implements flag.Type.
func (coinType) NewValue(*context.Context, *flag.Builder) flag.Value { return &coinValue{} }

// DefaultValue implements flag.Type.
func (coinType) DefaultValue() string { return "" }

type coinValue struct {
	coin sdk.Coin
	set  bool
}

// Get implements flag.HasValue. Elements of a list come without a field to fill: only the SDK's own messages have such.
func (c *coinValue) Get(field protoreflect.Value) (protoreflect.Value, error) {
	if !c.set {
		return protoreflect.Value{}, nil
	}
	into := (&basev1beta1.Coin{}).ProtoReflect()
	if field.IsValid() {
		into = field.Message()
	}
	fields := into.Descriptor().Fields()
	into.Set(fields.ByName("denom"), protoreflect.ValueOfString(c.coin.Denom))
	into.Set(fields.ByName("amount"), protoreflect.ValueOfString(c.coin.Amount.String()))
	return protoreflect.ValueOfMessage(into), nil
}

// Set implements pflag.Value.
func (c *coinValue) Set(text string) error {
	coin, err := sdk.ParseCoinNormalized(text)
	if err != nil {
		return fmt.Errorf("coin %q: write one amount with its denom, like 1000000ucpc: %w", text, err)
	}
	c.coin, c.set = coin, true
	return nil
}

// String implements pflag.Value.
func (c *coinValue) String() string {
	if !c.set {
		return ""
	}
	return c.coin.String()
}

// Type implements pflag.Value.
func (*coinValue) Type() string { return "coin" }

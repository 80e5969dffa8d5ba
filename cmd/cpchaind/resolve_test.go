package main

import (
	"testing"

	"github.com/cosmos/gogoproto/proto"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// What autocli prints an answer by knows every message in it: gogoproto's own registry leaves those of a file empty that is
// registered later, and x/datarights' streams were printed as {}.
func TestAnswersArePrintedWithAllTheirFields(t *testing.T) {
	files, err := proto.MergedRegistry()
	require.NoError(t, err)
	for _, name := range []protoreflect.FullName{"cpchain.datarights.v1.Query", "cpchain.datarights.v1.Msg", "cpchain.provider.v1.Query", "cpchain.provider.v1.Msg"} {
		d, err := files.FindDescriptorByName(name)
		require.NoError(t, err)
		methods := d.(protoreflect.ServiceDescriptor).Methods()
		for i := range methods.Len() {
			known(t, methods.Get(i).Input())
			known(t, methods.Get(i).Output())
		}
	}
}

func known(t *testing.T, m protoreflect.MessageDescriptor) {
	t.Helper()
	require.False(t, m.IsPlaceholder(), m.FullName())
	for i := range m.Fields().Len() {
		if field := m.Fields().Get(i).Message(); field != nil {
			known(t, field)
		}
	}
}

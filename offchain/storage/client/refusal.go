package client

import (
	"errors"
	"fmt"
	"strings"

	"github.com/cpchain/cpchain/offchain/storage/wire"
)

// ErrProvider means that a provider sent something that does not verify; errors of this kind name the provider.
var ErrProvider = errors.New("provider sent a bad answer")

// Refusal is a node's answer other than CODE_OK.
type Refusal struct {
	Provider uint64
	Code     wire.Code
	Message  string
}

// Error implements error.
func (r *Refusal) Error() string {
	code := strings.ReplaceAll(strings.ToLower(strings.TrimPrefix(r.Code.String(), "CODE_")), "_", " ")
	return fmt.Sprintf("provider %d refused (%s): %s", r.Provider, code, r.Message)
}

// Refused tells whether err is a refusal with this code.
func Refused(err error, code wire.Code) bool {
	var r *Refusal
	return errors.As(err, &r) && r.Code == code
}

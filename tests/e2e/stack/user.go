package stack

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/cpchain/cpchain/offchain/chain"
	"github.com/cpchain/cpchain/offchain/secretfile"
)

// User is a person with a home for cpdata.
type User struct {
	Name, Home, Address string

	s *Stack
}

// passphrase of every user's secrets.
const passphrase = "correct horse battery staple"

// NewUser makes a home, keys and a funded account.
func (s *Stack) NewUser(ctx context.Context, name, coins string) (*User, error) {
	u, err := s.FreshHome(ctx, name, filepath.Join(s.cfg.Dir, "home-"+name))
	if err != nil {
		return nil, err
	}
	var made struct {
		Address string `json:"address"`
	}
	if err := u.JSON(ctx, &made, "keys", "init"); err != nil {
		return nil, err
	}
	u.Address = made.Address
	return u, s.Fund(ctx, u.Address, coins)
}

// FreshHome is a home that knows a chain node and one storage node, and holds no keys.
func (s *Stack) FreshHome(ctx context.Context, name, home string) (*User, error) {
	u := &User{Name: name, Home: home, s: s}
	_, err := u.Run(ctx, "init", "--node", s.RPC(), "--bootstrap", s.Bootstrap(), "--keyring-backend", "test")
	return u, err
}

// Run runs cpdata in the user's home.
func (u *User) Run(ctx context.Context, args ...string) ([]byte, error) {
	return u.s.Run(ctx, []string{"CPDATA_PASSPHRASE=" + passphrase}, "cpdata", append([]string{"--home", u.Home, "--yes"}, args...)...)
}

// JSON runs cpdata and decodes its answer.
func (u *User) JSON(ctx context.Context, into any, args ...string) error {
	return u.s.runJSON(ctx, []string{"CPDATA_PASSPHRASE=" + passphrase}, into, "cpdata", append([]string{"--home", u.Home, "--yes"}, args...)...)
}

// CopyReader puts a reader's keys into another home.
func (u *User) CopyReader(name string, to *User) error {
	from := filepath.Join(u.Home, "readers", name+".age")
	bz, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	dir := filepath.Join(to.Home, "readers")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, name+".age"), bz, 0o600)
}

// Secret opens one of the user's secret files, named from its home.
func (u *User) Secret(name string) ([]byte, error) {
	return secretfile.Load(filepath.Join(u.Home, name), passphrase)
}

// Signer signs transactions with the user's account key, apart from cpdata.
func (u *User) Signer(c *chain.Client) (*chain.Signer, error) {
	ring, err := chain.OpenKeyring(u.Home, "test", nil)
	if err != nil {
		return nil, err
	}
	return chain.NewSigner(c, ring, "default")
}

// Shell runs a line of shell, as somebody would who checks by other means.
func Shell(ctx context.Context, line string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "sh", "-c", line)
	out, err := cmd.Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return out, fmt.Errorf("%s: %w: %s", line, err, exit.Stderr)
	}
	return out, err
}

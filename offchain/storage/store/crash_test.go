package store

import (
	"bufio"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cpchain/cpchain/offchain/storage/wire"
)

// crashDir tells the test binary that it is the process to be killed, and where to write.
const crashDir = "CPCHAIN_STORE_CRASH_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(crashDir); dir != "" {
		if err := writeForever(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// writeForever puts block after block and prints each once the store has said that it is safe.
func writeForever(dir string) error {
	s, _, err := Open(dir, 1<<30, disk, rand.Reader)
	if err != nil {
		return err
	}
	for i := uint64(0); ; i++ {
		data := make([]byte, 20_000)
		if _, err := rand.Read(data); err != nil {
			return err
		}
		b := Block{Bundle: Bundle{Stream: i % 3, Seq: i}, CID: wire.CID(data), Height: 1}
		if err := s.Put(b, data); err != nil {
			return err
		}
		fmt.Printf("%d %d %x\n", b.Bundle.Stream, b.Bundle.Seq, b.CID)
	}
}

// A process is killed in mid-write, again and again over the same folder: whatever it had been told is safe is there and
// whole, and nothing half-written is left after the store is opened.
func TestNothingAcknowledgedIsLostWhenTheProcessIsKilled(t *testing.T) {
	dir := t.TempDir()
	var acked []Block
	for round := range 6 {
		acked = append(acked, killAfter(t, dir, 5+7*round)...)

		s, report := open(t, dir, 1<<30)
		require.Zero(t, report.Lost)
		require.GreaterOrEqual(t, report.Blocks, len(acked))
		require.LessOrEqual(t, report.Blocks, len(acked)+round+1, "at most one block a round was written but not told")
		var held uint64
		for _, b := range acked {
			row, err := s.Block(b.Bundle, b.CID)
			require.NoError(t, err)
			data, err := s.Data(row)
			require.NoError(t, err)
			held += uint64(len(data))
		}
		require.GreaterOrEqual(t, s.Usage().Bytes, held)
		left, err := os.ReadDir(dir + "/" + stageDir)
		require.NoError(t, err)
		require.Empty(t, left)
		require.NoError(t, s.Close())
	}
}

// killAfter runs the writer over dir and kills it once it has acknowledged n blocks; it returns all it acknowledged.
func killAfter(t *testing.T, dir string, n int) []Block {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), crashDir+"="+dir)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())

	var acked []Block
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		acked = append(acked, parseAck(t, lines.Text()))
		if len(acked) == n {
			require.NoError(t, cmd.Process.Kill()) // SIGKILL; what is in the pipe still counts
		}
	}
	require.Error(t, cmd.Wait(), "killed")
	require.GreaterOrEqual(t, len(acked), n)
	return acked
}

func parseAck(t *testing.T, line string) Block {
	t.Helper()
	parts := strings.Fields(line)
	require.Len(t, parts, 3)
	stream, err := strconv.ParseUint(parts[0], 10, 64)
	require.NoError(t, err)
	seq, err := strconv.ParseUint(parts[1], 10, 64)
	require.NoError(t, err)
	cid, err := hex.DecodeString(parts[2])
	require.NoError(t, err)
	return Block{Bundle: Bundle{Stream: stream, Seq: seq}, CID: cid}
}

package gateway

import (
	"github.com/cpchain/cpchain/pkg/merkle"
	"github.com/cpchain/cpchain/pkg/timechain"
)

// Files of a lane, in <home>/streams/<id>, sealed under the disk key; the log lies beside them in wal/.
const (
	rowFile      = "stream"   // the stream's row as last read from the chain
	keysFile     = "keys"     // the forward window of node seeds
	stateFile    = "state"    // how far the stream is anchored
	seenFile     = "seen"     // names of batches that have left the log
	bundleFile   = "bundle"   // the staged bundle
	anchorFile   = "anchor"   // its signed anchor, once it has been uploaded
	capsulesFile = "capsules" // capsules of open nodes of live grants
	aliveFile    = "alive"    // when the gateway last ran
	walDir       = "wal"
)

// state is how far a stream is anchored, by this gateway's memory. It changes only after the chain has.
type state struct {
	// NextSeq, NextInterval and LastHash are the head this gateway left the stream at.
	NextSeq      uint64
	NextInterval uint64
	LastHash     []byte
	// ChainSeq and ChainPrev are where the chain of block headers stands.
	ChainSeq  uint64
	ChainPrev merkle.Hash
	// WriterEpoch is the one the last anchor was made in; 0 before the first.
	WriterEpoch uint32
	// Records of intervals below End in frames below Cut are anchored.
	Cut uint64
	End uint64
	// NextRecord is the least arrival number not given yet.
	NextRecord uint64
	// Forgotten is the interval below which keys are gone.
	Forgotten uint64
	// Outages not anchored yet.
	Outages []outage
	// Unsure is set while the gateway has not compared itself with the chain since it started; UnsureFrom is the end of
	// the log it found then.
	Unsure     bool
	UnsureFrom uint64
}

// consumed tells whether a record is anchored.
func (s state) consumed(frame uint64, interval uint32) bool {
	return frame < s.Cut && uint64(interval) < s.End
}

// outage is a time this gateway did not run, in whole intervals [From, To).
type outage struct {
	From, To uint64
	Reason   string
}

// stage is a sealed bundle on its way. It is never altered: either exactly these bytes are anchored, or the records are
// sealed anew, with fresh salts.
type stage struct {
	// Seq, First and End are the bundle's; Skipped intervals before First are declared an outage.
	Seq        uint64
	First, End uint64
	Skipped    uint32
	Reason     string
	// Cut: the records of intervals below End in frames below Cut are in it.
	Cut         uint64
	WriterEpoch uint32
	KeyEpoch    uint32
	ChainSeq    uint64
	ChainPrev   merkle.Hash
	Manifest    []byte
	Shards      [][]byte
}

// bundle gives the stage the form an uploader takes.
func (s *stage) bundle() (*timechain.Bundle, error) {
	m, err := timechain.ParseManifest(s.Manifest)
	if err != nil {
		return nil, err
	}
	return &timechain.Bundle{
		Manifest: m, ManifestBytes: s.Manifest, Shards: s.Shards, Chain: timechain.Chain{Seq: s.ChainSeq, Prev: s.ChainPrev},
	}, nil
}

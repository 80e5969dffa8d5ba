package main

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
)

// calibrate measures fixed work that is not ours, on one core: absolute figures of different machines, or of one machine at
// different hours, can be read by it.
func (b *bench) calibrate() error {
	const size = 1 << 20
	data := make([]byte, size)
	block, err := aes.NewCipher(make([]byte, 32))
	if err != nil {
		return err
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		return err
	}
	nonce, out := make([]byte, gcm.NonceSize()), make([]byte, 0, size+gcm.Overhead())
	small := make([]byte, 65)
	const nodes = 10_000
	medians, err := inTurn(b.runs,
		repeated(size/1e6, func() error { sha256.Sum256(data); return nil }),
		repeated(size/1e6, func() error { out = gcm.Seal(out[:0], nonce, data, nil); return nil }),
		repeated(nodes/1e6, func() error {
			for range nodes {
				sum := sha256.Sum256(small)
				copy(small[1:], sum[:])
			}
			return nil
		}))
	if err != nil {
		return err
	}
	b.report.add(
		figure("calibration/sha256", medians[0][perCPU], "MB per CPU-second"),
		figure("calibration/aes-256-gcm", medians[1][perCPU], "MB per CPU-second"),
		figure("calibration/tree-nodes", medians[2][perCPU], "million hashes of 65 bytes per CPU-second"))
	return nil
}

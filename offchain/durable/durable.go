// Package durable writes small files so that a crash leaves either what was there before or the whole new file.
package durable

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Create writes a file that must not exist yet, with mode 0600, and its folder with 0700. Errors: os.ErrExist.
func Create(path string, data []byte) error {
	staged, err := stage(path, data)
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(staged) }() // the file has its name by then, or there is an error to tell
	if err := os.Link(staged, path); err != nil {
		if errors.Is(err, os.ErrExist) {
			return fmt.Errorf("%s exists already and is not overwritten: %w", path, os.ErrExist)
		}
		return err
	}
	return syncDir(filepath.Dir(path))
}

// Replace writes a file anew in one step, with mode 0600, and its folder with 0700.
func Replace(path string, data []byte) error {
	staged, err := stage(path, data)
	if err != nil {
		return err
	}
	if err := os.Rename(staged, path); err != nil {
		return errors.Join(err, os.Remove(staged))
	}
	return syncDir(filepath.Dir(path))
}

// stage writes and syncs a file of another name beside the one meant.
func stage(path string, data []byte) (string, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return "", err
	}
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return "", err
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return "", errors.Join(err, os.Remove(f.Name()))
	}
	return f.Name(), nil
}

// syncDir makes a new name survive a power cut.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

package store

import (
	"errors"
	"os"
	"path/filepath"
)

// writeFile stages, syncs and renames: after it returned, the file is whole and stays so through a power cut.
func (s *Store) writeFile(dir, name string, data []byte) error {
	staged, err := os.CreateTemp(filepath.Join(s.dir, stageDir), name+".*")
	if err != nil {
		return err
	}
	_, err = staged.Write(data)
	if err == nil {
		err = staged.Sync()
	}
	if err = errors.Join(err, staged.Close()); err == nil {
		err = s.publish(staged.Name(), dir, name)
	}
	if err != nil {
		return errors.Join(err, os.Remove(staged.Name()))
	}
	return nil
}

// publish moves a staged file to its place and makes the new names durable.
func (s *Store) publish(staged, dir, name string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	if err := os.Rename(staged, filepath.Join(dir, name)); err != nil {
		return err
	}
	// The bundle's folder and its parents may be new.
	for _, d := range []string{dir, filepath.Dir(dir), filepath.Join(s.dir, blocksDir)} {
		if err := syncDir(d); err != nil {
			return err
		}
	}
	return nil
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

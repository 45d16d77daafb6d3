package check

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
)

// Load reads what was kept; nothing where nothing was.
func Load(path string, into any) error {
	content, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return json.Unmarshal(content, into)
}

// Keep keeps it: whole, on disk, or as it was before.
func Keep(path string, told any) error {
	content, err := json.Marshal(told)
	if err != nil {
		return err
	}
	scratch, err := os.Create(path + ".next")
	if err != nil {
		return err
	}
	_, err = scratch.Write(content)
	if err = errors.Join(err, scratch.Sync(), scratch.Close()); err != nil {
		return err
	}
	return os.Rename(path+".next", path)
}

package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
)

const (
	width      = 256
	height     = 8
	checkpoint = "checkpoint"
)

// A tile is one file of the layout c2sp.org/tlog-tiles.
type tile struct {
	level  int
	number int64
	width  int64
}

// path is that of a tile, or of the bundle beside a tile of leaves.
func (t tile) path(bundle bool) string {
	groups := fmt.Sprintf("%03d", t.number%1000)
	for number := t.number / 1000; number > 0; number /= 1000 {
		groups = fmt.Sprintf("x%03d/%s", number%1000, groups)
	}
	level := fmt.Sprint(t.level)
	if bundle {
		level = "entries"
	}
	if t.width < width {
		groups += fmt.Sprintf(".p/%d", t.width)
	}
	return fmt.Sprintf("tile/%s/%s", level, groups)
}

// tilesOf gives every tile of a tree, leaves first.
func tilesOf(size int64) iter.Seq[tile] {
	return func(yield func(tile) bool) {
		for level, count := 0, size; count > 0; level, count = level+1, count/width {
			for start := int64(0); start < count; start += width {
				if !yield(tile{level, start / width, min(width, count-start)}) {
					return
				}
			}
		}
	}
}

// A comparison is of a folder of tiles with a head, and with the log where it is at
// least as long. A hash is compared with the log's; without it, with what stands below.
type comparison struct {
	folder string
	log    *tree
	add    func(place, rule string)
	full   func() bool

	below, above []byte // roots of the full tiles of a level
	level        int
	edges        [][]byte
	scratch      []byte
}

// run names every file that is not what the head asks for.
func (c *comparison) run(h head) {
	switch {
	case c.log.size() < h.size:
		c.add(checkpoint, fmt.Sprintf("covers %d entries, and the log has %d", h.size, c.log.size()))
		c.log = nil
	case !bytes.Equal(c.log.root(h.size), h.root):
		c.add(checkpoint, "its root is not the log's")
	}
	for t := range tilesOf(h.size) {
		if c.full() {
			return // a head may claim any size
		}
		c.compare(t)
	}
	if !bytes.Equal(edgeRoot(c.edges), h.root) {
		c.add(checkpoint, "its root is not that of the tiles")
	}
}

func (c *comparison) compare(t tile) {
	if t.level != c.level {
		c.below, c.above, c.level = c.above, nil, t.level
	}
	start, end := t.number*width, t.number*width+t.width
	var expected []byte
	switch {
	case c.log != nil:
		expected = c.log.hashes(t.level*height, start, end)
	case t.level > 0:
		expected = c.below[start*hashSize : end*hashSize]
	}
	if t.level == 0 && !c.isTheLogs(t) {
		hashes := c.bundle(t, expected)
		if c.log == nil {
			expected = hashes
		}
	}
	found := c.hashes(t, expected)
	if t.width < width {
		c.edges = append(c.edges, found)
	} else if c.log == nil {
		c.above = append(c.above, rootOf(found)...)
	}
}

// isTheLogs is whether a whole bundle is, byte by byte, the log's.
func (c *comparison) isTheLogs(t tile) bool {
	if c.log == nil || t.width < width {
		return false
	}
	content, err := c.read(t.path(true))
	if err != nil {
		return false
	}
	c.scratch = c.scratch[:0]
	for index := t.number * width; index < (t.number+1)*width; index++ {
		at := len(c.scratch)
		c.scratch = c.log.text(append(c.scratch, 0, 0), index)
		binary.BigEndian.PutUint16(c.scratch[at:], uint16(len(c.scratch)-at-2))
	}
	return bytes.Equal(content, c.scratch)
}

// bundle names what of a bundle is not right, and gives the hashes of its leaves.
func (c *comparison) bundle(t tile, ours []byte) []byte {
	content, there, err := c.fetch(t, true)
	if err != nil {
		c.add(t.path(true), err.Error())
		return ours
	}
	path := there.path(true)
	texts, err := texts(content)
	if err != nil || int64(len(texts)) != there.width {
		c.add(path, fmt.Sprintf("has %d entries, must have %d", len(texts), there.width))
		return ours
	}
	var hashes []byte
	for slot, text := range texts[:t.width] {
		position := t.number*width + int64(slot) + 1
		if !bytes.HasPrefix(text, fmt.Appendf(nil, "childregistry/entry/v1\n%d\n", position)) {
			c.add(fmt.Sprintf("%s#%d", path, slot), fmt.Sprintf("is not the entry %d", position))
		}
		hash := leafHash(text)
		hashes = append(hashes, hash[:]...)
	}
	if c.log != nil {
		c.differing(path, hashes, ours, "is not the log's entry")
	}
	return hashes
}

// hashes are those of a tile, after what is not as expected was named.
func (c *comparison) hashes(t tile, expected []byte) []byte {
	content, there, err := c.fetch(t, false)
	if err == nil && int64(len(content)) != there.width*hashSize {
		err = fmt.Errorf("has %d bytes, must have %d", len(content), there.width*hashSize)
	}
	if err != nil {
		c.add(there.path(false), err.Error())
		if expected == nil {
			expected = make([]byte, t.width*hashSize)
		}
		return expected
	}
	rule := fmt.Sprintf("is not the root of a tile of level %d", t.level-1)
	if t.level == 0 {
		rule = "is not the hash of " + t.path(true)
	}
	found := content[:t.width*hashSize]
	if expected != nil {
		c.differing(t.path(false), found, expected, rule)
	}
	return found
}

func (c *comparison) differing(path string, found, expected []byte, rule string) {
	for at := 0; at < len(found); at += hashSize {
		if !bytes.Equal(found[at:at+hashSize], expected[at:at+hashSize]) {
			c.add(fmt.Sprintf("%s#%d", path, at/hashSize), rule)
		}
	}
}

// fetch reads the file of a tile, or the full one that came after it.
func (c *comparison) fetch(t tile, bundle bool) ([]byte, tile, error) {
	content, err := c.read(t.path(bundle))
	if err == nil || t.width == width {
		return content, t, err
	}
	full := tile{t.level, t.number, width}
	if content, err := c.read(full.path(bundle)); err == nil {
		return content, full, nil
	}
	return nil, t, err
}

func (c *comparison) read(path string) ([]byte, error) {
	content, err := os.ReadFile(filepath.Join(c.folder, path))
	if err != nil {
		return nil, errors.New("is missing")
	}
	return content, nil
}

// texts are the leaves' texts of a bundle, as many as are whole.
func texts(bundle []byte) (found [][]byte, err error) {
	for len(bundle) > 0 {
		if len(bundle) < 2 || len(bundle) < 2+int(binary.BigEndian.Uint16(bundle)) {
			return found, errors.New("is cut short")
		}
		end := 2 + int(binary.BigEndian.Uint16(bundle))
		found = append(found, bundle[2:end])
		bundle = bundle[end:]
	}
	return found, nil
}

// edgeRoot is the root of a tree from its partial tiles, leaves' level first.
func edgeRoot(edges [][]byte) []byte {
	var tail []byte
	for _, edge := range edges {
		if len(edge)+len(tail) > 0 {
			tail = rootOf(append(bytes.Clone(edge), tail...))
		}
	}
	if tail == nil {
		return emptyRoot()
	}
	return tail
}

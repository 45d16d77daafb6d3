package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"strconv"
)

// A tree is that of RFC 6962 over the entries of a log, all its full nodes by level.
// Hashes of a level stand one after the other.
type tree struct {
	entries []byte // the entries' own hashes, of which the leaves are made
	levels  [][]byte
}

// newTree is the empty tree, with room for about so many entries.
func newTree(room int64) tree {
	made := tree{entries: make([]byte, 0, room*hashSize)}
	for ; room > 0; room /= 2 {
		made.levels = append(made.levels, make([]byte, 0, room*hashSize))
	}
	return made
}

func (t *tree) size() int64 { return int64(len(t.entries) / hashSize) }

// leafText is the commitment to the entry at a position (FORMAT.md, "The tree").
func leafText(to []byte, position int64, hash []byte) []byte {
	to = append(to, "childregistry/entry/v1\n"...)
	to = strconv.AppendInt(to, position, 10)
	to = append(to, '\n')
	to = base64.StdEncoding.AppendEncode(to, hash)
	return append(to, '\n')
}

func leafHash(text []byte) [hashSize]byte {
	var room [128]byte
	return sha256.Sum256(append(append(room[:0], 0), text...))
}

func nodeHash(left, right []byte) [hashSize]byte {
	var room [1 + 2*hashSize]byte
	return sha256.Sum256(append(append(append(room[:0], 1), left...), right...))
}

// text is the commitment to an entry of the tree, by its index.
func (t *tree) text(to []byte, index int64) []byte {
	return leafText(to, index+1, t.entries[index*hashSize:][:hashSize])
}

// add appends the next entry by its hash.
func (t *tree) add(hash []byte) {
	var room [128]byte
	t.entries = append(t.entries, hash...)
	carried := leafHash(leafText(room[:0], t.size(), hash))
	for level := 0; ; level++ {
		if level == len(t.levels) {
			t.levels = append(t.levels, nil)
		}
		row := append(t.levels[level], carried[:]...)
		t.levels[level] = row
		if len(row)/hashSize%2 == 1 {
			return
		}
		carried = nodeHash(row[len(row)-2*hashSize:len(row)-hashSize], row[len(row)-hashSize:])
	}
}

// hashes are the roots of full subtrees of 2^level leaves, in a row.
func (t *tree) hashes(level int, start, end int64) []byte {
	if level >= len(t.levels) {
		return nil
	}
	row := t.levels[level]
	size := int64(len(row))
	return row[min(start*hashSize, size):min(end*hashSize, size)]
}

// root is that of the tree of the first leaves.
func (t *tree) root(size int64) []byte {
	var edges [][]byte // of the largest full subtrees, from the left
	start := int64(0)
	for level := len(t.levels) - 1; level >= 0; level-- {
		if size>>level&1 == 1 {
			edges = append(edges, t.hashes(level, start>>level, start>>level+1))
			start += 1 << level
		}
	}
	if len(edges) == 0 {
		return emptyRoot()
	}
	root := bytes.Clone(edges[len(edges)-1])
	for i := len(edges) - 2; i >= 0; i-- {
		hash := nodeHash(edges[i], root)
		root = hash[:]
	}
	return root
}

func emptyRoot() []byte {
	hash := sha256.Sum256(nil)
	return hash[:]
}

// rootOf is the root over hashes that stand one after the other.
func rootOf(hashes []byte) []byte {
	if len(hashes) == 0 {
		return emptyRoot()
	}
	level := bytes.Clone(hashes)
	for len(level) > hashSize {
		var above []byte
		for ; len(level) >= 2*hashSize; level = level[2*hashSize:] {
			hash := nodeHash(level[:hashSize], level[hashSize:2*hashSize])
			above = append(above, hash[:]...)
		}
		level = append(above, level...)
	}
	return level
}

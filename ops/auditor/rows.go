package main

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strings"

	"zombiezen.com/go/sqlite"
)

// Rows as bytes: each value after its type, and after its length where it has one, so
// that equal bytes are equal rows and a number is not a text.

func appendEvent(to []byte, h header, position int64, content []byte) []byte {
	to = appendInteger(appendText(to, h.stream), h.version)
	to = appendText(appendBlob(appendInteger(to, position), h.key[:]), h.kind)
	if isOwn(h.stream) {
		return appendBlob(to, content)
	}
	return appendNull(to)
}

func appendStored(to []byte, h header, content []byte) []byte {
	to = appendInteger(appendText(to, h.stream), h.version)
	return appendBlob(appendText(to, h.kind), content)
}

func appendLookedUp(to []byte, h header, position int64, content []byte) []byte {
	to = appendText(appendBlob(appendInteger(to, position), h.key[:]), h.kind)
	if isOwn(h.stream) {
		return appendNull(appendNull(appendBlob(to, content)))
	}
	return appendBlob(appendText(appendNull(to), h.kind), content)
}

func appendNull(to []byte) []byte { return append(to, 'n') }

func appendInteger(to []byte, value int64) []byte {
	return binary.BigEndian.AppendUint64(append(to, 'i'), uint64(value))
}

func appendText(to, value []byte) []byte {
	return append(binary.BigEndian.AppendUint32(append(to, 't'), uint32(len(value))), value...)
}

func appendBlob(to, value []byte) []byte {
	return append(binary.BigEndian.AppendUint32(append(to, 'b'), uint32(len(value))), value...)
}

func appendColumns(to []byte, row *sqlite.Stmt, columns ...int) []byte {
	for _, column := range columns {
		switch kind := row.ColumnType(column); kind {
		case sqlite.TypeInteger:
			to = appendInteger(to, row.ColumnInt64(column))
		case sqlite.TypeText, sqlite.TypeBlob:
			mark := byte('b')
			if kind == sqlite.TypeText {
				mark = 't'
			}
			start := len(to) + 1 + 4
			to = appendBytes(append(to, mark, 0, 0, 0, 0), row, column)
			binary.BigEndian.PutUint32(to[start-4:], uint32(len(to)-start))
		case sqlite.TypeNull:
			to = appendNull(to)
		default: // a column of ours holds no fractions
			to = append(to, 'f')
		}
	}
	return to
}

func appendBytes(to []byte, row *sqlite.Stmt, column int) []byte {
	end := len(to) + row.ColumnLen(column)
	to = slices.Grow(to, end-len(to))
	row.ColumnBytes(column, to[len(to):end])
	return to[:end]
}

// printed is a row for a person: what of it is text.
func printed(row []byte) string {
	return strings.Map(func(c rune) rune {
		if c < ' ' || c > '~' {
			return -1
		}
		return c
	}, string(row))
}

// namedIn finds the ids of persons and cases in a body by their form: a lower-case UUID
// after its length.
func namedIn(content []byte, found func([]byte)) {
	const size, length = 36, 36 << 1
	for at := 0; ; {
		next := bytes.IndexByte(content[at:], length)
		if next < 0 {
			return
		}
		at += next + 1
		if len(content)-at >= size && isUUID(content[at:at+size]) {
			found(content[at : at+size])
			at += size
		}
	}
}

func isUUID(text []byte) bool {
	for i, c := range text {
		if dash := i == 8 || i == 13 || i == 18 || i == 23; dash != (c == '-') || !dash && !hexadecimal[c] {
			return false
		}
	}
	return true
}

var hexadecimal = func() (is [256]bool) {
	for _, c := range "0123456789abcdef" {
		is[c] = true
	}
	return is
}()

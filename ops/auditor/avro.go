package main

import "unicode/utf8"

// A reader takes Avro in its one canonical spelling (FORMAT.md, "Encodings") and
// nothing else. After the first fault every method gives nothing, and bad is true.
type reader struct {
	data []byte
	at   int
	bad  bool
}

func (r *reader) left() int { return len(r.data) - r.at }

// end is whether all was read, and all of it was right.
func (r *reader) end() bool { return !r.bad && r.at == len(r.data) }

func (r *reader) fail() { r.bad, r.at = true, len(r.data) }

// long reads a zigzag number of at most 64 bits in its shortest form.
func (r *reader) long() int64 {
	const most = 10 // bytes of seven bits
	var value uint64
	for index := 0; index < most && r.at+index < len(r.data); index++ {
		b := r.data[r.at+index]
		if index == most-1 && b > 1 {
			break // beyond 64 bits
		}
		value |= uint64(b&0x7f) << (7 * index)
		if b < 0x80 {
			if b == 0 && index > 0 {
				break // a shorter form is the same number
			}
			r.at += index + 1
			return int64(value>>1) ^ -int64(value&1)
		}
	}
	r.fail()
	return 0
}

func (r *reader) fixed(size int64) []byte {
	if r.bad || size < 0 || size > int64(r.left()) {
		r.fail()
		return nil
	}
	start := r.at
	r.at += int(size)
	return r.data[start:r.at]
}

func (r *reader) sized() []byte { return r.fixed(r.long()) }

func (r *reader) text() []byte {
	found := r.sized()
	if !utf8.Valid(found) {
		r.fail()
		return nil
	}
	return found
}

// index reads the number of a branch or a symbol, below count.
func (r *reader) index(count int) int {
	value := r.long()
	if value < 0 || value >= int64(count) {
		r.fail()
		return 0
	}
	return int(value)
}

// present reads which branch of "or null" follows.
func (r *reader) present() bool { return r.index(2) == 1 }

func (r *reader) boolean() {
	if b := r.fixed(1); len(b) == 1 && b[0] > 1 {
		r.fail()
	}
}

// array reads one block of items, or none; an item takes a byte at least.
func (r *reader) array(item func()) {
	count := r.long()
	if count == 0 || r.bad {
		return
	}
	if count < 0 || count > int64(r.left()) {
		r.fail()
		return
	}
	for ; count > 0 && !r.bad; count-- {
		item()
	}
	if r.long() != 0 {
		r.fail()
	}
}

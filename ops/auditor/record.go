package main

import "bytes"

const (
	maxRecord = 524_288
	hashSize  = 32
	saltSize  = 16
)

// A fingerprint names a schema: CRC-64-AVRO, the lowest byte first.
type fingerprint [8]byte

var (
	recordMark = []byte("\xc3\x01\x74\x18\xbf\x86\x8b\x9f\xba\xa1")
	frameMark  = []byte("\xc3\x01\xf9\x13\xd4\x30\xff\x92\xa3\xae")

	opaque        = fingerprint{}
	schemaAdopted = fingerprint([]byte("\x48\x42\x69\xc9\xa1\x72\x9a\x28"))
	keyAdopted    = fingerprint([]byte("\xa2\xba\x62\xc4\x6b\x76\x46\x98"))
	keyRetired    = fingerprint([]byte("\x05\x77\x1f\x36\xe2\xe5\xe9\x92"))
)

// A header is what a frame says of an event.
type header struct {
	stream, kind, digest []byte
	version              int64
	key                  fingerprint
}

// A body is a salt and a content; absent where it is withheld.
type body struct {
	present       bool
	salt, content []byte
}

// A record is a frame and its bodies. All slices lie in the bytes it was read from.
type record struct {
	frame []byte

	registry, previous, authority, requestID, digest []byte
	key                                              fingerprint
	recordedAt                                       int64
	events                                           []header

	request body
	bodies  []body
}

// read takes a record from its canonical bytes, and says whether they are that.
func (rec *record) read(content []byte) bool {
	r := reader{data: content}
	if !bytes.Equal(r.fixed(int64(len(recordMark))), recordMark) {
		return false
	}
	rec.frame = r.sized()
	rec.request = readBody(&r)
	rec.bodies = rec.bodies[:0]
	r.array(func() { rec.bodies = append(rec.bodies, readBody(&r)) })
	return r.end() && rec.readFrame()
}

func readBody(r *reader) body {
	if !r.present() {
		return body{}
	}
	return body{true, r.fixed(saltSize), r.sized()}
}

func (rec *record) readFrame() bool {
	const kinds, provenances = 3, 4
	r := reader{data: rec.frame}
	if !bytes.Equal(r.fixed(int64(len(frameMark))), frameMark) {
		return false
	}
	rec.registry = r.text()
	rec.previous = r.fixed(hashSize)
	rec.authority = r.text()
	rec.requestID = r.text()
	rec.key = readKey(&r)
	rec.digest = r.fixed(hashSize)
	r.index(kinds)
	if r.present() {
		r.fixed(hashSize)
	}
	r.array(func() { r.text(); r.sized() }) // attestations
	rec.recordedAt = r.long()
	r.index(provenances)
	r.text() // writer
	r.text() // cause
	rec.events = rec.events[:0]
	r.array(func() { rec.events = append(rec.events, readHeader(&r)) })
	return r.end()
}

func readHeader(r *reader) header {
	h := header{stream: r.text(), version: r.long(), kind: r.text(), key: readKey(r)}
	for range 2 { // concerns, jurisdiction
		if r.present() {
			r.text()
		}
	}
	r.boolean() // urgent
	h.digest = r.fixed(hashSize)
	return h
}

func readKey(r *reader) (key fingerprint) {
	copy(key[:], r.fixed(int64(len(key))))
	return key
}

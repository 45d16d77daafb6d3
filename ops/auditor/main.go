// The auditor is a second judge of a whole log, in another language, made from
// FORMAT.md: it shares no code with `python -m events.verify`, and must say the same.
//
//	auditor [-vkey VKEY]... [-head FILE]... [-origin NAME] [-indexes] PATH
//
// PATH is a node's data folder as it lies, or a file of exported records, each after
// its length as four bytes, the higher first. Of a folder it reads `log.sqlite` (records,
// and all that the node derived from them and answers from), `tiles/` with the published
// head, and `head`, the node's own head store. It writes nothing.
//
// It ends with 0 where everything is as it must be, 1 where anything is not, 2 where
// there was nothing to read. What is cut off the end of a log is seen only by a head
// that covers it: bring one.
package main

import (
	"bufio"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

const (
	logFile       = "log.sqlite"
	tilesFolder   = "tiles"
	headFile      = "head"
	progressEvery = 10_000
)

type several []string

func (s *several) String() string         { return strings.Join(*s, " ") }
func (s *several) Set(value string) error { *s = append(*s, value); return nil }

func main() {
	var vkeys, heads several
	flag.Var(&vkeys, "vkey", "a key of the log, or of a witness")
	flag.Var(&heads, "head", "file of a head that you kept: the log must continue it")
	origin := flag.String("origin", "", "name of the log that you mean")
	indexes := flag.Bool("indexes", false, "compare the file's indexes with its tables")
	flag.Parse()
	if flag.NArg() != 1 {
		flag.Usage()
		os.Exit(2)
	}
	found, err := run(flag.Arg(0), vkeys, heads, *origin, *indexes)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	if !found.print() {
		os.Exit(1)
	}
}

func run(path string, vkeys, heads []string, origin string, indexes bool) (*report, error) {
	var known []*verifier
	for _, vkey := range vkeys {
		v, err := parseVerifier(vkey)
		if err != nil {
			return nil, err
		}
		known = append(known, v)
	}
	kept := map[string][]byte{}
	for _, name := range heads {
		content, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		kept[name] = content
	}
	var found *report
	var err error
	if about, failed := os.Stat(path); failed == nil && about.IsDir() {
		found, err = ofFolder(path, known, indexes)
	} else {
		found, err = ofRecords(path, origin)
	}
	if err != nil {
		return nil, err
	}
	if origin != "" && origin != found.log.registry {
		found.fault("log", "is "+found.log.registry)
	}
	for _, name := range heads {
		h, ok := found.signed(name, kept[name], known)
		if ok && found.continues(name, h) {
			found.say("head kept", fmt.Sprintf("%s: %d entries, continued by the log", name, h.size))
		}
	}
	return found, nil
}

// ofFolder judges a node's data folder.
func ofFolder(folder string, known []*verifier, indexes bool) (*report, error) {
	if about, err := os.Stat(filepath.Join(folder, logFile)); err != nil || about.IsDir() {
		return nil, fmt.Errorf("no %s in %s", logFile, folder)
	}
	// Heads first: a node that goes on while we read has a longer log, not a shorter.
	published, publishedErr := os.ReadFile(filepath.Join(folder, tilesFolder, checkpoint))
	stored, storedErr := os.ReadFile(filepath.Join(folder, headFile))
	found := ofFile(filepath.Join(folder, logFile), indexes)
	if publishedErr != nil {
		found.unseen = append(found.unseen,
			"no published head: entries cut off the end would not be seen")
	} else {
		found.compareTiles(folder, published, known)
	}
	if !errors.Is(storedErr, os.ErrNotExist) {
		found.compareStore(filepath.Join(folder, headFile), stored)
	}
	return found, nil
}

// ofFile judges a node's own file.
func ofFile(path string, indexes bool) *report {
	found := &report{audit: newAudit("", 0)}
	conn, err := open(path)
	voids, right := "", false
	if err == nil {
		defer conn.Close()
		found.audit = newAudit(originOf(conn), roomFor(conn, path))
		voids, err = found.replay(conn, progress())
	}
	if err != nil {
		found.fault(logFile, fmt.Sprintf("cannot be read: %v", err))
	}
	if indexes && conn != nil {
		right = found.compareIndexes(conn)
	}
	if voids == "" {
		voids = "not looked at"
	}
	found.sayLog()
	found.say("voids", voids)
	if right {
		found.say("indexes", "each says what its table says")
	} else if !indexes {
		found.unseen = append(found.unseen, "indexes of "+logFile+": --indexes compares them")
	}
	return found
}

// ofRecords judges a file of exported records.
func ofRecords(path, origin string) (*report, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	from, reached := bufio.NewReader(file), progress()
	content, err := next(from, nil)
	if errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s is empty", path)
	}
	var first record
	if origin == "" && err == nil && first.read(content) {
		origin = string(first.registry)
	}
	found := &report{audit: newAudit(origin, 0)}
	for err == nil && found.take(content) {
		reached(found.log.position)
		content, err = next(from, content)
	}
	if err != nil && !errors.Is(err, io.EOF) {
		found.fault(path, "is cut short, or holds no records")
	}
	found.sayLog()
	return found, nil
}

// next reads a record into room that is no longer needed: io.EOF where none is left.
func next(from io.Reader, room []byte) ([]byte, error) {
	var prefix [4]byte
	if _, err := io.ReadFull(from, prefix[:]); err != nil {
		return nil, err
	}
	size := int(binary.BigEndian.Uint32(prefix[:]))
	if size > maxRecord {
		return nil, io.ErrUnexpectedEOF
	}
	content := slices.Grow(room[:0], size)[:size]
	if _, err := io.ReadFull(from, content); err != nil {
		return nil, io.ErrUnexpectedEOF
	}
	return content, nil
}

// progress says on standard error how far it is, and how fast it goes.
func progress() func(int64) {
	started := time.Now()
	return func(position int64) {
		if position%progressEvery == 0 {
			rate := float64(position) / time.Since(started).Seconds()
			fmt.Fprintf(os.Stderr, "\r%d entries, %.0f a second", position, rate)
		}
	}
}

func (r *report) compareTiles(folder string, published []byte, known []*verifier) {
	h, ok := r.signed(tilesFolder+"/"+checkpoint, published, known)
	if !ok {
		return
	}
	count := len(r.faults)
	tiles := filepath.Join(folder, tilesFolder)
	(&comparison{folder: tiles, log: &r.tree, add: r.fault, full: r.full}).run(h)
	if len(r.faults) == count {
		r.say("tiles", fmt.Sprintf("head of %d entries; every file is the log's", h.size))
	}
}

func (r *report) compareStore(path string, content []byte) {
	number, h, err := parseStored(content)
	if err != nil {
		r.fault(path, fmt.Sprintf("is damaged: %v", err))
		return
	}
	if h.origin != r.log.registry {
		r.fault(headFile, "is of the log "+h.origin)
	}
	if r.continues(headFile, h) {
		r.say("head store", fmt.Sprintf("head %d of %d entries", number, h.size))
	}
}

// signed is what a signed head says; without known keys unverified, and said so.
func (r *report) signed(place string, content []byte, known []*verifier) (head, bool) {
	h, failed := r.openHead(place, content, known)
	if failed == nil && h.origin != r.log.registry {
		failed = errors.New("is of the log " + h.origin)
	}
	if failed != nil {
		r.fault(place, failed.Error())
		return head{}, false
	}
	return h, true
}

func (r *report) openHead(place string, content []byte, known []*verifier) (head, error) {
	if len(known) == 0 {
		r.unseen = append(r.unseen, fmt.Sprintf("signatures of %s: no --vkey was given", place))
		text, err := textOf(content)
		if err != nil {
			return head{}, err
		}
		return parseCheckpoint(text)
	}
	text, by, err := openNote(content, r.line.trusted(known))
	if err != nil {
		return head{}, err
	}
	var names []string
	for _, v := range by {
		names = append(names, v.name)
	}
	r.say("signed", fmt.Sprintf("%s: by %s", place, strings.Join(names, ", ")))
	h, err := parseCheckpoint(text)
	if err != nil {
		return head{}, err
	}
	return h, r.line.check(by, h.size)
}

// continues is whether the log has a head's tree at its size.
func (r *report) continues(place string, h head) bool {
	if h.size > r.tree.size() {
		r.fault(place, fmt.Sprintf("covers %d entries, and the log has %d", h.size, r.tree.size()))
		return false
	}
	if string(r.tree.root(h.size)) != string(h.root) {
		r.fault(place, fmt.Sprintf("its root is not the log's at %d entries", h.size))
		return false
	}
	return true
}

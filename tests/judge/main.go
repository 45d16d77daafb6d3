// The judge is not ours: it reads a log's tiles over HTTP and checks what they say
// with golang.org/x/mod/sumdb/{note,tlog} and nothing of this project's code.
//
//	judge -log URL -vkey VKEY [-witness VKEY]... [-old FILE]... [-receipt FILE]...
//
// It checks the signatures of the checkpoint, that every entry is in its tree, that the
// tree continues every older head it is given (and each of those the one before), and
// every receipt. It prints a line for each thing found right, and ends with 1 at the
// first thing that is not, naming it.
package main

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"sort"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const (
	height        = 8
	width         = 1 << height
	maxBody       = 1 << 25
	cosignature   = 4
	receiptHeader = "c2sp.org/tlog-proof@v1"
)

type texts []string

func (t *texts) String() string         { return strings.Join(*t, " ") }
func (t *texts) Set(value string) error { *t = append(*t, value); return nil }

// A head is what a checkpoint says.
type head struct {
	origin string
	tree   tlog.Tree
}

// A judge knows a log by its address and its keys.
type judge struct {
	address string
	known   note.Verifiers
	origin  string
	fetched map[string][]byte
}

func main() {
	var log string
	var vkeys, witnesses, old, receipts texts
	flag.StringVar(&log, "log", "", "address of the log's tiles")
	flag.Var(&vkeys, "vkey", "a verifier key of the log")
	flag.Var(&witnesses, "witness", "a verifier key of a witness that must have signed")
	flag.Var(&old, "old", "file of an older checkpoint that the log must continue")
	flag.Var(&receipts, "receipt", "file of a .tlog-proof; its entry is read from the log")
	flag.Parse()
	if err := run(log, vkeys, witnesses, old, receipts); err != nil {
		fmt.Printf("FAULT %v\n", err)
		os.Exit(1)
	}
}

func run(log string, vkeys, witnesses, old, receipts texts) error {
	var verifiers []note.Verifier
	for _, vkey := range vkeys {
		verifier, err := note.NewVerifier(vkey)
		if err != nil {
			return fmt.Errorf("vkey: %w", err)
		}
		verifiers = append(verifiers, verifier)
	}
	if len(verifiers) == 0 {
		return errors.New("vkey: none is given")
	}
	for _, vkey := range witnesses {
		verifier, err := newWitness(vkey)
		if err != nil {
			return fmt.Errorf("witness: %w", err)
		}
		verifiers = append(verifiers, verifier)
	}
	j := &judge{log, note.VerifierList(verifiers...), verifiers[0].Name(), map[string][]byte{}}
	content, err := j.get("checkpoint", "text/plain; charset=utf-8")
	if err != nil {
		return err
	}
	now, err := j.open("checkpoint", content, 1+len(witnesses))
	if err != nil {
		return err
	}
	fmt.Printf("ok: head of %d entries, signed by %d keys\n", now.tree.N, 1+len(witnesses))
	hashes := tlog.TileHashReader(now.tree, j)
	if err := j.continues(now, old, hashes); err != nil {
		return err
	}
	if err := j.entries(now.tree, hashes); err != nil {
		return err
	}
	for _, name := range receipts {
		if err := j.receipt(name); err != nil {
			return fmt.Errorf("receipt %s: %w", name, err)
		}
	}
	return nil
}

// open verifies a checkpoint and says what its head is.
func (j *judge) open(place string, content []byte, signatures int) (head, error) {
	opened, err := note.Open(content, j.known)
	if err != nil {
		return head{}, fmt.Errorf("%s: %w", place, err)
	}
	if len(opened.Sigs) < signatures {
		return head{}, fmt.Errorf("%s: %d of %d signatures", place, len(opened.Sigs), signatures)
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[3] != "" {
		return head{}, fmt.Errorf("%s: must be three lines", place)
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || size < 0 || strconv.FormatInt(size, 10) != lines[1] {
		return head{}, fmt.Errorf("%s: no size: %q", place, lines[1])
	}
	root, err := tlog.ParseHash(lines[2])
	if err != nil {
		return head{}, fmt.Errorf("%s: no root: %w", place, err)
	}
	if lines[0] != j.origin {
		return head{}, fmt.Errorf("%s: is of %q, not of %q", place, lines[0], j.origin)
	}
	return head{lines[0], tlog.Tree{N: size, Hash: root}}, nil
}

// continues checks that every head continues the one before it, up to the log's.
func (j *judge) continues(now head, names []string, hashes tlog.HashReader) error {
	heads := []head{now}
	for _, name := range names {
		content, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		older, err := j.open(name, content, 1)
		if err != nil {
			return err
		}
		if older.tree.N > now.tree.N {
			return fmt.Errorf("checkpoint: has %d entries, and %s had %d already",
				now.tree.N, name, older.tree.N)
		}
		heads = append(heads, older)
	}
	sort.SliceStable(heads, func(a, b int) bool { return heads[a].tree.N < heads[b].tree.N })
	for i, older := range heads {
		for _, newer := range heads[i+1:] {
			if err := check(older.tree, newer.tree, hashes); err != nil {
				return fmt.Errorf("tree of %d to tree of %d: %w", older.tree.N, newer.tree.N, err)
			}
			fmt.Printf("ok: tree of %d continues tree of %d\n", newer.tree.N, older.tree.N)
		}
	}
	return nil
}

func check(older, newer tlog.Tree, hashes tlog.HashReader) error {
	if older.N == 0 || older.N == newer.N {
		if older.N == newer.N && older.Hash != newer.Hash {
			return errors.New("two roots for one size")
		}
		return nil
	}
	proof, err := tlog.ProveTree(newer.N, older.N, hashes)
	if err != nil {
		return err
	}
	return tlog.CheckTree(proof, newer.N, newer.Hash, older.N, older.Hash)
}

// entries checks that every entry is in the tree, each at its own position.
func (j *judge) entries(tree tlog.Tree, hashes tlog.HashReader) error {
	for index := int64(0); index < tree.N; index++ {
		leaf, err := j.leaf(index, tree.N)
		if err != nil {
			return fmt.Errorf("entry %d: %w", index+1, err)
		}
		proof, err := tlog.ProveRecord(tree.N, index, hashes)
		if err != nil {
			return fmt.Errorf("entry %d: %w", index+1, err)
		}
		err = tlog.CheckRecord(proof, tree.N, tree.Hash, index, tlog.RecordHash(leaf))
		if err != nil {
			return fmt.Errorf("entry %d: %w", index+1, err)
		}
	}
	fmt.Printf("ok: %d entries are in the tree\n", tree.N)
	return nil
}

// leaf reads the text of an entry from its bundle.
func (j *judge) leaf(index, size int64) ([]byte, error) {
	number := index / width
	tile := tlog.Tile{H: height, L: 0, N: number, W: int(min(width, size-number*width))}
	bundle, err := j.file(tile, "entries")
	if err != nil {
		return nil, err
	}
	for slot := number * width; ; slot++ {
		if len(bundle) < 2 || len(bundle) < 2+int(binary.BigEndian.Uint16(bundle)) {
			return nil, fmt.Errorf("%s is cut short", path(tile, "entries"))
		}
		length := int(binary.BigEndian.Uint16(bundle))
		if slot == index {
			text := bundle[2 : 2+length]
			if !bytes.HasPrefix(text, fmt.Appendf(nil, "childregistry/entry/v1\n%d\n", index+1)) {
				return nil, fmt.Errorf("%s holds another entry", path(tile, "entries"))
			}
			return text, nil
		}
		bundle = bundle[2+length:]
	}
}

// receipt checks a .tlog-proof: signatures, and the path from the log's own leaf.
func (j *judge) receipt(name string) error {
	content, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	above, checkpoint, found := strings.Cut(string(content), "\n\n")
	lines := strings.Split(above, "\n")
	if !found || len(lines) < 2 || lines[0] != receiptHeader {
		return errors.New("is no proof of this format")
	}
	number, found := strings.CutPrefix(lines[1], "index ")
	index, err := strconv.ParseInt(number, 10, 64)
	if !found || err != nil {
		return fmt.Errorf("no index: %q", lines[1])
	}
	var proof tlog.RecordProof
	for _, line := range lines[2:] {
		hash, err := tlog.ParseHash(line)
		if err != nil {
			return err
		}
		proof = append(proof, hash)
	}
	signed, err := j.open("checkpoint", []byte(checkpoint), 1)
	if err != nil {
		return err
	}
	leaf, err := j.leaf(index, signed.tree.N)
	if err != nil {
		return err
	}
	tree := signed.tree
	if err := tlog.CheckRecord(proof, tree.N, tree.Hash, index, tlog.RecordHash(leaf)); err != nil {
		return err
	}
	fmt.Printf("ok: receipt of entry %d\n", index+1)
	return nil
}

// Height, ReadTiles and SaveTiles are what tlog reads hashes through.
func (j *judge) Height() int { return height }

func (j *judge) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	read := make([][]byte, len(tiles))
	for i, tile := range tiles {
		content, err := j.file(tile, "")
		if err != nil {
			return nil, err
		}
		full := len(content) == width*tlog.HashSize
		if size := tile.W * tlog.HashSize; len(content) != size && !full {
			return nil, fmt.Errorf("%s has %d bytes, must have %d", path(tile, ""), len(content), size)
		}
		read[i] = content[:tile.W*tlog.HashSize]
	}
	return read, nil
}

func (j *judge) SaveTiles([]tlog.Tile, [][]byte) {}

// file reads a tile or a bundle; where a partial one is gone, the full one.
func (j *judge) file(tile tlog.Tile, kind string) ([]byte, error) {
	const octets = "application/octet-stream"
	content, err := j.get(path(tile, kind), octets)
	if err != nil && tile.W < width {
		tile.W = width
		if full, fullErr := j.get(path(tile, kind), octets); fullErr == nil {
			return full, nil
		}
	}
	return content, err
}

// path is tlog's own, without the height, which is fixed in this layout.
func path(tile tlog.Tile, kind string) string {
	found := strings.Replace(tile.Path(), "tile/8/", "tile/", 1)
	if kind != "" {
		found = strings.Replace(found, "tile/0/", "tile/"+kind+"/", 1)
	}
	return found
}

func (j *judge) get(path, kind string) ([]byte, error) {
	if content, found := j.fetched[path]; found {
		return content, nil
	}
	client := http.Client{Timeout: 10 * time.Second}
	answer, err := client.Get(j.address + "/" + path)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s", path, answer.Status)
	}
	if found := answer.Header.Get("Content-Type"); found != kind {
		return nil, fmt.Errorf("%s: is served as %q", path, found)
	}
	content, err := io.ReadAll(io.LimitReader(answer.Body, maxBody))
	if err == nil {
		j.fetched[path] = content
	}
	return content, err
}

// A witness verifies cosignatures (c2sp.org/tlog-cosignature), which note leaves to us.
type witness struct {
	name string
	hash uint32
	key  ed25519.PublicKey
}

func newWitness(vkey string) (*witness, error) {
	name, rest, _ := strings.Cut(vkey, "+")
	hash, encoded, _ := strings.Cut(rest, "+")
	id, err := strconv.ParseUint(hash, 16, 32)
	if err != nil {
		return nil, err
	}
	key, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil || len(key) != 1+ed25519.PublicKeySize || key[0] != cosignature {
		return nil, errors.New("is no key of a witness")
	}
	return &witness{name, uint32(id), key[1:]}, nil
}

func (w *witness) Name() string    { return w.name }
func (w *witness) KeyHash() uint32 { return w.hash }

func (w *witness) Verify(text, signature []byte) bool {
	if len(signature) != 8+ed25519.SignatureSize {
		return false
	}
	stated := binary.BigEndian.Uint64(signature)
	message := append(fmt.Appendf(nil, "cosignature/v1\ntime %d\n", stated), text...)
	return ed25519.Verify(w.key, message, signature[8:])
}

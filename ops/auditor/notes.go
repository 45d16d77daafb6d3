package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/mod/sumdb/note"
)

const (
	ofLog     = 1 // Ed25519 over the text as it stands
	ofWitness = 4 // cosignature/v1
)

// A verifier is a public key under a name (c2sp.org/signed-note, tlog-cosignature).
type verifier struct {
	name string
	kind byte
	key  ed25519.PublicKey
}

func (v *verifier) id() []byte {
	hash := sha256.Sum256(append(append([]byte(v.name+"\n"), v.kind), v.key...))
	return hash[:4]
}

func (v *verifier) vkey() string {
	content := base64.StdEncoding.EncodeToString(append([]byte{v.kind}, v.key...))
	return fmt.Sprintf("%s+%x+%s", v.name, v.id(), content)
}

// Name, KeyHash and Verify are what note asks of a key.
func (v *verifier) Name() string    { return v.name }
func (v *verifier) KeyHash() uint32 { return binary.BigEndian.Uint32(v.id()) }

func (v *verifier) Verify(text, signature []byte) bool {
	if v.kind == ofWitness {
		if len(signature) != 8+ed25519.SignatureSize {
			return false
		}
		stated := binary.BigEndian.Uint64(signature)
		text = append(fmt.Appendf(nil, "cosignature/v1\ntime %d\n", stated), text...)
		signature = signature[8:]
	}
	return ed25519.Verify(v.key, text, signature)
}

func parseVerifier(vkey string) (*verifier, error) {
	name, rest, _ := strings.Cut(vkey, "+")
	id, encoded, _ := strings.Cut(rest, "+")
	content, err := base64.StdEncoding.Strict().DecodeString(encoded)
	if err != nil || len(content) != 1+ed25519.PublicKeySize {
		return nil, errors.New("vkey: must be <name>+<id>+<base64 of the key>")
	}
	found := &verifier{name, content[0], content[1:]}
	if found.kind != ofLog && found.kind != ofWitness {
		return nil, fmt.Errorf("vkey: kind %d is not Ed25519's", found.kind)
	}
	if found.vkey() != vkey {
		return nil, fmt.Errorf("vkey: its id must be %x", found.id())
	}
	if id == "" || name == "" || strings.ContainsFunc(name, isSpace) {
		return nil, errors.New("vkey: a name is text without spaces and plus")
	}
	return found, nil
}

func isSpace(c rune) bool { return c < ' ' || unicode.IsSpace(c) }

// openNote is the text of a note, and those of the keys that signed it: one at least.
func openNote(content []byte, known []*verifier) (string, []*verifier, error) {
	var list []note.Verifier
	for _, v := range known {
		list = append(list, v)
	}
	opened, err := note.Open(content, note.VerifierList(list...))
	if err != nil {
		return "", nil, err
	}
	var by []*verifier
	for _, signature := range opened.Sigs {
		for _, v := range known {
			if v.name == signature.Name && v.KeyHash() == signature.Hash {
				by = append(by, v)
			}
		}
	}
	return opened.Text, by, nil
}

// textOf is the text of a note, verified by nobody.
func textOf(content []byte) (string, error) {
	at := bytes.LastIndex(content, []byte("\n\n"))
	if at < 0 || !bytes.HasSuffix(content, []byte("\n")) {
		return "", errors.New("note: must end in an empty line and signatures")
	}
	return string(content[:at+1]), nil
}

// A head is what a checkpoint says.
type head struct {
	origin string
	size   int64
	root   []byte
}

func parseCheckpoint(text string) (head, error) {
	lines := strings.Split(text, "\n")
	if len(lines) != 4 || lines[3] != "" || lines[0] == "" {
		return head{}, errors.New("checkpoint: must be three lines")
	}
	size, err := decimal(lines[1])
	if err != nil {
		return head{}, fmt.Errorf("checkpoint:2: %w", err)
	}
	root, err := base64.StdEncoding.Strict().DecodeString(lines[2])
	if err != nil || len(root) != hashSize {
		return head{}, errors.New("checkpoint:3: must be a hash in base64")
	}
	if size == 0 && !bytes.Equal(root, emptyRoot()) {
		return head{}, errors.New("checkpoint:3: no leaves have another root")
	}
	return head{lines[0], size, root}, nil
}

func decimal(text string) (int64, error) {
	number, err := strconv.ParseInt(text, 10, 64)
	if err != nil || number < 0 || strconv.FormatInt(number, 10) != text {
		return 0, errors.New("must be a decimal number of 63 bits")
	}
	return number, nil
}

// parseStored is the number and the head of a head store's bytes.
func parseStored(content []byte) (int64, head, error) {
	parts := strings.SplitN(string(content), "\n", 4)
	if len(parts) != 4 || parts[0] != "childregistry/head/v1" {
		return 0, head{}, errors.New("is not of this format")
	}
	number, err := decimal(parts[1])
	if err != nil {
		return 0, head{}, err
	}
	previous, err := base64.StdEncoding.Strict().DecodeString(parts[2])
	if err != nil || len(previous) != hashSize {
		return 0, head{}, errors.New("is not of this format")
	}
	found, err := parseCheckpoint(parts[3])
	return number, found, err
}

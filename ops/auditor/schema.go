package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// A schema is a text that the log announced, and how a body under it is read: nil
// where it cannot be.
type schema struct {
	text string
	read read
}

// A read takes a value of a type from its canonical bytes.
type read func(*reader)

var (
	errEndless = errors.New("says much in few bytes")
	errOther   = errors.New("has another fingerprint")
)

// canonical is whether a content is the canonical bytes of a value.
func (s *schema) canonical(content []byte) bool {
	if s == nil || s.read == nil {
		return false
	}
	r := reader{data: content}
	s.read(&r)
	return r.end()
}

// announcement is the schema of what the log itself says of a schema.
func announcement() *schema {
	return &schema{read: func(r *reader) { r.sized(); r.text() }}
}

// parse reads an announced text, and asks whether it has its fingerprint.
func parse(key fingerprint, text string) (*schema, error) {
	found := &schema{text: text}
	if !json.Valid([]byte(text)) {
		return found, errors.New("is no schema: no JSON")
	}
	var value any
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&value); err != nil {
		return found, fmt.Errorf("is no schema: %w", err)
	}
	form, err := canonicalForm(value, "")
	if err != nil {
		return found, fmt.Errorf("is no schema: %w", err)
	}
	if fingerprintOf(form) != key {
		return found, errOther
	}
	built := builder{map[string]*shape{}}
	t, err := built.build(value, "")
	if errors.Is(err, errEndless) {
		return found, err
	}
	if err != nil {
		return found, fmt.Errorf("is no schema: %w", err)
	}
	found.read = t.read
	return found, nil
}

var primitives = map[string]read{
	"null":    func(*reader) {},
	"boolean": func(r *reader) { r.boolean() },
	"int": func(r *reader) {
		if value := r.long(); value != int64(int32(value)) {
			r.fail()
		}
	},
	"long":   func(r *reader) { r.long() },
	"bytes":  func(r *reader) { r.sized() },
	"string": func(r *reader) { r.text() },
}

// A shape is how values of a type are read, and whether each takes bytes; open while the
// type is being defined.
type shape struct {
	read  read
	takes bool
	open  bool
}

// A builder makes readers of the types of one text.
type builder struct {
	named map[string]*shape
}

// build makes the reader of a type. errEndless where a short body could say much: a
// type inside itself, or what takes no bytes in an array, or by its name, which doubles
// with every record that holds two of the one before.
func (b builder) build(value any, space string) (*shape, error) {
	switch value := value.(type) {
	case string:
		if primitive := primitives[value]; primitive != nil {
			return &shape{read: primitive, takes: value != "null"}, nil
		}
		found := b.named[full(value, space)]
		if found == nil {
			return nil, fmt.Errorf("no type %q", value)
		}
		if found.open || !found.takes {
			return nil, errEndless
		}
		return found, nil
	case []any:
		return b.union(value, space)
	case map[string]any:
		return b.object(value, space)
	}
	return nil, fmt.Errorf("%T", value)
}

func (b builder) union(branches []any, space string) (*shape, error) {
	var reads []read
	for _, branch := range branches {
		t, err := b.build(branch, space)
		if err != nil {
			return nil, err
		}
		reads = append(reads, t.read)
	}
	if len(reads) == 0 {
		return nil, errors.New("a union of nothing")
	}
	return &shape{takes: true, read: func(r *reader) { reads[r.index(len(reads))](r) }}, nil
}

func (b builder) object(object map[string]any, space string) (*shape, error) {
	kind, named := object["type"].(string)
	switch {
	case !named:
		return b.build(object["type"], space)
	case kind == "array":
		items, err := b.build(object["items"], space)
		if err != nil {
			return nil, err
		}
		if !items.takes {
			return nil, errEndless
		}
		return &shape{takes: true, read: func(r *reader) {
			r.array(func() { items.read(r) })
		}}, nil
	case kind == "record" || kind == "enum" || kind == "fixed":
		name, err := nameOf(object, space)
		if err != nil {
			return nil, err
		}
		if b.named[name] != nil {
			return nil, fmt.Errorf("%s twice", name)
		}
		t := &shape{open: true}
		b.named[name] = t
		space = spaceOf(name)
		err = b.define(t, kind, object, space)
		t.open = false
		return t, err
	}
	return b.build(kind, space)
}

// define says how a type with a name is read.
func (b builder) define(t *shape, kind string, object map[string]any, space string) error {
	switch kind {
	case "record":
		var parts []read
		t.read = func(r *reader) {
			for _, part := range parts {
				part(r)
			}
		}
		return fieldsOf(object, func(_ string, value any) error {
			part, err := b.build(value, space)
			if err == nil {
				parts = append(parts, part.read)
				t.takes = t.takes || part.takes
			}
			return err
		})
	case "enum":
		symbols, _ := object["symbols"].([]any)
		if len(symbols) == 0 {
			return errors.New("an enum without symbols")
		}
		t.takes = true
		t.read = func(r *reader) { r.index(len(symbols)) }
	case "fixed":
		number, _ := object["size"].(json.Number)
		size, err := number.Int64()
		if err != nil || size < 0 {
			return errors.New("a fixed without size")
		}
		t.takes = size > 0
		t.read = func(r *reader) { r.fixed(size) }
	}
	return nil
}

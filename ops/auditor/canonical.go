package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
)

// fingerprintOf is the CRC-64-AVRO of a text (FORMAT.md, "Fingerprints").
func fingerprintOf(form string) (key fingerprint) {
	const polynomial = 0xc15d213aa4d7a795
	crc := uint64(polynomial)
	for _, b := range []byte(form) {
		crc ^= uint64(b)
		for range 8 {
			crc = crc>>1 ^ polynomial*(crc&1)
		}
	}
	binary.LittleEndian.PutUint64(key[:], crc)
	return key
}

// canonicalForm is the Parsing Canonical Form of a schema inside a namespace.
func canonicalForm(value any, space string) (string, error) {
	switch value := value.(type) {
	case string:
		if primitives[value] != nil {
			return quoted(value), nil
		}
		return quoted(full(value, space)), nil
	case []any:
		branches, err := forms(value, space)
		return "[" + branches + "]", err
	case map[string]any:
		return objectForm(value, space)
	}
	return "", fmt.Errorf("%T", value)
}

func objectForm(object map[string]any, space string) (string, error) {
	kind, _ := object["type"].(string)
	switch kind {
	case "array":
		items, err := canonicalForm(object["items"], space)
		return `{"type":"array","items":` + items + "}", err
	case "record", "enum", "fixed":
		name, err := nameOf(object, space)
		if err != nil {
			return "", err
		}
		what, err := definitionForm(kind, object, spaceOf(name))
		return `{"name":` + quoted(name) + `,"type":` + quoted(kind) + "," + what + "}", err
	}
	return canonicalForm(object["type"], space)
}

// definitionForm is what a type with a name says beside it.
func definitionForm(kind string, object map[string]any, space string) (string, error) {
	var parts []string
	switch kind {
	case "fixed":
		return fmt.Sprintf(`"size":%v`, object["size"]), nil
	case "enum":
		symbols, _ := object["symbols"].([]any)
		for _, symbol := range symbols {
			parts = append(parts, quoted(fmt.Sprint(symbol)))
		}
		return `"symbols":[` + strings.Join(parts, ",") + "]", nil
	}
	err := fieldsOf(object, func(name string, value any) error {
		form, err := canonicalForm(value, space)
		parts = append(parts, `{"name":`+quoted(name)+`,"type":`+form+"}")
		return err
	})
	return `"fields":[` + strings.Join(parts, ",") + "]", err
}

func forms(values []any, space string) (string, error) {
	var told []string
	for _, value := range values {
		form, err := canonicalForm(value, space)
		if err != nil {
			return "", err
		}
		told = append(told, form)
	}
	return strings.Join(told, ","), nil
}

func fieldsOf(object map[string]any, each func(string, any) error) error {
	fields, ok := object["fields"].([]any)
	if !ok {
		return errors.New("a record without fields")
	}
	for _, field := range fields {
		one, _ := field.(map[string]any)
		name, ok := one["name"].(string)
		if !ok {
			return errors.New("a field without name")
		}
		if err := each(name, one["type"]); err != nil {
			return err
		}
	}
	return nil
}

func quoted(text string) string { return `"` + text + `"` }

func full(name, space string) string {
	if space == "" || strings.Contains(name, ".") {
		return name
	}
	return space + "." + name
}

func nameOf(object map[string]any, space string) (string, error) {
	name, ok := object["name"].(string)
	if !ok || name == "" {
		return "", errors.New("a type without name")
	}
	if own, ok := object["namespace"].(string); ok {
		space = own
	}
	return full(name, space), nil
}

// spaceOf is the namespace of a full name.
func spaceOf(name string) string { return name[:max(strings.LastIndex(name, "."), 0)] }

package main

import (
	"bytes"
	"errors"
	"fmt"
	"hash/maphash"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

const (
	ownStream = "registry"
	tracking  = "tracking/"
	ofChild   = "child/"
)

// open opens a node's file without leaving a trace beside it: where no node runs,
// SQLite is told that nobody writes, or it would make files of its own.
func open(path string) (*sqlite.Conn, error) {
	whole, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	mode := "mode=ro"
	if _, err := os.Stat(path + "-wal"); errors.Is(err, os.ErrNotExist) {
		mode = "immutable=1"
	}
	uri := url.URL{Scheme: "file", Path: whole, RawQuery: mode}
	return sqlite.OpenConn(uri.String(), sqlite.OpenReadOnly|sqlite.OpenURI)
}

// A node is a node's own file under audit: its records, and all that it derived from
// them and answers from.
type node struct {
	*audit
	conn    *sqlite.Conn
	library *sqlite.Stmt

	events, stored int64  // how many rows there must be
	sum            uint64 // over the rows of events that there must be
	seed           maphash.Seed
	wards          map[string]struct{}
	differs        bool

	record, index, row, want []byte
}

// replay judges every record of a file and every row derived from them; it tells the
// voids. After a fault in the chain nothing further can be judged.
func (a *audit) replay(conn *sqlite.Conn, reached func(int64)) (string, error) {
	n := &node{
		audit: a,
		conn:  conn,
		seed:  maphash.MakeSeed(),
		wards: map[string]struct{}{},
	}
	// One transaction: a node that goes on writing does not change what is read.
	if err := sqlitex.ExecuteTransient(conn, "BEGIN", nil); err != nil {
		return "", err
	}
	if err := n.definitions(); err != nil {
		return "", err
	}
	whole, err := n.entries(reached)
	if err != nil || !whole {
		return "", err
	}
	if err := n.tables(); err != nil {
		return "", err
	}
	var told []string
	err = each(n.conn, "SELECT reason, count(*) FROM voids GROUP BY reason", func(s *sqlite.Stmt) error {
		told = append(told, fmt.Sprintf("%d %s", s.ColumnInt64(1), s.ColumnText(0)))
		return nil
	})
	if len(told) == 0 {
		told = []string{"none"}
	}
	return strings.Join(told, ", "), err
}

// each calls found for every row of a query.
func each(conn *sqlite.Conn, query string, found func(*sqlite.Stmt) error) error {
	return sqlitex.ExecuteTransient(conn, query, &sqlitex.ExecOptions{ResultFunc: found})
}

// entries judges the rows of entries; false where the chain ends.
func (n *node) entries(reached func(int64)) (bool, error) {
	query := "SELECT originator_id, originator_version, topic, state FROM stored_events ORDER BY rowid"
	library, _, err := n.conn.PrepareTransient(query)
	if err != nil {
		return false, err
	}
	defer library.Finalize()
	n.library = library
	query = "SELECT position, hash, recorded_at, authority, request_id, record FROM entries ORDER BY position"
	rows, _, err := n.conn.PrepareTransient(query)
	if err != nil {
		return false, err
	}
	defer rows.Finalize()
	for {
		there, err := rows.Step()
		if err != nil || !there {
			return err == nil, err
		}
		whole, err := n.entry(rows)
		if err != nil || !whole {
			return false, err
		}
		reached(n.log.position)
	}
}

func (n *node) entry(row *sqlite.Stmt) (bool, error) {
	position := n.log.position + 1
	place := func() string { return fmt.Sprintf("entry %d", position) }
	if found := row.ColumnInt64(0); found != position {
		n.fault(place(), fmt.Sprintf("is missing; next comes %d", found))
		return false, nil
	}
	if row.ColumnType(5) != sqlite.TypeBlob {
		n.fault(place(), "is no record")
		return false, nil
	}
	n.record = appendBytes(n.record[:0], row, 5)
	if !n.take(n.record) {
		return false, nil
	}
	n.index = appendColumns(n.index[:0], row, 1, 2, 3, 4)
	n.want = appendBlob(n.want[:0], n.log.hash[:])
	n.want = appendInteger(n.want, n.log.recordedAt)
	n.want = appendText(n.want, n.audit.record.authority)
	n.want = appendText(n.want, n.audit.record.requestID)
	if !bytes.Equal(n.index, n.want) {
		n.fault(place(), "is indexed otherwise than it says")
	}
	for i, h := range n.audit.record.events {
		if err := n.derived(h, n.audit.record.bodies[i].content); err != nil {
			return false, err
		}
	}
	return true, nil
}

// derived goes along the rows that an event of the last entry must have left.
func (n *node) derived(h header, content []byte) error {
	n.events++
	n.want = appendEvent(n.want[:0], h, n.log.position, content)
	// Rows of events lie by stream and not by position: their sums are compared, of a
	// hash whose key this process drew after the file was written.
	n.sum += maphash.Bytes(n.seed, n.want)
	if isOwn(h.stream) {
		return nil
	}
	n.stored++
	if child, found := bytes.CutPrefix(h.stream, []byte(ofChild)); found {
		namedIn(content, func(holder []byte) {
			n.row = appendText(appendText(n.row[:0], holder), child)
			if _, known := n.wards[string(n.row)]; !known {
				n.wards[string(n.row)] = struct{}{}
			}
		})
	}
	if n.differs {
		return nil
	}
	there, err := n.library.Step()
	if err != nil {
		return err
	}
	n.want = appendStored(n.want[:0], h, content)
	if there {
		n.row = appendColumns(n.row[:0], n.library, 0, 1, 2, 3)
	}
	n.differs = !there || !bytes.Equal(n.row, n.want)
	return nil
}

func isOwn(stream []byte) bool {
	return string(stream) == ownStream || bytes.HasPrefix(stream, []byte(tracking))
}

// tables compares what is derived from all entries together.
func (n *node) tables() error {
	var sum uint64
	err := each(n.conn, "SELECT stream, version, position, fingerprint, type, own_body FROM events",
		func(s *sqlite.Stmt) error {
			n.row = appendColumns(n.row[:0], s, 0, 1, 2, 3, 4, 5)
			sum += maphash.Bytes(n.seed, n.row)
			return nil
		})
	if err != nil {
		return err
	}
	if n.differs || sum != n.sum {
		if err := n.nameEvents(); err != nil {
			return err
		}
	}
	for _, table := range []struct {
		name     string
		expected map[string]struct{}
	}{{"schemas", n.schemaRows()}, {"heads_of_streams", n.headRows()}, {"wards", n.wards}} {
		if err := n.compare(table.name, table.expected); err != nil {
			return err
		}
	}
	for _, table := range []struct {
		name  string
		count int64
	}{{"events", n.events}, {"stored_events", n.stored}} {
		err := each(n.conn, "SELECT count(*) FROM "+table.name, func(s *sqlite.Stmt) error {
			if found := s.ColumnInt64(0); found != table.count {
				n.fault(table.name, fmt.Sprintf("has %d rows, recorded were %d", found, table.count))
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// compare names the rows of a table that are not those that must be there, and uses
// these up.
func (n *node) compare(table string, expected map[string]struct{}) error {
	err := each(n.conn, "SELECT * FROM "+table, func(s *sqlite.Stmt) error {
		n.row = appendColumns(n.row[:0], s, 0, 1)
		if _, found := expected[string(n.row)]; !found {
			n.fault(table, "is not as recorded: "+shown(printed(n.row)))
		}
		delete(expected, string(n.row))
		return nil
	})
	if err != nil {
		return err
	}
	for _, row := range slices.Sorted(maps.Keys(expected)) {
		n.fault(table, "is not as recorded, for it is not there: "+shown(printed([]byte(row))))
	}
	return nil
}

func (n *node) schemaRows() map[string]struct{} {
	rows := map[string]struct{}{}
	for key, found := range n.log.schemas {
		rows[string(appendText(appendBlob(nil, key[:]), []byte(found.text)))] = struct{}{}
	}
	return rows
}

func (n *node) headRows() map[string]struct{} {
	rows := make(map[string]struct{}, len(n.log.streams))
	for name, found := range n.log.streams {
		if found.version >= 0 {
			n.row = appendInteger(appendText(n.row[:0], []byte(name)), found.version)
			rows[string(n.row)] = struct{}{}
		}
	}
	return rows
}

// nameEvents looks up every event by itself, and names those that are kept otherwise.
func (n *node) nameEvents() error {
	found, _, err := n.conn.PrepareTransient(`SELECT e.position, e.fingerprint, e.type,
		e.own_body, s.topic, s.state FROM events e LEFT JOIN stored_events s
		ON s.originator_id=e.stream AND s.originator_version=e.version
		WHERE e.stream=? AND e.version=?`)
	if err != nil {
		return err
	}
	defer found.Finalize()
	var rec record
	return each(n.conn, "SELECT position, record FROM entries ORDER BY position", func(s *sqlite.Stmt) error {
		if n.full() {
			return nil
		}
		rec.read(appendBytes(nil, s, 1))
		for i, h := range rec.events {
			n.want = appendLookedUp(n.want[:0], h, s.ColumnInt64(0), rec.bodies[i].content)
			found.BindText(1, string(h.stream))
			found.BindInt64(2, h.version)
			there, err := found.Step()
			if err != nil {
				return err
			}
			if there {
				n.row = appendColumns(n.row[:0], found, 0, 1, 2, 3, 4, 5)
			}
			if !there || !bytes.Equal(n.row, n.want) {
				place := fmt.Sprintf("entry %d, %s version %d", s.ColumnInt64(0), h.stream, h.version)
				n.fault(place, "is kept otherwise than it was recorded")
			}
			if err := found.Reset(); err != nil {
				return err
			}
		}
		return nil
	})
}

// originOf is the name of the log as its file has it; empty where that is no text.
func originOf(conn *sqlite.Conn) (name string) {
	query := "SELECT value FROM meta WHERE name='registry' AND typeof(value)='text'"
	_ = each(conn, query, func(s *sqlite.Stmt) error {
		name = s.ColumnText(0)
		return nil
	}) // what cannot be read is named by whoever reads the records
	return name
}

// roomFor is about how many entries a file has: what it says, as far as its size allows.
func roomFor(conn *sqlite.Conn, path string) (room int64) {
	const least = 512 // bytes of an entry with its rows
	_ = each(conn, "SELECT max(position) FROM entries", func(s *sqlite.Stmt) error {
		room = s.ColumnInt64(0)
		return nil
	}) // likewise
	about, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return max(0, min(room, about.Size()/least))
}

package main

import (
	_ "embed"
	"fmt"
	"maps"
	"slices"
	"strings"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

//go:embed tables.sql
var ownTables string

// definitions names what is not defined as a log's file is.
func (n *node) definitions() error {
	there, err := defined(n.conn)
	if err != nil {
		return err
	}
	memory, err := sqlite.OpenConn(":memory:")
	if err != nil {
		return err
	}
	defer memory.Close()
	if err := sqlitex.ExecuteScript(memory, ownTables, nil); err != nil {
		return err
	}
	own, err := defined(memory)
	if err != nil {
		return err
	}
	for _, one := range sorted(there) {
		if _, known := own[one]; !known {
			n.fault(one[0]+" "+one[1], "is not a log's own: "+shown(one[3]))
		}
	}
	for _, one := range sorted(own) {
		if _, found := there[one]; !found {
			n.fault(one[0]+" "+one[1], "is not there as a log's file has it")
		}
	}
	return nil
}

type definition [4]string // type, name, table, and the SQL in one line

func defined(conn *sqlite.Conn) (map[definition]struct{}, error) {
	found := map[definition]struct{}{}
	query := "SELECT type, name, tbl_name, sql FROM sqlite_master"
	err := each(conn, query, func(s *sqlite.Stmt) error {
		kind, name := s.ColumnText(0), s.ColumnText(1)
		if kind != "table" || !strings.HasPrefix(name, "sqlite_stat") {
			sql := strings.Join(strings.Fields(s.ColumnText(3)), " ")
			found[definition{kind, name, s.ColumnText(2), sql}] = struct{}{}
		}
		return nil
	})
	return found, err
}

func sorted(definitions map[definition]struct{}) []definition {
	return slices.SortedFunc(maps.Keys(definitions), func(a, b definition) int {
		return slices.Compare(a[:], b[:])
	})
}

func shown(text string) string { return text[:min(len(text), 120)] }

// compareIndexes asks SQLite whether every index says what its table says, and every tree
// is in order: a node finds rows by them, and what is above reads whole tables.
func (a *audit) compareIndexes(conn *sqlite.Conn) bool {
	right := true
	query := fmt.Sprintf("PRAGMA integrity_check(%d)", maxFaults)
	err := each(conn, query, func(s *sqlite.Stmt) error {
		if told := s.ColumnText(0); told != "ok" {
			right = false
			a.fault(logFile, told)
		}
		return nil
	})
	if err != nil {
		right = false
		a.fault(logFile, fmt.Sprintf("cannot be read: %v", err))
	}
	return right
}

// Reads a published audit log with Go's own implementation of notes and tile logs (golang.org/x/mod/sumdb), the one
// behind Go's checksum database:
//
//	read_log FOLDER [CHECKPOINT...]
//
// Opens the checkpoint with the key in log.vkey, reads every hash through the tiles, which are authenticated against
// the checkpoint on the way, proves every entry's place and every earlier CHECKPOINT's.
package main

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const height = 8

type reader struct{ folder string }

func (r reader) Height() int { return height }

func (r reader) SaveTiles(tiles []tlog.Tile, data [][]byte) {}

// The names are Go's without the height.
func (r reader) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	data := make([][]byte, len(tiles))
	for i, tile := range tiles {
		name := strings.Replace(tile.Path(), "tile/8/", "tile/", 1)
		bytes, err := os.ReadFile(filepath.Join(r.folder, name))
		if err != nil {
			full := tile
			full.W = 1 << height
			name = strings.Replace(full.Path(), "tile/8/", "tile/", 1)
			if bytes, err = os.ReadFile(filepath.Join(r.folder, name)); err != nil {
				return nil, err
			}
			bytes = bytes[:tile.W*tlog.HashSize]
		}
		data[i] = bytes
	}
	return data, nil
}

func demand(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

// What tlog.ParseTree demands of the first line is the Go checksum database's; the rest is the same.
func open(path, vkey string) tlog.Tree {
	bytes, err := os.ReadFile(path)
	demand(err)
	verifier, err := note.NewVerifier(vkey)
	demand(err)
	opened, err := note.Open(bytes, note.VerifierList(verifier))
	demand(err)
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[0] != verifier.Name() || lines[3] != "" {
		log.Fatalf("%s is no checkpoint of %s", path, verifier.Name())
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	demand(err)
	root, err := base64.StdEncoding.DecodeString(lines[2])
	demand(err)
	tree := tlog.Tree{N: size}
	copy(tree.Hash[:], root)
	return tree
}

func entries(folder string, size int64) [][]byte {
	var all [][]byte
	for n := int64(0); n*256 < size; n++ {
		tile := tlog.Tile{H: height, L: 0, N: n, W: 256}
		if size-n*256 < 256 {
			tile.W = int(size - n*256)
		}
		name := strings.Replace(tile.Path(), "tile/8/0/", "tile/entries/", 1)
		data, err := os.ReadFile(filepath.Join(folder, name))
		demand(err)
		for i := 0; i < tile.W; i++ {
			length := int(binary.BigEndian.Uint16(data))
			all = append(all, data[2:2+length])
			data = data[2+length:]
		}
		if len(data) != 0 {
			log.Fatalf("%s is too long", name)
		}
	}
	return all
}

func main() {
	log.SetFlags(0)
	folder := os.Args[1]
	vkey, err := os.ReadFile(filepath.Join(folder, "log.vkey"))
	demand(err)
	key := strings.TrimSuffix(string(vkey), "\n")
	tree := open(filepath.Join(folder, "checkpoint"), key)
	hashes := tlog.TileHashReader(tree, reader{folder})

	all := entries(folder, tree.N)
	for i, entry := range all {
		leaf := tlog.RecordHash(entry)
		stored, err := hashes.ReadHashes([]int64{tlog.StoredHashIndex(0, int64(i))})
		demand(err)
		if stored[0] != leaf {
			log.Fatalf("entry %d is not the one in the tiles", i)
		}
		if i%97 != 0 && len(all) > 1000 {
			continue // a path takes a while
		}
		proof, err := tlog.ProveRecord(tree.N, int64(i), hashes)
		demand(err)
		demand(tlog.CheckRecord(proof, tree.N, tree.Hash, int64(i), leaf))
	}
	for _, path := range os.Args[2:] {
		old := open(path, key)
		if old.N == 0 {
			continue
		}
		proof, err := tlog.ProveTree(tree.N, old.N, hashes)
		demand(err)
		demand(tlog.CheckTree(proof, tree.N, tree.Hash, old.N, old.Hash))
	}
	fmt.Printf("%d entries, root %x\n", tree.N, tree.Hash[:])
}

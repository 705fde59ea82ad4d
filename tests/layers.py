#!/usr/bin/python3
"""Checks that the house stands as docs/architecture.md says: who may include whom, which file may use
which library, who may print and who may ask for the time; the order of include blocks; the size of files
and the guards of headers. Every breach is printed as file:line: what is wrong."""
import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

LAYERS = {"base": 0, "model": 1, "wire": 1, "count": 1, "sandbox": 1, "plan": 2, "trust": 2, "audit": 2, "site": 2,
          "channels": 2, "card": 2, "media": 3, "store": 3, "net": 3, "dispatch": 4, "report": 4, "cmd": 5}

# The stand-in for the networks must not share the drivers' mistakes.
ONLY_ROOMS = {"sandbox": {"base"}}

# Library headers by how they begin, and the rooms and files that may include them.
LIBRARIES = {
    "uv.h": ("lib/net/", "lib/sandbox/"),
    "uv/": ("lib/net/", "lib/sandbox/"),
    "curl/": ("lib/net/",),
    "nghttp2/": ("lib/sandbox/", "lib/net/http_memory.c"),
    "sqlite3.h": ("lib/store/",),
    "yaml.h": ("lib/plan/reader.c",),
    "openssl/": ("lib/base/digest.c", "lib/base/ed25519.c", "lib/trust/", "lib/net/", "lib/sandbox/"),
    "cairo.h": ("lib/card/",),
    "pango/": ("lib/card/",),
    "fontconfig/": ("lib/card/",),
    "qrencode.h": ("lib/card/",),
    "jpeglib.h": ("lib/card/",),
    "libintl.h": ("lib/base/language.h",),
    "jansson.h": ("",),
    "utf8proc.h": ("",),
    "idn2.h": ("",),
}

# Names that only these files may use.
USES = [
    (re.compile(r"(?<![\w.>])(?:printf|vprintf|puts|putchar|putchar_unlocked)\s*\(|\bstdout\b|\bSTDOUT_FILENO\b"),
     ("cmd/output.c", "cmd/output_thread.c"), "prints to standard output, which only cmd/output.c and its thread do"),
    (re.compile(r"(?<![\w.>])(?:time|clock_gettime|gettimeofday|clock|timespec_get|ftime)\s*\("),
     ("lib/net/loop.c", "lib/base/log.c", "lib/sandbox/"),
     "asks for the time, which only lib/net/loop.c, lib/base/log.c and lib/sandbox do"),
    (re.compile(r"\b(?:setlocale|textdomain|dgettext)\s*\("), ("lib/base/language.c",),
     "chooses a language, which only lib/base/language.c does"),
]

FILE_LINES_MAX = 500
GENERATED = re.compile(r"\b(generated|made|written) by \S+\.py\b", re.IGNORECASE)
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
BLOCKS = ("own header", "system", "libraries", "lower rooms", "own room")
TOKENS = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.DOTALL)


class Check:
    def __init__(self):
        self.breaches = []
        self.files = 0
        self.includes = 0

    def breach(self, path, line, text):
        self.breaches.append(f"{path}:{line}: {text}")

    def file(self, path):
        with open(os.path.join(ROOT, path), encoding="utf-8") as file:
            text = file.read()
        lines = text.split("\n")
        self.files += 1
        generated = any(GENERATED.search(line) for line in lines[:8])
        if len(lines) - 1 > FILE_LINES_MAX and not generated:
            self.breach(path, len(lines) - 1, f"{len(lines) - 1} lines, at most {FILE_LINES_MAX}")
        if path.endswith(".h"):
            self.guard(path, lines)
        self.blocks(path, lines)
        self.uses(path, text)

    def guard(self, path, lines):
        directives = [(i, line) for i, line in enumerate(lines, 1) if line.startswith("#")]
        names = [re.fullmatch(r"#(?:ifndef|define) (\w+)", line.strip()) for _, line in directives[:2]]
        if len(names) < 2 or not all(names) or names[0][1] != names[1][1] or not directives[0][1].startswith("#ifndef"):
            self.breach(path, directives[0][0] if directives else 1, "no include guard")
            return
        expected = "CRISIS_" + re.sub(r"\W", "_", path.removeprefix("lib/")).upper()
        if names[0][1] != expected:
            self.breach(path, directives[0][0], f"the guard is {names[0][1]}, {expected} would be right")

    def blocks(self, path, lines):
        last = None  # (block, line) of the include before
        for number, line in enumerate(lines, 1):
            found = INCLUDE.match(line)
            if not found:
                continue
            self.includes += 1
            block = self.one_include(path, number, found[1], found[2], last is None)
            if last and block is not None:
                between = lines[last[1]:number - 1]
                if block < last[0]:
                    self.breach(path, number, f"{BLOCKS[block]} stands after {BLOCKS[last[0]]}")
                elif block != last[0] and "" not in [text.strip() for text in between]:
                    self.breach(path, number, f"no blank line between {BLOCKS[last[0]]} and {BLOCKS[block]}")
            if block is not None:
                last = (block, number)

    @staticmethod
    def has_own_header(path):
        """A file without one may begin with the header of its room that declares it."""
        return path.endswith(".h") or os.path.isfile(os.path.join(ROOT, path[:-2] + ".h"))

    def one_include(self, path, number, kind, name, first):
        """Checks one include and tells its block."""
        if kind == "<":
            for prefix, allowed in LIBRARIES.items():
                if name == prefix or (prefix.endswith("/") and name.startswith(prefix)):
                    if not path.startswith(allowed):
                        self.breach(path, number, f"<{name}> belongs into {' and '.join(allowed)} only")
                    return 2
            return 1
        here = room_of(path)
        target = find_header(path, name)
        if target is None:
            self.breach(path, number, f'"{name}" is not there')
            return None
        there = room_of(target)
        if there is None:
            self.breach(path, number, f'"{name}" belongs to no room')
            return None
        if target == path[:-2] + ".h" or (first and there == here and not self.has_own_header(path)):
            return 0
        if there == here:
            return 4
        self.direction(path, number, name, here, there)
        return 3

    def direction(self, path, number, name, here, there):
        if here in ONLY_ROOMS and there not in ONLY_ROOMS[here]:
            self.breach(path, number, f'"{name}": {here} may include {", ".join(ONLY_ROOMS[here])} only')
        elif there == "model" and LAYERS[here] == 1:
            return  # plain values, which the rooms beside it may read
        elif LAYERS[there] == LAYERS[here]:
            self.breach(path, number, f'"{name}": {here} and {there} are side by side (layer {LAYERS[here]})')
        elif LAYERS[there] > LAYERS[here]:
            self.breach(path, number, f'"{name}": {there} (layer {LAYERS[there]}) is above {here} (layer {LAYERS[here]})')

    def uses(self, path, text):
        bare = TOKENS.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), text)
        for pattern, allowed, what in USES:
            if path.startswith(allowed):
                continue
            for found in pattern.finditer(bare):
                self.breach(path, bare.count("\n", 0, found.start()) + 1, f"'{found[0].strip()}' {what}")


def room_of(path):
    parts = path.split("/")
    if parts[0] == "lib" and len(parts) > 2 and parts[1] in LAYERS:
        return parts[1]
    return parts[0] if parts[0] in ("channels", "cmd") else None


def find_header(path, name):
    for folder in ("lib", "", os.path.dirname(path)):
        candidate = os.path.normpath(os.path.join(folder, name))
        if os.path.isfile(os.path.join(ROOT, candidate)):
            return candidate
    return None


def sources():
    for top in ("cmd", "lib", "channels"):
        for folder, folders, names in os.walk(os.path.join(ROOT, top)):
            folders.sort()
            for name in sorted(names):
                if name.endswith((".c", ".h")):
                    yield os.path.relpath(os.path.join(folder, name), ROOT)


def main():
    check = Check()
    for path in sources():
        check.file(path)
    for breach in check.breaches:
        print(breach)
    if check.breaches:
        print(f"{check.files} files, {check.includes} includes, {len(check.breaches)} breaches")
        return 1
    print(f"{check.files} files, {check.includes} includes, no breach")
    return 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Makes the C tables of lib/count from the plain lists beside this script.

    make_tables.py          writes ../emoji_table.c and ../tld_table.c
    make_tables.py --check  exit code 1 when one of them is not what the lists say
"""
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
BANNER = "/* Made by tables/make_tables.py from tables/{}: change that file, not this one. */\n" \
    "/* clang-format off */\n"
# In the order of enum emoji_set in emoji_table.h.
SETS = ["worker", "tool-selector", "tool", "gendered-selector", "gendered", "needs-selector",
        "text-style", "modifiable-text-style", "modifiable"]
SEQUENCE_MAX = 8
WIDTH = 98


def lines_of(name):
    """The lines that are no comment and not empty, with continued (indented) lines joined."""
    lines = []
    for line in (HERE / name).read_text(encoding="utf-8").splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        if line[0] == " ":
            lines[-1] += line
        else:
            lines.append(line)
    return lines


def filled(items):
    """Items laid out as the rows of an initialiser."""
    rows, row = [], "   "
    for item in items:
        if len(row) + len(item) + 2 > WIDTH:
            rows.append(row)
            row = "   "
        row += f" {item},"
    return "\n".join(rows + [row]) + "\n"


def read_emoji():
    members, sequences, flags = {}, [], [0] * 26
    for line in lines_of("emoji.txt"):
        name, values = line.split(":")
        words = values.split()
        if name == "sequence":
            points = [int(word, 16) for word in words]
            assert len(points) <= SEQUENCE_MAX, line
            sequences.append(points)
        elif name == "flags":
            for letter in words[1]:
                flags[ord(words[0]) - ord("A")] |= 1 << (ord(letter) - ord("A"))
        else:
            bit = 1 << SETS.index(name)
            for word in words:
                first, _, last = word.partition("-")
                for point in range(int(first, 16), int(last or first, 16) + 1):
                    members[point] = members.get(point, 0) | bit
    for points in sequences:
        members[points[0]] = members.get(points[0], 0) | 1 << len(SETS)
    return members, sequences, flags


def emoji_table():
    members, sequences, flags = read_emoji()
    ranges = []
    for point in sorted(members):
        if ranges and ranges[-1][1] == point - 1 and ranges[-1][2] == members[point]:
            ranges[-1][1] = point
        else:
            ranges.append([point, point, members[point]])
    out = BANNER.format("emoji.txt") + '#include "count/emoji_table.h"\n\n'
    out += "const struct emoji_range emoji_ranges[] = {\n"
    out += filled(f"{{0x{a:04X}, 0x{b:04X}, 0x{bits:03X}}}" for a, b, bits in ranges)
    out += "};\nconst size_t emoji_range_count = sizeof(emoji_ranges) / sizeof(emoji_ranges[0]);\n\n"
    out += "const uint32_t emoji_sequences[][EMOJI_SEQUENCE_MAX] = {\n"
    for points in sequences:
        out += "    {" + ", ".join(f"0x{point:04X}" for point in points) + "},\n"
    out += "};\nconst size_t emoji_sequence_count =\n"
    out += "    sizeof(emoji_sequences) / sizeof(emoji_sequences[0]);\n\n"
    out += "const uint32_t emoji_flags[26] = {\n"
    out += filled(f"0x{bits:07X}" for bits in flags) + "};\n"
    return out


def folded(name):
    """The name as code units in upper case, one for one, as tld.c folds what it compares."""
    units = []
    for character in name:
        upper = character.upper()
        same = len(upper) != 1 or (ord(character) >= 0x80 and ord(upper) < 0x80)
        units.append(ord(character) if same else ord(upper))
    assert all(unit < 0xD800 for unit in units), name
    return units


def tld_table():
    names = lines_of("tlds.txt")
    rows = []
    for units in sorted(folded(name) for name in names):
        text = "".join(chr(u) if u < 0x80 else f"\\u{u:04X}" for u in units)
        rows.append(f'u"{text}"')
    out = BANNER.format("tlds.txt") + '#include "count/tld_table.h"\n\n'
    out += "const char16_t *const tld_table[] = {\n" + filled(rows) + "};\n"
    out += "const size_t tld_table_count = sizeof(tld_table) / sizeof(tld_table[0]);\n"
    return out


def main():
    stale = []
    for name, made in (("emoji_table.c", emoji_table()), ("tld_table.c", tld_table())):
        path = HERE.parent / name
        if sys.argv[1:] == ["--check"]:
            if path.read_text(encoding="utf-8") != made:
                stale.append(name)
        else:
            path.write_text(made, encoding="utf-8")
    for name in stale:
        print(f"{name} is not what the lists say: run tables/make_tables.py", file=sys.stderr)
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())

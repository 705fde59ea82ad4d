#!/usr/bin/env python3
"""Makes the table of Blowfish's first state, which is the fraction of pi in binary.

    make_blowfish_table.py          writes ../blowfish_table.c
    make_blowfish_table.py --check  exit code 1 when that file is not what this script makes
"""
import pathlib
import sys

PATH = pathlib.Path(__file__).resolve().parent.parent / "blowfish_table.c"
BANNER = "/* Made by tables/make_blowfish_table.py from the digits of pi: change that, not this. */\n" \
    "/* clang-format off */\n"
P_WORDS, BOXES, BOX_WORDS = 18, 4, 256
WORDS = P_WORDS + BOXES * BOX_WORDS
GUARD_BITS = 64
PER_LINE = 8


def arctan_inverse(x, one):
    """arctan(1/x) in units of 1/one, by its power series."""
    power = total = one // x
    divisor, sign = 1, 1
    while power:
        power //= x * x
        divisor += 2
        sign = -sign
        total += sign * (power // divisor)
    return total


def words_of_pi():
    """The first bits after the binary point of pi (Machin's formula), as words of 32 bits."""
    one = 1 << (32 * WORDS + GUARD_BITS)
    pi = 4 * (4 * arctan_inverse(5, one) - arctan_inverse(239, one))
    bits = (pi - 3 * one) >> GUARD_BITS
    return [(bits >> (32 * (WORDS - 1 - i))) & 0xFFFFFFFF for i in range(WORDS)]


def rows(words):
    lines = []
    for start in range(0, len(words), PER_LINE):
        lines.append("        " + " ".join(f"0x{word:08x}," for word in words[start:start + PER_LINE]))
    return "\n".join(lines) + "\n"


def table():
    words = words_of_pi()
    out = BANNER + '#include "trust/blowfish_table.h"\n\n'
    out += "const struct blowfish_state blowfish_table = {\n    .p = {\n" + rows(words[:P_WORDS]) + "    },\n"
    return out + "    .s = {\n" + rows(words[P_WORDS:]) + "    },\n};\n"


def main():
    made = table()
    if sys.argv[1:] != ["--check"]:
        PATH.write_text(made, encoding="utf-8")
    elif PATH.read_text(encoding="utf-8") != made:
        print("blowfish_table.c is not what tables/make_blowfish_table.py makes: run it", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

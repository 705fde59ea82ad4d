#!/usr/bin/python3
"""Draws how the measures have gone from commit to commit: a small panel for each, its goal as a dashed line.

    history.py FOLDER        reads FOLDER/*.json, prints the table of the last one, writes FOLDER/history.svg
"""
import glob
import json
import os
import sys
from html import escape

from goals import MEASURES, row, table, written

COLUMNS = 3
WIDTH, HEIGHT, GAP = 320, 150, 16  # of a panel
LEFT, RIGHT, TOP, BOTTOM = 12, 12, 58, 22  # around its drawing
HEAD = 64
LINE_LETTERS = 46  # of a title
STYLE = """
svg { background: #fff }
text { font: 12px sans-serif; fill: #222 }
.head { font-size: 18px; font-weight: bold }
.small { font-size: 11px; fill: #555 }
.figure { font-weight: bold }
.panel { fill: #f6f6f6 }
.line { fill: none; stroke: #0b5394; stroke-width: 2 }
.dot { fill: #0b5394 }
.axis { stroke: #bbb }
.goal { stroke: #a34700; stroke-width: 1.5; stroke-dasharray: 5 4 }
"""


def read(folder):
    """(name, what was written of it) of each commit, the oldest first."""
    commits = []
    for path in sorted(glob.glob(os.path.join(folder, "*.json"))):
        with open(path, encoding="utf-8") as file:
            commits.append((os.path.basename(path).removesuffix(".json"), json.load(file)))
    return commits


def folded(title):
    """A title in two lines at most."""
    if len(title) <= LINE_LETTERS:
        return title, ""
    at = title.rfind(" ", 0, LINE_LETTERS + 1)
    rest = title[at + 1:]
    return title[:at], rest if len(rest) <= LINE_LETTERS else rest[:LINE_LETTERS - 1] + "…"


def lines_of(measure, values, names):
    """The curve, its dots, and the goal, in a panel."""
    most = max([*(value for _, value in values), measure.goal or 0]) * 1.1 or 1
    width, height = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
    places = [(LEFT + width * (at + 0.5) / len(names), TOP + height * (1 - value / most)) for at, value in values]
    yield f'<line class="axis" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{TOP + height}" y2="{TOP + height}"/>'
    yield f'<polyline class="line" points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in places)}"/>'
    for (x, y), (at, value) in zip(places, values):
        yield f'<circle class="dot" cx="{x:.1f}" cy="{y:.1f}" r="3.5"><title>{names[at]}: {written(value)} {measure.unit}</title></circle>'
    if len(values) > 1:
        (x, y), (_, value) = places[0], values[0]
        yield f'<text class="small" x="{x:.1f}" y="{y + 15:.1f}" text-anchor="middle">{written(value)}</text>'
    if measure.goal is not None:
        y = TOP + height * (1 - measure.goal / most)
        yield f'<line class="goal" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'


def panel(measure, commits):
    names = [name for name, _ in commits]
    values = [(at, value) for at, (_, one) in enumerate(commits) if (value := measure.value(one["results"])) is not None]
    _, _, figure, goal, _, word = row(measure, commits[values[-1][0]][1]["results"])
    says = f"{figure}; {goal}: {word}" if goal else figure
    first, second = folded(measure.title)
    yield f'<g role="group" aria-label="{escape(f"{measure.title}: {says}")}">'
    yield f'<rect class="panel" width="{WIDTH}" height="{HEIGHT}" rx="4"/>'
    yield f'<text x="{LEFT}" y="18">{escape(first)}</text><text x="{LEFT}" y="33">{escape(second)}</text>'
    yield f'<text class="figure" x="{LEFT}" y="50">{escape(says)}</text>'
    yield from lines_of(measure, values, names)
    yield (f'<text class="small" x="{LEFT}" y="{HEIGHT - 7}">{names[0]}</text>'
           f'<text class="small" x="{WIDTH - RIGHT}" y="{HEIGHT - 7}" text-anchor="end">{names[-1]}</text></g>')


def draw(commits):
    shown = [measure for measure in MEASURES if any(measure.value(one["results"]) is not None for _, one in commits)]
    width = GAP + COLUMNS * (WIDTH + GAP)
    height = HEAD + -(-len(shown) // COLUMNS) * (HEIGHT + GAP)
    yield (f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-labelledby="title description" width="{width}" height="{height}" '
           f'viewBox="0 0 {width} {height}">')
    yield '<title id="title">What was measured of crisis, commit by commit</title>'
    yield ('<desc id="description">A panel for each measure: its curve over the commits that were measured, the latest figure in words, and '
           "its goal, where there is one, as a dashed line.</desc>")
    yield f"<style>{STYLE}</style>"
    yield f'<text class="head" x="{GAP}" y="28">Measured, commit by commit</text>'
    yield (f'<text class="small" x="{GAP}" y="48">Each axis begins at zero. Dashed: the goal. Machines and their load differ: see the '
           "JSON files beside this.</text>")
    for place, measure in enumerate(shown):
        x, y = GAP + place % COLUMNS * (WIDTH + GAP), HEAD + place // COLUMNS * (HEIGHT + GAP)
        yield f'<g transform="translate({x} {y})">'
        yield from panel(measure, commits)
        yield "</g>"
    yield "</svg>"


def write(folder):
    """The table of the last commit; the plot of all is written."""
    commits = read(folder)
    with open(os.path.join(folder, "history.svg"), "w", encoding="utf-8") as file:
        file.write("\n".join(draw(commits)) + "\n")
    return table(commits[-1][1]["results"])


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    print(write(sys.argv[1]))

"""What `./dev bench` makes of figures that were recorded: the table, and the plot over commits. Nothing is measured here."""
import glob
import json
import os
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

from conftest import ROOT

BENCH = os.path.join(ROOT, "tests", "bench")
SVG = "{http://www.w3.org/2000/svg}"
EARLIER = {"d": {"check_s": 0.075}, "of a case that is gone": {"wall_s": 3}}
LATER = {"d": {"check_s": 0.025, "dry_run_s": 0.125}, "b http2": {"rate_of_bare": 0.93, "cpu_of_bare": 1.2},
         "c 1000000 in flight": {"in_flight": 2000}}


def report(folder, **commits):
    """The table that is printed, as rows of cells, and the plot."""
    for name, results in commits.items():
        (folder / f"{name}.json").write_text(json.dumps({"subject": name, "machine": {}, "results": results}))
    printed = subprocess.run([sys.executable, os.path.join(BENCH, "history.py"), str(folder)], check=True, stdout=subprocess.PIPE, text=True)
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in printed.stdout.splitlines()]
    return {row[1]: row[2:] for row in rows[2:]}, ElementTree.parse(folder / "history.svg").getroot()


def test_the_table_says_of_each_figure_whether_its_goal_is_reached(tmp_path):
    rows, _ = report(tmp_path, earlier=EARLIER, later=LATER)
    assert rows["plan of 357 municipalities: check"] == ["0.025 s", "at most 0.05 s", "0.50", "reached"]
    assert rows["plan of 357 municipalities: send --dry-run"] == ["0.125 s", "", "", ""]
    assert rows["20,000 over HTTP/2 to one host: rate, of a bare client"] == ["0.93", "at least 0.9", "1.03", "reached"]
    assert rows["20,000 over HTTP/2 to one host: processor time, of a bare client"] == ["1.2", "at most 1.15", "1.04", "NOT reached"]
    assert rows["a million queued, answers late: in flight, as the server sees it"] == ["2,000", "at least 2,000", "1.00", "reached"]
    assert len(rows) == 5


def test_the_plot_has_a_panel_for_each_measure_and_a_dot_for_each_commit_that_has_it(tmp_path):
    rows, plot = report(tmp_path, earlier=EARLIER, later=LATER)
    panels = {panel.get("aria-label"): panel for panel in plot.iter(f"{SVG}g") if panel.get("role") == "group"}
    assert len(panels) == len(rows)
    check = panels["plan of 357 municipalities: check: 0.025 s; at most 0.05 s: reached"]
    dots = check.findall(f"{SVG}circle")
    assert [dot.find(f"{SVG}title").text for dot in dots] == ["earlier: 0.075 s", "later: 0.025 s"]
    assert float(dots[0].get("cy")) < float(check.find(f"{SVG}line[@class='goal']").get("y1")) < float(dots[1].get("cy"))
    assert not panels["plan of 357 municipalities: send --dry-run: 0.125 s"].findall(f"{SVG}line[@class='goal']")


def test_the_plot_can_be_understood_without_being_seen_and_needs_nothing_from_elsewhere(tmp_path):
    _, plot = report(tmp_path, later=LATER)
    assert plot.get("role") == "img"
    named = {element.get("id"): element.tag for element in plot}
    assert [named[name] for name in plot.get("aria-labelledby").split()] == [f"{SVG}title", f"{SVG}desc"]
    text = (tmp_path / "history.svg").read_text()
    assert "href" not in text and "url(" not in text and "@import" not in text


def test_what_was_recorded_can_be_shown(tmp_path):
    for path in glob.glob(os.path.join(ROOT, "docs", "benchmarks", "*.json")):
        shutil.copy(path, tmp_path)
    rows, plot = report(tmp_path)
    assert rows and len(plot.findall(f"{SVG}g")) >= len(rows)


def test_a_case_that_is_none_is_refused_with_the_names_of_all(tmp_path):
    asked = subprocess.run([sys.executable, os.path.join(BENCH, "bench.py"), str(tmp_path), "--only", "d,z"], check=False,
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert asked.returncode == 2 and not asked.stdout
    assert "the cases are a, b-rate, b-latency, b-cold, b-apprise, c, d" in asked.stderr

"""Pages as people have them: in Chromium, on paper, and before the checker of HTML.

    look(folder, ["a.html"])       what axe finds, what is asked for elsewhere, what is wider than the window: a dictionary for each view
    html_messages(["/x/a.html"])   what the Nu Html Checker says
    printed("/x/a.html", folder)   the text of each sheet of A4

A test is skipped, and says so, where the programs are not installed.
"""
import functools
import http.server
import json
import os
import re
import shutil
import subprocess
import threading

import pytest
from npm import node, packages

RUN_TIMEOUT_S = 300
A4_POINTS = (595, 842)


def need(program):
    path = shutil.which(program)
    if not path:
        pytest.skip(f"{program} is not installed")
    return path


def look(folder, pages):
    chromium, tools = need("chromium"), packages("site")
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        base = f"http://127.0.0.1:{server.server_address[1]}/"
        out = node(tools, "look.js", chromium, base, os.environ.get("CRISIS_PICTURES", "-"), *pages, timeout=RUN_TIMEOUT_S)
        server.shutdown()
    return [json.loads(line) for line in out.splitlines()]


def html_messages(files):
    java = need("java")
    jar = os.path.join(packages("site"), "node_modules", "vnu-jar", "build", "dist", "vnu.jar")
    done = subprocess.run([java, "-jar", jar, "--format", "json", *map(str, files)], check=False, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, timeout=RUN_TIMEOUT_S)
    messages = json.loads(done.stderr)["messages"]
    assert (done.returncode == 0) == (messages == []), done.stderr
    return messages


def printed(path, folder):
    chromium, pdftotext = need("chromium"), need("pdftotext")
    pdf = os.path.join(str(folder), "printed.pdf")
    done = subprocess.run([chromium, "--headless=new", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer",
                           f"--user-data-dir={folder}/chromium", f"--print-to-pdf={pdf}", f"file://{path}"], check=False,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=RUN_TIMEOUT_S)
    assert os.path.exists(pdf), done.stdout
    info = subprocess.run([need("pdfinfo"), pdf], check=True, stdout=subprocess.PIPE, text=True, timeout=RUN_TIMEOUT_S).stdout
    width, height = map(float, re.search(r"Page size: +([\d.]+) x ([\d.]+)", info).groups())
    assert (round(width), round(height)) == A4_POINTS, info
    text = subprocess.run([pdftotext, pdf, "-"], check=True, stdout=subprocess.PIPE, text=True, timeout=RUN_TIMEOUT_S).stdout
    return text.split("\f")[:-1]

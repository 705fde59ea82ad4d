"""The published log, read by others: a reader in Python that shares nothing with the program, and golang.org/x/mod."""
import os
import random
import shutil
import subprocess
import sys

import pytest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TOOLS = os.path.join(ROOT, "tests", "tools")
GO_PACKAGES = "/usr/share/gocode"  # where Debian puts golang-golang-x-mod-dev
ORIGIN = "krise.example.no/audit"
SEED = "01" * 32

sys.path.insert(0, TOOLS)
import read_log  # noqa: E402

SIZES = ([1], [0, 1, 2, 3, 7, 8], [255, 256, 257, 511, 512, 513], [64, 300, 1000, 66000])


def find_writer():
    """The test program that publishes a log, beside the program under test."""
    given = os.environ.get("CRISIS_BINARY", "")
    folders = [os.path.dirname(given), os.path.dirname(os.path.dirname(given)), os.path.join(ROOT, "build-dev")]
    paths = [os.path.join(folder, "tests", "unit", "write_log") for folder in folders]
    return next((path for path in paths if os.path.exists(path)), None)


@pytest.fixture(scope="module", params=SIZES, ids=lambda sizes: str(sizes[-1]))
def published(request, tmp_path_factory):
    writer = find_writer()
    if not writer:
        pytest.skip("write_log is not built")
    folder = tmp_path_factory.mktemp("log")
    sizes = [str(size) for size in request.param]
    subprocess.run([writer, folder, ORIGIN, SEED, *sizes], check=True, timeout=120)
    return folder, request.param


@pytest.fixture(scope="session")
def go_reader(tmp_path_factory):
    go = shutil.which("go")
    if not go or not os.path.isdir(os.path.join(GO_PACKAGES, "src", "golang.org", "x", "mod", "sumdb", "tlog")):
        pytest.skip("golang-go and golang-golang-x-mod-dev are not installed")
    folder = tmp_path_factory.mktemp("go")
    environment = {**os.environ, "GO111MODULE": "off", "GOPATH": GO_PACKAGES, "GOCACHE": str(folder / "cache"), "GOFLAGS": ""}
    subprocess.run([go, "build", "-o", folder / "read_log", os.path.join(TOOLS, "read_log.go")], check=True, env=environment,
                   timeout=300)
    return folder / "read_log"


def test_another_reader_finds_the_same_log(published):
    folder, sizes = published
    vkey, entries, _, tiles = read_log.read_log(folder / "audit")
    assert len(entries) == sizes[-1] and vkey.startswith(ORIGIN + "+")
    expected, count = 0, sizes[-1]
    while count:
        expected, count = expected + (count + 255) // 256, count // 256
    assert tiles == expected
    for size in sizes:
        data = (folder / "checkpoints" / str(size)).read_bytes()
        assert read_log.check_extends(entries, data, vkey) == size


def test_another_reader_accepts_the_proofs(published):
    folder, sizes = published
    vkey = (folder / "audit" / "log.vkey").read_text().rstrip("\n")
    names = sorted(path.stem for path in (folder / "proofs").glob("*.tlog-proof"))
    assert names
    for name in names:
        proof = (folder / "proofs" / (name + ".tlog-proof")).read_bytes()
        entry = (folder / "proofs" / (name + ".entry")).read_bytes()
        assert read_log.check_proof(proof, entry, vkey) == (int(name), sizes[-1])
        with pytest.raises(read_log.Unfit):
            read_log.check_proof(proof, entry + b"\n", vkey)


def test_another_reader_accepts_what_a_witness_is_sent(published):
    folder, sizes = published
    vkey = (folder / "audit" / "log.vkey").read_text().rstrip("\n")
    for size in sizes:
        request = (folder / "consistency" / str(size)).read_bytes()
        old = (folder / "checkpoints" / str(size)).read_bytes()
        assert read_log.check_request(request, old, vkey) == (size, sizes[-1])


def test_openssl_alone_verifies_the_checkpoint(published):
    folder, _ = published
    vkey = (folder / "audit" / "log.vkey").read_text().rstrip("\n")
    data = (folder / "audit" / "checkpoint").read_bytes()
    assert read_log.open_checkpoint(data, vkey)
    changed = data.replace(b"\n", b"\n1", 1)
    with pytest.raises(read_log.Unfit):
        read_log.open_checkpoint(changed, vkey)


def test_go_reads_the_same_log(published, go_reader):
    folder, sizes = published
    checkpoints = [folder / "checkpoints" / str(size) for size in sizes]
    done = subprocess.run([go_reader, folder / "audit", *checkpoints], check=True, stdout=subprocess.PIPE, text=True, timeout=120)
    _, _, root, _ = read_log.read_log(folder / "audit")
    assert done.stdout == f"{sizes[-1]} entries, root {root.hex()}\n"


def test_go_finds_a_changed_entry(published, go_reader, tmp_path):
    folder, sizes = published
    source = random.Random(sizes[-1])
    shutil.copytree(folder / "audit", tmp_path / "audit")
    bundles = sorted(path for path in (tmp_path / "audit" / "tile" / "entries").rglob("*") if path.is_file())
    bundle = max(bundles, key=lambda path: (path.parent.name.split(".")[0], int(path.name)))
    data = bytearray(bundle.read_bytes())
    data[source.randrange(2, len(data))] ^= 1
    bundle.write_bytes(data)
    done = subprocess.run([go_reader, tmp_path / "audit"], stderr=subprocess.PIPE, stdout=subprocess.PIPE, check=False, timeout=120)
    assert done.returncode != 0

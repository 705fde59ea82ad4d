"""age v1 files: this implementation against Debian's `age` program in both directions, and against published vectors
(tests/e2e/data: C2SP CCTV for the format, Wycheproof for the curve and the cipher). tests/tools/age_tool.c drives it."""
import base64
import hashlib
import os
import pty
import random
import re
import select
import shutil
import subprocess
import zlib

import pytest

from conftest import ROOT, assert_no_report, binary_path

DATA = os.path.join(ROOT, "tests", "e2e", "data")
TIMEOUT_S = 120
CHUNK = 64 * 1024
SIZES = [0, 1, 15, 16, 17, 63, 64, 65, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 3 * CHUNK + 12345]
PASSPHRASE = "krise på fjellet 42"

needs_age = pytest.mark.skipif(not shutil.which("age"), reason="the age program is not there (Debian package age)")


def tool_path():
    folder = os.path.dirname(os.path.realpath(binary_path()))
    candidates = [os.path.join(base, "tests", "tools", "age_tool")
                  for base in (folder, os.path.dirname(folder), os.path.join(ROOT, "build-dev"))]
    found = next((path for path in candidates if os.path.exists(path)), None)
    assert found, "tests/tools/age_tool is not built (meson option tests)"
    return found


def tool(*arguments, data=b"", code=0):
    done = subprocess.run([tool_path(), *map(str, arguments)], input=data, capture_output=True, timeout=TIMEOUT_S)
    err = done.stderr.decode("utf-8", "replace")
    assert_no_report(err)
    assert code is None or done.returncode == code, err
    return done


def age(*arguments, data=b""):
    return subprocess.run(["age", *map(str, arguments)], input=data, capture_output=True, timeout=TIMEOUT_S, check=True).stdout


def age_on_terminal(arguments, answers, folder, data):
    """`age` asks for passphrases on its terminal only: gives it one, and an answer to each question."""
    source, target = folder / "terminal-in", folder / "terminal-out"
    source.write_bytes(data)
    child, terminal = pty.fork()
    if child == 0:
        try:
            os.execvp("age", ["age", *arguments, "-o", str(target), str(source)])
        finally:
            os._exit(127)
    said, answers = b"", list(answers)
    while True:
        assert select.select([terminal], [], [], TIMEOUT_S)[0], said
        try:
            got = os.read(terminal, 4096)
        except OSError:  # the other end is closed
            got = b""
        if not got:
            break
        said += got
        if answers and said.rstrip().endswith(b":"):
            os.write(terminal, answers.pop(0).encode() + b"\n")
            said = b""
    os.close(terminal)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0, said
    return target.read_bytes()


def plaintext(size):
    return random.Random(size).randbytes(size)


class Identity:
    def __init__(self, path, text):
        self.path = path
        self.path.write_bytes(text)
        self.recipient = re.search(rb"age1[0-9a-z]{58}", text)[0].decode()


@pytest.fixture
def ours(tmp_path):
    return Identity(tmp_path / "ours.txt", tool("generate").stdout)


@pytest.fixture
def theirs(tmp_path):
    keys = subprocess.run(["age-keygen"], capture_output=True, timeout=TIMEOUT_S, check=True).stdout
    return Identity(tmp_path / "theirs.txt", keys)


@pytest.fixture
def passphrase_file(tmp_path):
    path = tmp_path / "passphrase"
    path.write_text(PASSPHRASE, encoding="utf-8")
    return path


# --- with the age program -----------------------------------------------------------------------------------------
@needs_age
@pytest.mark.parametrize("form", [[], ["-a"]], ids=["binary", "armored"])
@pytest.mark.parametrize("size", SIZES)
def test_both_directions(form, size, ours, theirs):
    plain = plaintext(size)
    for identity in (ours, theirs):
        sealed = tool("encrypt", *form, "-r", identity.recipient, data=plain).stdout
        assert age("-d", "-i", identity.path, data=sealed) == plain
        sealed = age(*form, "-r", identity.recipient, data=plain)
        assert tool("decrypt", "-i", identity.path, data=sealed).stdout == plain
        assert tool("decrypt", "-w", "-i", identity.path, data=sealed).stdout == plain


@needs_age
def test_what_is_sealed_has_the_length_that_age_would_give_it(ours):
    for size in SIZES:
        plain = plaintext(size)
        assert len(tool("encrypt", "-r", ours.recipient, data=plain).stdout) == len(age("-r", ours.recipient, data=plain))


@needs_age
def test_armor_is_spelt_as_age_spells_it(ours):
    """Armor has one spelling, so that what age makes of our binary file's bytes must be ours."""
    sealed = tool("encrypt", "-a", "-r", ours.recipient, data=plaintext(1000)).stdout.decode()
    lines = sealed.split("\n")
    assert lines[0] == "-----BEGIN AGE ENCRYPTED FILE-----" and lines[-2:] == ["-----END AGE ENCRYPTED FILE-----", ""]
    assert {len(line) for line in lines[1:-3]} == {64} and 0 < len(lines[-3]) <= 64
    assert age("-d", "-i", ours.path, data=sealed.replace("\n", "\r\n").encode()) == plaintext(1000)
    crlf = age("-a", "-r", ours.recipient, data=plaintext(1000)).replace(b"\n", b"\r\n")
    assert tool("decrypt", "-i", ours.path, data=crlf).stdout == plaintext(1000)


@needs_age
def test_several_recipients(ours, theirs):
    plain = plaintext(5000)
    recipients = ["-r", ours.recipient, "-r", theirs.recipient]
    for sealed in (tool("encrypt", *recipients, data=plain).stdout, age(*recipients, data=plain)):
        assert sealed.count(b"\n-> X25519 ") == 2
        for identity in (ours, theirs):
            assert tool("decrypt", "-i", identity.path, data=sealed).stdout == plain
            assert age("-d", "-i", identity.path, data=sealed) == plain


@needs_age
def test_an_identity_file_of_several_keys(tmp_path, ours, theirs):
    both = tmp_path / "both.txt"
    both.write_bytes(b"# two keys\n\n" + ours.path.read_bytes() + b"\n# and\n" + theirs.path.read_bytes())
    for identity in (ours, theirs):
        sealed = age("-r", identity.recipient, data=b"x")
        assert tool("decrypt", "-i", both, data=sealed).stdout == b"x"
        assert age("-d", "-i", both, data=tool("encrypt", "-r", identity.recipient, data=b"x").stdout) == b"x"


@needs_age
def test_for_somebody_else(ours, theirs):
    sealed = age("-r", theirs.recipient, data=b"x")
    done = tool("decrypt", "-i", ours.path, data=sealed, code=3)
    assert done.stdout == b"" and b"no match" in done.stderr
    sealed = tool("encrypt", "-r", ours.recipient, data=b"x").stdout
    assert subprocess.run(["age", "-d", "-i", theirs.path], input=sealed, capture_output=True, timeout=TIMEOUT_S).returncode != 0


@needs_age
@pytest.mark.parametrize("form", [[], ["-a"]], ids=["binary", "armored"])
def test_passphrase(form, tmp_path, passphrase_file):
    plain = plaintext(CHUNK + 1)
    sealed = tool("encrypt", *form, "-p", passphrase_file, data=plain).stdout
    assert age_on_terminal(["-d"], [PASSPHRASE], tmp_path, sealed) == plain
    sealed = age_on_terminal(["-p", *form], [PASSPHRASE, PASSPHRASE], tmp_path, plain)
    assert tool("decrypt", "-p", passphrase_file, data=sealed).stdout == plain
    passphrase_file.write_text("another")
    assert b"no match" in tool("decrypt", "-p", passphrase_file, data=sealed, code=3).stderr


@needs_age
def test_an_identity_file_with_a_passphrase(tmp_path, theirs, passphrase_file):
    protected = tmp_path / "protected.age"
    protected.write_bytes(age_on_terminal(["-p", "-a"], [PASSPHRASE, PASSPHRASE], tmp_path, theirs.path.read_bytes()))
    sealed = tool("encrypt", "-r", theirs.recipient, data=b"sealed for them").stdout
    assert tool("decrypt", "-p", passphrase_file, "-i", protected, data=sealed).stdout == b"sealed for them"
    assert b"passphrase is needed" in tool("decrypt", "-i", protected, data=sealed, code=2).stderr
    protected.write_bytes(tool("encrypt", "-p", passphrase_file, data=theirs.path.read_bytes()).stdout)
    assert age_on_terminal(["-d", "-i", str(protected)], [PASSPHRASE], tmp_path, sealed) == b"sealed for them"


@needs_age
def test_age_takes_our_identities_for_its_own(ours):
    derived = subprocess.run(["age-keygen", "-y", ours.path], capture_output=True, timeout=TIMEOUT_S, check=True).stdout
    assert derived.decode().strip() == ours.recipient


def test_whole_or_not_at_all(ours):
    """A file that breaks in its last part gives the parts before it to who asks for pieces, and nothing otherwise."""
    plain = plaintext(3 * CHUNK)
    sealed = bytearray(tool("encrypt", "-r", ours.recipient, data=plain).stdout)
    sealed[-1] ^= 1
    assert tool("decrypt", "-i", ours.path, data=sealed, code=7).stdout == plain[:2 * CHUNK]
    assert tool("decrypt", "-w", "-i", ours.path, data=sealed, code=7).stdout == b""
    assert tool("decrypt", "-w", "-i", ours.path, data=sealed[:-20], code=7).stdout == b""


# --- published vectors --------------------------------------------------------------------------------------------
def data_lines(name):
    with open(os.path.join(DATA, name), encoding="ascii") as file:
        return [line.split() for line in file if not line.startswith("#")]


class Vector:
    def __init__(self, encoded):
        head, self.file = base64.b64decode(encoded).split(b"\n\n", 1)
        fields = [line.split(": ", 1) for line in head.decode().split("\n")]
        self.fields = dict(fields)
        self.identities = [value for key, value in fields if key == "identity"]
        self.passphrases = [value for key, value in fields if key == "passphrase"]
        if self.fields.get("compressed") == "zlib":
            self.file = zlib.decompress(self.file)


AGE_VECTORS = data_lines("cctv-age.txt")


def test_all_vectors_are_there():
    assert len(AGE_VECTORS) == 124


@pytest.mark.parametrize("encoded", [line[1] for line in AGE_VECTORS], ids=[line[0] for line in AGE_VECTORS])
def test_vector(encoded, tmp_path):
    vector = Vector(encoded)
    arguments = []
    for passphrase in vector.passphrases[:1]:
        (tmp_path / "passphrase").write_text(passphrase)
        arguments += ["-p", tmp_path / "passphrase"]
    if vector.identities:
        (tmp_path / "identities").write_text("\n".join(vector.identities) + "\n")
        arguments += ["-i", tmp_path / "identities"]
    expected = vector.fields["expect"]
    # In pieces that end everywhere, and in one go.
    piece = CHUNK - 1 if len(vector.file) > 3 * CHUNK else 1
    done = tool("decrypt", "-n", piece, *arguments, data=vector.file, code=None)
    assert (done.returncode == 0) == (expected == "success"), done.stderr
    if expected != "success":
        kind = re.match(r"age_tool: ([^:]*):", done.stderr.decode())[1]
        # What does not begin as armor is no age file.
        assert kind == expected or (expected == "armor failure" and b"does not begin as one" in done.stderr)
    assert hashlib.sha256(done.stdout).hexdigest() == vector.fields.get("payload", hashlib.sha256().hexdigest())
    whole = tool("decrypt", "-w", *arguments, data=vector.file, code=None)
    assert (whole.returncode == 0) == (expected == "success")
    assert whole.stdout == (done.stdout if expected == "success" else b"")


def test_curve_vectors():
    vectors = data_lines("wycheproof-x25519.txt")
    assert len(vectors) == 518
    data = "".join(f"{secret} {point}\n" for _, secret, point, _, _ in vectors).encode()
    answers = tool("x25519", data=data).stdout.decode().split()
    assert len(answers) == len(vectors)
    for (number, _, _, product, _), answer in zip(vectors, answers):
        assert answer == ("refused" if set(product) == {"0"} else product), number


def test_cipher_vectors():
    vectors = data_lines("wycheproof-chacha20-poly1305.txt")
    assert len(vectors) == 45
    lines, expected = [], []
    for _, key, nonce, sealed, plain, result in vectors:
        good = bytes.fromhex("" if plain == "-" else plain)
        assert result == "valid"
        lines.append(f"{key} {nonce} {sealed}\n")
        expected.append(good.hex())
        for position in (0, len(sealed) // 2 - 1):  # the first byte and the last one, which is the tag's
            wrong = bytearray.fromhex(sealed)
            wrong[position] ^= 0x80
            lines.append(f"{key} {nonce} {wrong.hex()}\n")
            expected.append("refused")
    assert tool("open", data="".join(lines).encode()).stdout.decode().split("\n")[:-1] == expected

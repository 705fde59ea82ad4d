"""Signatures beside ssh-keygen: what it makes is read, what is made it reads, and whatever is accepted here it accepts.

FIDO keys are those of OpenSSH's own stand-in for a security key (Debian package openssh-tests); a passkey's signature is put
together here from what a browser would return. The program under test is tests/tools/sshsig_tool.c, made with the unit tests.
"""
import base64
import hashlib
import json
import os
import struct
import subprocess

import pytest

from conftest import assert_no_report, binary_path

NAMESPACE = "crisis-approval@v1"
NOW = "2026-11-23T03:04:05Z"
SK_DUMMY = "/usr/lib/openssh/regress/misc/sk-dummy/sk-dummy.so"
ORIGIN = "https://approve.kommune.example"
RP_ID = "kommune.example"
GROUP_ORDER = 2**252 + 27742317777372353535851937790883648493
BEGIN, END = "-----BEGIN SSH SIGNATURE-----", "-----END SSH SIGNATURE-----"
WEBAUTHN = b"webauthn-sk-ecdsa-sha2-nistp256@openssh.com"
KINDS = ["ed25519", "ecdsa", "ed25519-sk", "ecdsa-sk"]
SOFTWARE = ["ed25519", "ecdsa"]
STATEMENT = b"crisis-approval/v1\nplan flom\nmessage alert\n"
RUN_S = 120


def tool_path():
    folder = os.path.dirname(os.path.abspath(binary_path()))
    candidates = [os.environ.get("CRISIS_SSHSIG_TOOL", ""), os.path.join(folder, "tests/unit/sshsig_tool"),
                  os.path.join(os.path.dirname(folder), "tests/unit/sshsig_tool")]
    found = next((path for path in candidates if os.path.isfile(path)), None)
    if not found:
        pytest.skip("sshsig_tool is not built: it comes with the unit tests")
    return found


def tool(*words):
    done = subprocess.run([tool_path(), *map(str, words)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=RUN_S)
    assert_no_report(done.stderr.decode())
    return done


def keygen(*words, stdin=b"", env=None):
    environment = {**os.environ, "SSH_SK_PROVIDER": SK_DUMMY, **(env or {})}
    environment.pop("SSH_AUTH_SOCK", None)
    return subprocess.run(["ssh-keygen", *map(str, words)], input=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          timeout=RUN_S, env=environment)


# --- keys and signatures ----------------------------------------------------------------------------------------
def make_key(folder, kind, name=None, passphrase="", options=()):
    if kind.endswith("-sk") and not os.path.exists(SK_DUMMY):
        pytest.skip("Debian's openssh-tests is not installed")
    path = folder / (name or kind)
    done = keygen("-q", "-t", kind, "-N", passphrase, "-C", "test key", "-f", path, *options)
    assert done.returncode == 0, done.stderr
    return path


@pytest.fixture(scope="session")
def keys(tmp_path_factory):
    folder = tmp_path_factory.mktemp("keys")
    made = {}

    def get(kind):
        if kind not in made:
            made[kind] = make_key(folder, kind)
        return made[kind]

    return get


def public(path):
    with open(f"{path}.pub", encoding="ascii") as file:
        return " ".join(file.read().split()[:2])


class Case:
    """A message, an approvers file and a signature, to be judged by both."""

    def __init__(self, folder):
        self.folder = folder
        self.message = folder / "statement"
        self.message.write_bytes(STATEMENT)
        self.signature = folder / "statement.sig"
        self.approvers = folder / "approvers"

    def approve(self, *lines, version="# crisis-approvers v1 version=1 threshold=1 previous=none"):
        self.approvers.write_text("".join(line + "\n" for line in (version, *lines)))

    def line(self, key_line, name="kari@dsb.example", options=f'namespaces="{NAMESPACE}"'):
        self.approve(" ".join(word for word in (name, options, key_line) if word))

    def sign(self, key, namespace=NAMESPACE, options=()):
        self.signature.unlink(missing_ok=True)
        done = keygen("-q", "-Y", "sign", "-f", key, "-n", namespace, *options, self.message)
        assert done.returncode == 0, done.stderr

    def ours(self, name="kari@dsb.example", namespace=NAMESPACE, at=NOW, origins=()):
        done = tool("verify", self.approvers, name, namespace, at, self.signature, self.message, *origins)
        assert done.returncode in (0, 3, 4, 7), done
        assert (done.returncode == 0) == (done.stderr == b""), done
        return done

    def theirs(self, name="kari@dsb.example", namespace=NAMESPACE, at=NOW):
        clock = at.replace("-", "").replace(":", "").replace("T", "")
        return keygen("-Y", "verify", "-f", self.approvers, "-I", name, "-n", namespace, "-s", self.signature,
                      f"-Overify-time={clock}", stdin=self.message.read_bytes())

    def both(self, accepted, **options):
        """Both must say the same."""
        ours = self.ours(**options)
        options.pop("origins", None)
        theirs = self.theirs(**options)
        assert (ours.returncode == 0, theirs.returncode == 0) == (accepted, accepted), (ours, theirs)
        return ours.stderr.decode()

    def stricter(self, reason, **options):
        """ssh-keygen accepts it; it is refused here, with these words."""
        ours = self.ours(**options)
        options.pop("origins", None)
        theirs = self.theirs(**options)
        assert ours.returncode != 0 and reason in ours.stderr.decode(), ours
        assert theirs.returncode == 0, theirs

    def blob(self):
        return dearmour(self.signature.read_text())

    def put(self, blob):
        self.signature.write_text(armour(blob))


@pytest.fixture
def case(tmp_path):
    return Case(tmp_path)


# --- bytes ------------------------------------------------------------------------------------------------------
def string(value):
    return struct.pack(">I", len(value)) + value


def strings(data):
    found = []
    while data:
        size, = struct.unpack(">I", data[:4])
        found.append(data[4:4 + size])
        data = data[4 + size:]
    return found


def armour(blob):
    text = base64.b64encode(blob).decode()
    return "\n".join([BEGIN, *(text[at:at + 70] for at in range(0, len(text), 70)), END, ""])


def dearmour(text):
    return base64.b64decode("".join(text.split("\n")[1:-2]))


def fields(blob):
    """[version, key, namespace, reserved, hash, signature]"""
    assert blob[:6] == b"SSHSIG"
    return [struct.unpack(">I", blob[6:10])[0], *strings(blob[10:])]


def join(parts):
    return b"SSHSIG" + struct.pack(">I", parts[0]) + b"".join(map(string, parts[1:]))


def mpint(number):
    return string(number.to_bytes(number.bit_length() // 8 + 1, "big"))


def tbs(message, namespace=NAMESPACE):
    return b"SSHSIG" + b"".join(map(string, (namespace.encode(), b"", b"sha512", hashlib.sha512(message).digest())))


# --- what both say ----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("hash_name", ["sha256", "sha512"])
@pytest.mark.parametrize("kind", KINDS)
def test_what_ssh_keygen_signs_is_accepted(case, keys, kind, hash_name):
    case.sign(keys(kind), options=["-O", f"hashalg={hash_name}"])
    case.line(public(keys(kind)))
    case.both(True)


@pytest.mark.parametrize("kind", SOFTWARE)
def test_what_is_signed_ssh_keygen_accepts(case, keys, kind):
    done = tool("sign", keys(kind), "", NAMESPACE, case.message)
    assert done.returncode == 0, done
    case.signature.write_bytes(done.stdout)
    case.line(public(keys(kind)))
    case.both(True)


def test_an_ed25519_signature_is_the_same_bytes(case, keys):
    case.sign(keys("ed25519"))
    done = tool("sign", keys("ed25519"), "", NAMESPACE, case.message)
    assert done.stdout == case.signature.read_bytes()


@pytest.mark.parametrize("cipher", ["aes256-ctr", "aes256-gcm@openssh.com"])
@pytest.mark.parametrize("kind", SOFTWARE)
def test_keys_under_a_passphrase(case, tmp_path, kind, cipher):
    key = make_key(tmp_path, kind, passphrase="blåbær og fløte", options=["-Z", cipher, "-a", "3"])
    done = tool("sign", key, "blåbær og fløte", NAMESPACE, case.message)
    assert done.returncode == 0, done
    case.signature.write_bytes(done.stdout)
    case.line(public(key))
    case.both(True)
    for passphrase, words in (("bringebær", b"is wrong"), ("", b"needs its passphrase")):
        refused = tool("sign", key, passphrase, NAMESPACE, case.message)
        assert refused.returncode == 3 and words in refused.stderr and refused.stdout == b"", refused
        assert "bringebær".encode() not in refused.stderr


def test_the_signature_of_a_long_message(case, keys):
    case.message.write_bytes(bytes(range(256)) * 3000)
    case.sign(keys("ed25519"))
    case.line(public(keys("ed25519")))
    case.both(True)


@pytest.mark.parametrize("kind", KINDS)
def test_wrong_namespace_name_key_and_message(case, keys, kind):
    case.sign(keys(kind))
    case.line(public(keys(kind)))
    assert "namespace" in case.both(False, namespace="crisis-approvers@v1")
    assert "not among" in case.both(False, name="ola@dsb.example")
    case.line(public(keys(kind)), options='namespaces="crisis-approvers@v1"')
    assert "may not sign for the namespace" in case.both(False)
    other = KINDS[KINDS.index(kind) - 1]
    case.line(public(keys(other)))
    assert "is not one of" in case.both(False)
    case.line(public(keys(kind)))
    case.message.write_bytes(STATEMENT + b"\n")
    assert "over these bytes" in case.both(False)


def test_a_signature_for_another_namespace(case, keys):
    case.sign(keys("ed25519"), namespace="file")
    case.line(public(keys("ed25519")))
    assert "made for the namespace 'file'" in case.both(False)


@pytest.mark.parametrize("options, good, bad", [
    ('valid-after="20261123030405Z"', ["2026-11-23T03:04:05Z", "2030-01-01T00:00:00Z"], ["2026-11-23T03:04:04Z"]),
    ('valid-before="20261123030405Z"', ["2026-11-23T03:04:05Z", "2001-01-01T00:00:00Z"], ["2026-11-23T03:04:06Z"]),
    ('valid-after="20261123Z",valid-before="202611232359Z"', ["2026-11-23T00:00:00Z", "2026-11-23T23:59:00Z"],
     ["2026-11-22T23:59:59Z", "2026-11-23T23:59:01Z"]),
])
def test_validity_windows(case, keys, options, good, bad):
    case.sign(keys("ed25519"))
    case.line(public(keys("ed25519")), options=f'namespaces="{NAMESPACE}",{options}')
    for at in good:
        case.both(True, at=at)
    for at in bad:
        assert "valid" in case.both(False, at=at)


def test_a_later_line_may_allow_what_an_earlier_one_does_not(case, keys):
    case.sign(keys("ed25519"))
    key = public(keys("ed25519"))
    case.approve(f'kari@dsb.example namespaces="other" {key}',
                 f'kari@dsb.example namespaces="{NAMESPACE}",valid-before="20200101Z" {key}',
                 f'kari@dsb.example namespaces="other,{NAMESPACE}" {key}')
    case.both(True)


@pytest.mark.parametrize("kind", KINDS)
def test_flipped_bits(case, keys, kind):
    """A sample: the unit tests flip every bit."""
    case.sign(keys(kind))
    case.line(public(keys(kind)))
    good = case.blob()
    reserved = good.index(string(NAMESPACE.encode()) + bytes(4)) + 4 + len(NAMESPACE)
    for at in range(3, len(good), 37):
        if reserved <= at < reserved + 4:
            continue
        case.put(good[:at] + bytes([good[at] ^ 1]) + good[at + 1:])
        assert case.ours().returncode == 7
    for cut in (0, 1, 5, len(good) // 2, len(good) - 1):
        case.put(good[:cut])
        case.both(False)
    case.put(good + b"\0")
    case.both(False)


@pytest.mark.parametrize("kind", ["ed25519", "ecdsa"])
def test_fingerprints(keys, kind):
    listed = keygen("-l", "-f", f"{keys(kind)}.pub").stdout.decode().split()
    assert tool("fingerprint", f"{keys(kind)}.pub").stdout.decode().strip() == listed[1]


# --- where ssh-keygen is laxer ----------------------------------------------------------------------------------
def test_a_security_key_that_was_not_touched(case, tmp_path):
    key = make_key(tmp_path, "ed25519-sk", options=["-O", "no-touch-required"])
    case.sign(key)
    case.line(public(key))
    case.stricter("was not touched")


def test_reserved_field(case, keys):
    case.sign(keys("ed25519"))
    case.line(public(keys("ed25519")))
    parts = fields(case.blob())
    parts[3] = b"x"
    case.put(join(parts))
    case.stricter("reserved field")


def test_version_0(case, keys):
    case.sign(keys("ed25519"))
    case.line(public(keys("ed25519")))
    parts = fields(case.blob())
    parts[0] = 0
    case.put(join(parts))
    case.stricter("version")


def test_ed25519_with_s_plus_l(case, keys):
    case.sign(keys("ed25519"))
    case.line(public(keys("ed25519")))
    parts = fields(case.blob())
    kind, signature = strings(parts[5])
    s = int.from_bytes(signature[32:], "little") + GROUP_ORDER
    parts[5] = string(kind) + string(signature[:32] + s.to_bytes(32, "little"))
    case.put(join(parts))
    ours, theirs = case.ours(), case.theirs()
    assert ours.returncode == 7, (ours, theirs)


def test_text_around_the_armour(case, keys):
    case.sign(keys("ed25519"))
    case.line(public(keys("ed25519")))
    good = case.signature.read_text()
    case.signature.write_text(good + "and more\n")
    case.stricter("something follows")
    case.signature.write_text(good + "\n")
    case.stricter("something follows")
    case.signature.write_text(good.replace("\n", "\n\n", 1))
    case.stricter("empty line")
    case.signature.write_text(good.replace("\n", "\n ", 1))
    case.stricter("base64")
    case.signature.write_text("note\n" + good)
    case.both(False)
    case.signature.write_text(good.replace("\n", "\r\n"))
    assert "CRLF" in case.ours().stderr.decode()
    case.signature.write_text(good.rstrip("\n"))
    case.both(True)
    case.signature.write_text("\n".join([BEGIN, "".join(good.split("\n")[1:-2]), END]) + "\n")
    case.both(True)


@pytest.mark.parametrize("options, reason", [
    (["-t", "rsa", "-b", "2048"], "RSA keys are not accepted"),
    (["-t", "ecdsa", "-b", "384"], "only P-256"),
    (["-t", "ecdsa", "-b", "521"], "only P-256"),
])
def test_kinds_of_keys_refused_by_name(case, tmp_path, options, reason):
    key = tmp_path / "other"
    assert keygen("-q", *options, "-N", "", "-f", key).returncode == 0
    case.sign(key)
    case.line(public(key))
    case.stricter(reason)
    refused = tool("sign", key, "", NAMESPACE, case.message)
    assert refused.returncode == 3 and reason in refused.stderr.decode()


def test_certificates(case, keys, tmp_path):
    authority = make_key(tmp_path, "ed25519", name="authority")
    key = make_key(tmp_path, "ed25519", name="certified")
    assert keygen("-q", "-s", authority, "-I", "id", "-n", "kari@dsb.example", f"{key}.pub").returncode == 0
    case.sign(f"{key}-cert.pub")
    case.line(public(authority), options=f'cert-authority,namespaces="{NAMESPACE}"')
    case.stricter("certificate authority")
    case.line(public(authority))
    assert "certificates are not accepted" in case.ours().stderr.decode()


@pytest.mark.parametrize("name, asked, reason", [
    ("*@dsb.example", "kari@dsb.example", "pattern"),
    ("kari@dsb.exampl?", "kari@dsb.example", "pattern"),
    ("kari@dsb.example,ola@dsb.example", "ola@dsb.example", "pattern"),
    ('"kari@dsb.example"', "kari@dsb.example", "pattern"),
])
def test_patterns_of_names(case, keys, name, asked, reason):
    case.sign(keys("ed25519"))
    case.line(public(keys("ed25519")), name=name)
    case.stricter(reason, name=asked)


@pytest.mark.parametrize("options, reason", [
    ('namespaces="crisis-*"', "wildcard"),
    ("", "namespaces"),
    (f'NAMESPACES="{NAMESPACE}"', "lower case"),
    (f'namespaces="{NAMESPACE}",valid-after="20260101"', "UTC"),
    (f'namespaces="{NAMESPACE}",valid-after="20260101UTC"', "UTC"),
    (f'namespaces="{NAMESPACE},{NAMESPACE}"', "twice"),
])
def test_options_that_are_refused(case, keys, options, reason):
    case.sign(keys("ed25519"))
    case.line(public(keys("ed25519")), options=options)
    case.stricter(reason)


@pytest.mark.parametrize("bad", [
    'ola@dsb.example namespaces="a",namespaces="b" KEY',
    'ola@dsb.example unknown="a" KEY',
    'ola@dsb.example namespaces="a" ssh-ed25519 AAAA',
    "nonsense",
])
def test_one_bad_line_and_the_file_is_refused(case, keys, bad):
    case.sign(keys("ed25519"))
    key = public(keys("ed25519"))
    case.approve(bad.replace("KEY", key), f'kari@dsb.example namespaces="{NAMESPACE}" {key}')
    case.stricter(":2: ")


def test_times_that_ssh_keygen_refuses_are_refused(case, keys):
    case.sign(keys("ed25519"))
    for options in ('valid-after="19700101Z"', 'valid-after="20260230Z"', 'valid-after="2026Z"', 'valid-before=""',
                    'valid-after="20270101Z",valid-before="20260101Z"', 'valid-after="20260101Z",valid-before="20260101Z"',
                    "valid-after=20260101Z"):
        case.line(public(keys("ed25519")), options=f'namespaces="{NAMESPACE}",{options}')
        assert case.ours().returncode == 3, options


# --- passkeys ---------------------------------------------------------------------------------------------------
class Passkey:
    """What a browser and a passkey would return."""

    def __init__(self, folder, application=RP_ID):
        self.path = folder / "passkey.pem"
        subprocess.run(["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", self.path],
                       check=True, stderr=subprocess.DEVNULL)
        der = subprocess.run(["openssl", "pkey", "-in", self.path, "-pubout", "-outform", "DER"], check=True,
                             stdout=subprocess.PIPE).stdout
        self.application = application
        self.key = b"".join(map(string, (b"sk-ecdsa-sha2-nistp256@openssh.com", b"nistp256", der[-65:], application.encode())))

    def line(self):
        return "sk-ecdsa-sha2-nistp256@openssh.com " + base64.b64encode(self.key).decode()

    def raw_sign(self, data):
        der = subprocess.run(["openssl", "dgst", "-sha256", "-sign", self.path], input=data, check=True,
                             stdout=subprocess.PIPE).stdout
        r_size = der[3]
        r, s = der[4:4 + r_size], der[6 + r_size:]
        return mpint(int.from_bytes(r, "big")) + mpint(int.from_bytes(s, "big"))

    def sign(self, message, origin=ORIGIN, flags=0x1d, extensions=b"", extra=',"crossOrigin":false', challenge=None, counter=0,
             namespace=NAMESPACE):
        challenge = base64.urlsafe_b64encode(challenge or tbs(message, namespace)).rstrip(b"=").decode()
        client_data = f'{{"type":"webauthn.get","challenge":"{challenge}","origin":"{origin}"{extra}}}'.encode()
        signed = (hashlib.sha256(self.application.encode()).digest() + bytes([flags]) + struct.pack(">I", counter) + extensions +
                  hashlib.sha256(client_data).digest())
        wire = (string(WEBAUTHN) + string(self.raw_sign(signed)) + bytes([flags]) + struct.pack(">I", counter) +
                string(origin.encode()) + string(client_data) + string(extensions))
        return join([1, self.key, namespace.encode(), b"", b"sha512", wire])


@pytest.fixture
def passkey(tmp_path, case):
    made = Passkey(tmp_path)
    case.line(made.line())
    return made


def test_the_bytes_to_sign_are_those_of_the_format(case):
    assert tool("tbs", NAMESPACE, case.message).stdout.decode().strip() == tbs(STATEMENT).hex()


def test_a_passkey_may_approve(case, passkey):
    for options in ({}, {"flags": 0x05, "counter": 7}, {"flags": 0x9d, "extensions": b"\xa1\x61x\xf5"}, {"extra": ""}):
        case.put(passkey.sign(STATEMENT, **options))
        case.both(True, origins=["https://elsewhere.example", ORIGIN])


@pytest.mark.parametrize("options, reason", [
    ({"flags": 0x04}, "was not touched"),
    ({"origin": "https://evil.example"}, "not a page where approvals are given"),
    ({"origin": "https://approve.kommune.example:8443"}, "not a page where approvals are given"),
    ({"extra": ',"crossOrigin":true'}, "inside a frame"),
])
def test_passkeys_are_read_more_strictly(case, passkey, options, reason):
    case.put(passkey.sign(STATEMENT, **options))
    case.stricter(reason, origins=[ORIGIN])


def test_without_a_list_no_passkey_is_accepted(case, passkey):
    case.put(passkey.sign(STATEMENT))
    case.stricter("not a page where approvals are given")


@pytest.mark.parametrize("application", ["other.example", "omune.example", "approve.kommune.example.evil.example", "ssh:"])
def test_a_passkey_of_another_relying_party(case, tmp_path, application):
    passkey = Passkey(tmp_path, application)
    case.line(passkey.line())
    case.put(passkey.sign(STATEMENT))
    case.stricter("cannot have been used at", origins=[ORIGIN])


@pytest.mark.parametrize("options", [
    {"challenge": b"something else"},
    {"challenge": tbs(STATEMENT, "crisis-approvers@v1")},
    {"flags": 0x5d},
    {"flags": 0x9d},
    {"extensions": b"\xa0"},
    {"origin": 'https://approve.kommune.example","x":"'},
])
def test_passkey_signatures_that_nobody_accepts(case, passkey, options):
    case.put(passkey.sign(STATEMENT, **options))
    case.both(False, origins=[ORIGIN, options.get("origin", ORIGIN)])


def test_a_passkey_signs_one_message(case, passkey):
    case.put(passkey.sign(STATEMENT))
    case.message.write_bytes(STATEMENT + b"x")
    assert "signed something else" in case.both(False, origins=[ORIGIN])


# --- ssh-agent --------------------------------------------------------------------------------------------------
@pytest.fixture
def agent(tmp_path_factory):
    folder = tmp_path_factory.mktemp("a")
    path = str(folder / "s")
    process = subprocess.Popen(["ssh-agent", "-D", "-a", path, "-P", "/usr/lib/*"], stdout=subprocess.PIPE,
                               stderr=subprocess.DEVNULL)
    process.stdout.readline()
    yield path
    process.terminate()
    process.communicate(timeout=RUN_S)


def add_to_agent(agent, *words):
    done = subprocess.run(["ssh-add", "-q", *map(str, words)], env={**os.environ, "SSH_AUTH_SOCK": agent}, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=RUN_S)
    assert done.returncode == 0, done


@pytest.mark.parametrize("kind", KINDS)
def test_the_agent_signs(case, keys, agent, kind):
    options = ["-S", SK_DUMMY] if kind.endswith("-sk") else []
    add_to_agent(agent, *options, keys(kind))
    done = tool("agent-sign", agent, f"{keys(kind)}.pub", NAMESPACE, case.message)
    assert done.returncode == 0, done
    case.signature.write_bytes(done.stdout)
    case.line(public(keys(kind)))
    case.both(True)


def test_the_agent_lists_its_keys(keys, agent, tmp_path):
    assert tool("agent-list", agent).stdout == b"refused 0\n"
    rsa = tmp_path / "rsa"
    assert keygen("-q", "-t", "rsa", "-b", "2048", "-N", "", "-f", rsa).returncode == 0
    add_to_agent(agent, keys("ed25519"), keys("ecdsa"), rsa)
    listed = tool("agent-list", agent).stdout.decode().splitlines()
    expected = [tool("fingerprint", f"{keys(kind)}.pub").stdout.decode().strip() + " test key" for kind in SOFTWARE]
    assert sorted(listed) == sorted([*expected, "refused 1"])


def test_an_agent_without_the_key(case, keys, agent):
    done = tool("agent-sign", agent, f"{keys('ed25519')}.pub", NAMESPACE, case.message)
    assert done.returncode == 1 and b"refused to sign" in done.stderr and done.stdout == b""


def test_no_agent(case, keys, tmp_path):
    for path in ("", tmp_path / "nobody", "x" * 200):
        done = tool("agent-sign", path, f"{keys('ed25519')}.pub", NAMESPACE, case.message)
        assert done.returncode == 1 and (b"SSH_AUTH_SOCK" in done.stderr or b"cannot reach" in done.stderr), done


def test_the_file_of_a_security_key_cannot_sign(case, keys):
    done = tool("sign", keys("ed25519-sk"), "", NAMESPACE, case.message)
    assert done.returncode == 3 and b"security key" in done.stderr


# --- OpenSSH's own samples --------------------------------------------------------------------------------------
SAMPLES = "/usr/lib/openssh/regress/unittests/sshsig/testdata"


@pytest.mark.parametrize("name, words", [
    ("ed25519", None), ("ecdsa", None), ("ed25519_sk", None), ("ecdsa_sk", None), ("ecdsa_sk_webauthn", None),
    ("rsa", "RSA keys"), ("dsa", "DSA keys"),
])
def test_samples_of_openssh(name, words):
    if not os.path.isdir(SAMPLES):
        pytest.skip("Debian's openssh-tests is not installed")
    done = tool("check", f"{SAMPLES}/{name}.pub", "unittest", f"{SAMPLES}/{name}.sig", f"{SAMPLES}/signed-data",
                "https://www.mindrot.org")
    if words:
        assert done.returncode == 3 and words in done.stderr.decode(), done
    else:
        assert done.returncode == 0, done

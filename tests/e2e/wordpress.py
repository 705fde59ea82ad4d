"""WordPress as Debian has it, with a MariaDB and a PHP server of its own, in a folder, without root's services.

    with Site(folder, "https://127.0.0.1:8443") as site:        that address is a gateway's, which speaks TLS
        site.url                                                where PHP listens
        site.passwords["author"]                                the application password of the user v-author
        site.query("SELECT …")                                  rows, from the database itself

The package is fetched and unpacked once, into build-dev/wordpress; nothing of it is installed.
"""
import fcntl
import glob
import json
import os
import shutil
import subprocess
import urllib.error
import urllib.request

import pytest
from conftest import WAIT_TIMEOUT_S, wait_until
from servers import free_port

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
UNPACKED = os.path.join(ROOT, "build-dev", "wordpress")
SCRIPTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "data", "wordpress")
# WordPress, and what its folder has links into.
PACKAGES = ("wordpress", "php-getid3", "libjs-cropper", "libjs-underscore")
PROGRAMS = ("php", "mariadbd", "mysql_install_db", "mariadb", "dpkg")
PATH = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
FETCH_TIMEOUT_S = 300
RUN_TIMEOUT_S = 120


def run(*words, **options):
    done = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
                          timeout=options.pop("timeout", RUN_TIMEOUT_S), **options)
    assert done.returncode == 0, (words, done.stdout[-4000:])
    return done.stdout


def program(name):
    return shutil.which(name, path=PATH)


def unpack():
    """The folder with WordPress as it is packaged."""
    missing = [name for name in PROGRAMS if not program(name)]
    if missing:
        pytest.skip(f"{', '.join(missing)} are not installed")
    mark = os.path.join(UNPACKED, ".complete")
    os.makedirs(UNPACKED, exist_ok=True)
    with open(UNPACKED + ".lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not os.path.exists(mark):
            done = subprocess.run(["apt-get", "-qq", "-o", "APT::Sandbox::User=", "download", *PACKAGES], cwd=UNPACKED, check=False,
                                  stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                  timeout=FETCH_TIMEOUT_S)
            if done.returncode:
                pytest.skip(f"WordPress cannot be fetched: {done.stdout.strip()[:200]}")
            for package in glob.glob(os.path.join(UNPACKED, "*.deb")):
                run("dpkg", "-x", package, UNPACKED)
                os.unlink(package)
            with open(mark, "w", encoding="ascii"):
                pass
    return os.path.join(UNPACKED, "usr", "share", "wordpress")


class Site:
    def __init__(self, folder, outside):
        """outside: the address that visitors know; it must be https, or WordPress takes no application passwords."""
        self.folder, self.outside = str(folder), outside
        self.pages = os.path.join(self.folder, "www")
        self.socket = os.path.join(self.folder, "s")
        self.processes = []
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = {**os.environ, "PATH": PATH, "SITE_URL": outside, "SITE_SOCKET": self.socket}
        self.lay_out(unpack())
        try:
            self.start_database()
            told = os.path.join(self.folder, "told.json")
            self.php("install.php", told)
            with open(told, encoding="utf-8") as file:
                told = json.load(file)
            self.passwords, self.category = told["passwords"], told["category"]
            self.start_pages()
        except BaseException:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        for process in reversed(self.processes):
            process.terminate()
        for process in self.processes:
            process.wait(RUN_TIMEOUT_S)

    def lay_out(self, packaged):
        os.makedirs(self.folder, exist_ok=True)
        # One of its links leads out of the package, to a file that we replace.
        subprocess.run(["cp", "-rL", packaged, self.pages], check=False, stderr=subprocess.DEVNULL)
        assert os.path.exists(os.path.join(self.pages, "wp-settings.php"))
        for name in (".htaccess", "wp-config.php"):
            if os.path.lexists(os.path.join(self.pages, name)):
                os.unlink(os.path.join(self.pages, name))
        shutil.copy(os.path.join(SCRIPTS, "wp-config.php"), self.pages)
        os.makedirs(os.path.join(self.pages, "wp-content", "uploads"), exist_ok=True)

    def start(self, *words):
        with open(os.path.join(self.folder, os.path.basename(words[0]) + ".log"), "ab") as log:
            process = subprocess.Popen(words, cwd=self.pages, env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.processes.append(process)
        return process

    def start_database(self):
        data = os.path.join(self.folder, "database")
        user = ("--user=root",) if os.getuid() == 0 else ()
        run(program("mysql_install_db"), "--no-defaults", *user, f"--datadir={data}", "--auth-root-authentication-method=normal",
            "--skip-test-db", env=self.environment)
        server = self.start(program("mariadbd"), "--no-defaults", *user, f"--datadir={data}", f"--socket={self.socket}",
                            f"--pid-file={self.folder}/database.pid", "--skip-networking", f"--tmpdir={self.folder}",
                            "--innodb-flush-log-at-trx-commit=0", "--innodb-buffer-pool-size=16M")
        wait_until(lambda: server.poll() is not None or self.query("SELECT 1", check=False), timeout=RUN_TIMEOUT_S)
        assert server.poll() is None, "the database did not start"
        self.query("CREATE DATABASE wordpress; CREATE USER wordpress@localhost IDENTIFIED BY 'wordpress'; "
                   "GRANT ALL ON wordpress.* TO wordpress@localhost")

    def start_pages(self):
        self.start(program("php"), "-S", f"127.0.0.1:{self.port}", "-t", self.pages, os.path.join(SCRIPTS, "router.php"))
        wait_until(lambda: self.get("/wp-json/?_fields=name"), timeout=RUN_TIMEOUT_S)

    def php(self, script, *arguments):
        return run(program("php"), os.path.join(SCRIPTS, script), self.pages, *arguments, env=self.environment)

    def query(self, statement, check=True):
        done = subprocess.run([program("mariadb"), "--no-defaults", "-S", self.socket, "-u", "root", "-N", "-B", "-D",
                               "wordpress" if "wp_" in statement else "", "-e", statement], check=False, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=RUN_TIMEOUT_S)
        assert done.returncode == 0 or not check, done.stderr
        return [line.split("\t") for line in done.stdout.splitlines()] if done.returncode == 0 else None

    def get(self, path):
        """What a visitor gets; None: the server is not there yet, or says no."""
        try:
            with urllib.request.urlopen(self.url + path, timeout=WAIT_TIMEOUT_S) as answer:
                return answer.read().decode()
        except (urllib.error.URLError, ConnectionError):
            return None

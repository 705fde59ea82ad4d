"""Shells on a terminal of their own, with our completion loaded: what Tab makes of a line."""
import codecs
import os
import pty
import re
import select
import shutil
import time

from conftest import ROOT

COMPLETION = os.path.join(ROOT, "completion")
TIMEOUT_S = 120
ESCAPES = re.compile(r"\x1b\[[0-9;?>=]*[A-Za-z]|\x1b\][^\x07]*\x07|\x1b[=>()][0-9A-Z]?|[\x0e\x0f]")
COMMANDS = {
    "bash": ["bash", "--norc", "--noprofile", "-i"],
    "zsh": ["zsh", "-f", "-i"],
    "fish": ["fish", "--no-config", "-i"],
}
# Nothing of the machine's own set-up, and a prompt that is there once the completion is.
SETUPS = {
    "bash": f"bind 'set bell-style none'; bind 'set enable-bracketed-paste off'; . {COMPLETION}/crisis.bash; PS1='re''ady> '",
    "zsh": f"bindkey -e; unsetopt beep; fpath=({COMPLETION} $fpath); autoload -Uz compinit; compinit -u -D; PS1='re''ady> '",
    "fish": f"source {COMPLETION}/crisis.fish; function fish_prompt; echo -n re'ady> '; end",
}


class Shell:
    """Ended by end(); `program` is what `crisis` is there."""

    def __init__(self, name, folder, program, environment):
        programs = os.path.join(folder, "programs")
        os.makedirs(programs, exist_ok=True)
        os.symlink(program, os.path.join(programs, "crisis"))
        environment = {**environment, "PATH": programs + ":" + os.environ["PATH"], "HOME": str(folder), "TERM": "xterm",
                       "INPUTRC": "/dev/null", "LC_ALL": "C.UTF-8", "COLUMNS": "200", "LINES": "50"}
        self.text = ""
        self.count = 0
        self.decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self.pid, self.descriptor = pty.fork()
        if self.pid == 0:
            os.chdir(folder)
            os.execve(shutil.which(name), COMMANDS[name], environment)
        self.type(SETUPS[name] + "\r")
        self.wait_for("ready> ")

    def read_until(self, *words):
        deadline = time.monotonic() + TIMEOUT_S
        while not all(word in self.text for word in words):
            left = deadline - time.monotonic()
            assert left > 0 and select.select([self.descriptor], [], [], left)[0], self.text
            self.text = ESCAPES.sub("", self.text + self.decoder.decode(os.read(self.descriptor, 65536)))

    def wait_for(self, words):
        """Until they have been shown; returns everything since the last time."""
        self.read_until(words)
        before, _, self.text = self.text.partition(words)
        return before

    def type(self, words):
        os.write(self.descriptor, words.encode())

    def line(self, typed):
        """The words of the line that Tab makes of this, as the shell would hand them over."""
        self.count += 1
        # The line becomes the arguments of printf: it begins and ends with what only printf can put together.
        self.type(typed + "\t" + "\x05" + f" en''d{self.count}" + "\x01" + "printf '<%s>' " + "\r")
        shown = self.wait_for(f"<end{self.count}>")
        self.wait_for("ready> ")
        return re.findall(r"<([^<>]*)>", shown[shown.rindex("<crisis>"):])

    def list(self, typed, *words):
        """What two Tabs show, once these are there."""
        self.type(typed + "\t\t")
        self.read_until(*words)
        shown = self.text
        self.type("\x15\r")
        return shown

    def end(self):
        os.close(self.descriptor)
        os.waitpid(self.pid, 0)

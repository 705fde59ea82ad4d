#!/usr/bin/python3
"""Finds sentences for people that no translation can reach: every text of two words or more in cmd, lib and channels
stands in _(), N_() or ngettext() (lib/base/language.h), unless it is one of the exceptions below. What is given to a
function that speaks to people needs no second word to count. What stands in macros is not looked at. Every breach is
printed as file:line: the text."""
import os
import re
import sys

from layers import ROOT, TOKENS, sources

KEYWORDS = {"if", "while", "for", "switch", "return", "sizeof"}
MARKS = {"_", "N_", "ngettext"}

# Whatever they are given is read by people.
SPEAKING = re.compile(r"error_(set|next)|problems_add|output_(line|note|warning|notice|styled)|diagnosis_\w+|plan_error|"
                      r"builder_(refuse|stop)|wrap_note|asking_\w+")

# What they are given is read by whoever looks for a fault of the program, or stands in the audit log.
SILENT = re.compile(r"log_debug|loop_must|dprintf|_Static_assert|write_entry|let_follow|entry_add|sandbox_\w+|strcmp|strn?case"
                    r"cmp|strstr|strncmp|add_header|http_request_header")

# Texts that are in English, or in several languages, for a reason: where, which (all), and why.
EXCEPTIONS = (
    ("lib/sandbox/", ".*", "plays the networks, which answer in English"),
    ("lib/site/", ".*", "speaks the languages of the messages, and to machines"),
    ("lib/card/words.c", ".*", "speaks the languages of the messages"),
    ("lib/plan/exercise.c", ".*", "words in the languages of the messages"),
    ("lib/plan/facts", ".*", "words in the languages of the messages"),
    ("lib/store/schema.c", ".*", "SQL"),
    ("lib/store/workspace_init.c", "(# |}).*", "a file, which is the same for everybody"),
    ("lib/report/page_style.c", ".*", "CSS"),
    ("lib/report/preview_style.c", ".*", "CSS"),
    # Why a delivery failed is stored in English, but marked with N_(), so that it can be shown in the reader's language
    # (lib/report/stored_words.h). Not these.
    ("lib/dispatch/", ".*(%s|%lld).*|start a new run: .*|this is a fault of the program; .*", "ends a run, and hardly does"),
    ("lib/dispatch/outlet.c", "it was stopped", "shown to nobody"),
    ("lib/dispatch/take_up.c", "public site", "in the place of an address"),
    ("lib/net/http_lane.c", "taken back unsent", "shown to nobody"),
    ("lib/trust/vault.c", ".*", "a fault of the program, or a length"),
    ("lib/store/file_writer.c", ".*", "stored behind a sentence that is shown"),
    ("lib/store/public_", ".*", "stored behind a sentence that is shown"),
    ("channels/", "image/jpeg image/png", "types of files"),
    ("channels/", "an unknown task", "a fault of the program"),
    ("channels/", ".*not found|already posted|at most 500|(message is too|text is|member list is|duplicate) [a-z]+|administrator rights|"
     "New Pages experience|requires an authenticated user|reply to this .*|upgraded to .*", "how a network's answer is known"),
    ("lib/base/error.c", "Unknown error %d", "what the C library says"),
    ("cmd/retract.c", "network down|past the deadline", "in the audit log"),
    # Where there may be no memory, or no second thread, to look anything up.
    ("lib/base/memory.c", ".*", "told at the very end"),
    ("lib/net/loop.c", ".*", "told at the very end"),
    ("lib/base/confine", ".*", "names of the parts, for tests"),
    ("lib/base/disk.c", "a trial, without a name", "bytes"),
    ("lib/card/", "DejaVu Sans,Noto Sans", "fonts"),
    ("lib/plan/syntax.c", "(while|found|did not|could not|mapping|block) .*", "what libyaml says"),
    ("lib/report/preview.c", "img-src data:; ", "HTML"),
    ("lib/trust/age_keys.c", "# public key: ", "a file"),
    ("lib/wire/multipart.c", ".*", "HTTP"),
    ("cmd/rehearsal_faults.c", "facebook instagram threads", "names of channels"),
    ("cmd/sandbox.c", " *%s: {endpoint: .*|, client-id: any", "lines for crisis.yaml"),
)

# Texts that read like sentences and are none: commands to be typed, SQL, HTML, names of libyaml's.
NO_SENTENCE = re.compile(r"""(%s)?crisis\ (help\ [a-z]+|help%s%s|%s%s%s|send\ PLAN|check\ %s|vault\ (put\ %s|list)|
        register\ --from\ FILE|channels\ --check\ --only\ channel=%s|approvers\ add\ kari\S+\ kari\.pub|
        approvers\ add\ \|\ remove\ \|\ sign\ \|\ status\ \|\ restore|)
    |[^'"]*\|[^'"]*[A-Z]{2}[^'"]*|[A-Z]{2,}\ [A-Z]+\ \|.*
    |(SELECT|INSERT|UPDATE|DELETE|CREATE|PRAGMA|BEGIN)\b.*
    |.*<[a-z!?/].*|.*\\">.*|.*=\\".*""", re.VERBOSE | re.DOTALL)

WORD = re.compile(r"%[-+ #0-9.*]*(?:hh|h|ll|l|z|j)?[a-zA-Z%]|\\[nrt]|\\x[0-9A-F]{2}")


def literals(text):
    """Every text with its place, and the names of the calls that it stands in, the innermost last."""
    bare = re.sub(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", lambda found: re.sub(r"[^\n]", " ", found[0]), text, flags=re.M)
    stack, before, open_text = [], "", None
    for found in re.finditer(TOKENS.pattern + r"|[A-Za-z_]\w*|\S", bare, re.DOTALL):
        token = found[0]
        if token.startswith(("//", "/*")):
            continue
        if token.startswith('"'):
            if open_text is None:
                open_text = [found.start(), "", list(stack)]
            open_text[1] += token[1:-1]
        elif open_text is None or not re.fullmatch(r"PRI\w+", token):
            if open_text is not None:
                yield open_text
                open_text = None
            if token in "([{":
                stack.append(before if token == "(" else "")
            elif token in ")]}" and stack:
                stack.pop()
        before = token


def is_sentence(words, calls):
    if NO_SENTENCE.fullmatch(words):
        return False
    bare = WORD.sub(" ", words)
    if calls and SPEAKING.fullmatch(calls[-1]) and not re.fullmatch(r"[a-z]*", words):
        bare = re.sub(r"'[\w.-]*'|\S*[_./=]\S*", "", bare)
        if re.search(r"[a-z]{3}", bare):
            return True
    return re.search(r"[A-Za-z]{2,}[,:;']? [('A-Za-z]+", bare) is not None and re.search(r"[a-z]{2}", bare) is not None


def breaches(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        text = file.read()
    for place, words, calls in literals(text):
        names = [name for name in calls if re.fullmatch(r"[A-Za-z_]\w*", name) and name not in KEYWORDS]
        if MARKS.intersection(names) or (names and SILENT.fullmatch(names[-1])):
            continue
        if is_sentence(words, names):
            yield text.count("\n", 0, place) + 1, words, names[-1] if names else ""


def exception(path, words, call):
    """Which one lets the text be. Errors of the sandbox are for who starts it, its other words play the networks."""
    if path.startswith("lib/sandbox/") and call in ("error_set", "error_next", "reader_complain"):
        return None
    return next((one for one in EXCEPTIONS if path.startswith(one[0]) and re.fullmatch(one[1], words, re.DOTALL)), None)


def main():
    files = count = 0
    used = set()
    for path in sources():
        files += 1
        for line, words, call in breaches(path):
            reason = exception(path, words, call)
            used.add(reason)
            if not reason:
                print(f"{path}:{line}: not for translation: {words[:100]}")
                count += 1
    unused = [one for one in EXCEPTIONS if one not in used]
    for one in unused:
        print(f"tests/sentences.py: nothing in {one[0]} needs the exception {one[1]}")
    print(f"{files} files, {count or 'no'} breach{'es' if count > 1 else ''}")
    return 1 if count or unused else 0


if __name__ == "__main__":
    sys.exit(main())

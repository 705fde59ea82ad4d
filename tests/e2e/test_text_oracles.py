"""How long texts are, beside software that we did not write: X's own twitter-text and the segmenter of Node.js.

The texts are made up from a seed: words of the languages that we send in, and everything that is hard to count. Left out:

- conjuncts of Indic scripts. Unicode 15.1 (rule GB9c) joins consonants across a virama, earlier versions do not; which of
  them a Node.js and a network have differs, and our tables are older.
- characters that this Python does not know, for which the same holds.
- mentions of a user of another server on Mastodon, which counts them without the server: we count them whole.
"""
import functools
import json
import random
import unicodedata

import pytest
from npm import node, packages

COUNT = 4000
CHANNELS = ("x", "bluesky", "mastodon")  # in the order of count.js

WORDS = ["Flom", "i", "Bærum", "kok", "vannet", "Hold", "deg", "unna", "«elva»", "–", "—", "…", "•", "½", "™", "©", "№", "€", "℃", "“se”",
         "Čáhci", "badjána", "johkii", "Gáivuona", "đ", "ŋ", "ŧ", "Ŧ", "žuovvut", "Õ", "\r\n", "\n", "\n\n", "\t", "\u00a0", "\u2011"]
SCRIPTS = ["한국어", "안녕하세요", "각", "\u1112\u1161\u11ab", "\u1100\u1161", "日本語", "漢字", "ひらがな", "カタカナ", "が", "か\u3099", "葛\U000e0100", "𠮷",
           "עברית", "שָׁלוֹם", "العربية", "مُحَمَّد", "\u200fעב\u200f", "\u202bאב\u202c", "\u2067ab\u2069", "\u200e", "\u061c", "ไทย", "น้ำท่วม", "ກຳ",
           "Ελλάδα", "Москва", "й", "и\u0306", "Հայ", "ქართ", "ኢትዮ", "क", "कि", "தமிழ்", "မြန်"]
MARKS = ["e\u0301", "a\u030a", "o\u0308", "s\u0323\u0307", "a\u0308\u0301\u0316", "\u0301", "n\u0303\u0303", "A\u20dd", "g\u035c\u035f"]
EMOJI = ["🚨", "🌊", "⚠️", "⚠", "☎", "☎️", "ℹ️", "❤️", "❤", "👨‍👩‍👧‍👦", "👩‍👩‍👧", "👩🏽‍🚒", "🧑‍🚒", "👍🏿", "👍", "🏃🏻‍♀️", "🏳️‍🌈", "🏴‍☠️", "👁️‍🗨️", "❤️‍🔥", "🐻‍❄️", "🫱🏻‍🫲🏿", "🫠",
         "🇳🇴", "🇳🇴🇸🇪", "🇳", "🇸🇯🇳", "1️⃣", "#️⃣", "*️⃣", "1⃣", "9️", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "🏴󠁧󠁢󠁳󠁣󠁴󠁿", "🏴󠁧󠁢", "©️", "™️", "㊗️", "🅰️", "☝🏽", "👨🏽‍🤝‍👨🏻"]
PIECES = ["\u200d", "\ufe0f", "\ufe0e", "🏻", "🏿", "\u20e3", "🇳", "🇴", "👩", "👧", "❤", "♀", "🚒", "🏴", "\U000e0067", "\U000e007f", "1", "#", "☎",
          "\u200b", "\u200c", "\u2060", "\u0301", "a", "한", "\u1100", "\u1161", "\u11a8", "각", "🧑", "🫱", "\u0e33", "\u0600", "\r", "\n"]
LINKS = ["https://www.kriseinfo.no/flom?x=1", "http://kriseinfo.no", "HTTPS://KOMMUNE.NO/A", "kommune.no", "www.bærum.kommune.no", "blåbær.no/sti",
         "https://blåbær.no/sti/å", "https://xn--brum-yoa.no", "xn--brum-yoa.kommune.no", "https://kommune.no:8443/a/b_c-d~e", "https://a.no/b(c)d",
         "https://a.no/b(c(d)e)f", "https://a.no/?q=a&b=c#d", "https://a.no/#!/x", "https://no", "https://kommune.oslo", "kommune.oslo", "x.com", "a_b.no",
         "a-b.no", "-a.no", "https://1.2.3.4/", "https://日本.jp/漢字", "пример.рф", "http://пример.рф/путь", "t.co/abc", "https://t.co/abcDEF123?x",
         "ftp://kommune.no", "https://user@kommune.no", "//kommune.no", "kommune.no/", "sub.sub2.kommune.no?x=y", "https://kommune.no/%C3%A5",
         "https://" + "a" * 63 + ".no", "https://" + "a" * 64 + ".no", "1.2.no", "kl.19.30", "v1.2.3", "S.no.re"]
NAMES = ["post@kommune.no", "fornavn.etternavn@bærum.kommune.no", "@kommune", "#flom", "#flom.no", "#Čáhci", "@a.no", "#1", "$NOK", "a@b", "＠kommune.no"]
BEFORE = ["", "", "", "(", "«", "[", '"', "'", "-", ".", "/", "_", "#", "@", "…", ":"]
AFTER = ["", "", "", ".", ",", ")", "»", "]", '"', "!", "?", ":", ";", "…", ")).", "'s", "æ", "-", "@", "漢"]
BETWEEN = [" ", " ", " ", " ", "", "\n", ", ", ". ", "\u3000"]


def is_known(character):
    return unicodedata.category(character) not in ("Cn", "Cs", "Co")


def is_joined_by_new_rule(character):
    """The linkers of rule GB9c, which join the consonants around them."""
    return unicodedata.combining(character) == 9


@functools.cache
def characters():
    """All that are known, without those left out."""
    return [c for c in map(chr, range(0x20, 0x1fbff)) if is_known(c) and not is_joined_by_new_rule(c)]


def piece(source):
    """A word or what stands for one; the last two families put together what does not belong together."""
    family = source.randrange(9)
    if family == 0:
        return source.choice(SCRIPTS)
    if family == 1:
        return source.choice(MARKS)
    if family == 2:
        return "".join(source.choices(EMOJI, k=source.randint(1, 3)))
    if family in (3, 4):
        return source.choice(BEFORE) + source.choice(LINKS) + source.choice(AFTER)
    if family == 5:
        return source.choice(BEFORE) + source.choice(NAMES) + source.choice(AFTER)
    if family == 6:
        return "".join(source.choices(PIECES + EMOJI, k=source.randint(2, 7)))
    if family == 7:
        return "".join(source.choices(characters(), k=source.randint(1, 4)))
    return source.choice(WORDS)


def make_texts(seed):
    source = random.Random(seed)
    single = [*WORDS, *SCRIPTS, *MARKS, *EMOJI, *PIECES, *LINKS, *NAMES]
    mixed = ["".join(piece(source) + source.choice(BETWEEN) for _ in range(source.randint(1, 9))) for _ in range(COUNT)]
    return single + mixed


@pytest.fixture(scope="module")
def counted():
    """The texts, and what the others say: {channel: lengths}."""
    folder = packages("text")
    texts = make_texts(1)
    lines = node(folder, "count.js", input="".join(json.dumps(text) + "\n" for text in texts)).splitlines()
    assert len(lines) == len(texts)
    return texts, dict(zip(CHANNELS, zip(*map(json.loads, lines))))


@pytest.mark.parametrize("channel", CHANNELS)
def test_lengths_are_those_that_others_count(crisis, counted, channel):
    texts, expected = counted
    result = crisis("measure", channel, "--json-lines", input="".join(json.dumps(text) + "\n" for text in texts), check=0)
    lengths = [json.loads(line)["length"] for line in result.out.splitlines()]
    assert len(lengths) == len(texts)
    different = [(text, length, other) for text, length, other in zip(texts, lengths, expected[channel]) if length != other]
    assert not different, (len(different), sorted(different, key=lambda one: len(one[0]))[:20])

"""Texts without what tells who wrote them or whom they write of. Pure: columns in, columns out.

Redaction errs on the side of too much: a word that stands where a name stands is taken for one. What no pattern can
know (a name in the middle of a sentence, in lower case) is taken out where the customer's own e-mail address holds it.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

import polars as pl

_NAME: Final = r"\p{Lu}[\p{L}'\-]*\.?"
_NAMES: Final = rf"{_NAME}(?:\s+(?:(?:de|di|del|della|van|von|la|lo)\s+)?{_NAME}){{0,3}}"
_TITLES: Final = r"(?:(?i:mr|mrs|ms|miss|mx|dr|prof|sir|sig|sig\.ra|sig\.na|signor[ae]?|dott|dott\.ssa|avv|ing)\.?\s+)"
_STREETS: Final = r"(?i:via|viale|piazza|piazzale|corso|largo|vicolo|strada|c\.so|p\.zza|p\.za|v\.le)"

PATTERNS: Final[tuple[tuple[str, str], ...]] = (
    (r"[\p{Cc}\p{Cf}\s]+", " "),
    (r"(?i)\b(?:https?://|www\.)\S+", "[link]"),
    (r"(^|[\s(])@[\p{L}\p{N}_.]+", "${1}[handle]"),
    (r"(?i)[\p{L}\p{N}._%+\-]+@[\p{L}\p{N}\-]+(?:\.[\p{L}\p{N}\-]+)*", "[e-mail]"),
    (r"(?i)\b[\p{L}\p{N}\-]+(?:\.[\p{L}\p{N}\-]+)*\.(?:com|org|net|example|it|co\.uk|de|eu)\b(?:/\S*)?", "[link]"),
    (r"\b[A-Za-z]{2}\d{2}(?:[ \-]?[A-Za-z0-9]{4}){2,7}(?:[ \-]?[A-Za-z0-9]{1,3})?\b", "[account]"),
    (r"(?:\+|\b00)\d[\d ()/.\-]{5,}\d", "[phone]"),
    (r"\b\d(?:[ \-.]?\d){12,18}\b", "[card]"),
    (r"\b\d{1,3}(?:\.\d{1,3}){3}\b", "[address]"),
    (r"\(?\b0?\d{2,4}\)?[ /.\-]\d{2,4}(?:[ /.\-]?\d{2,4}){1,3}\b", "[phone]"),
    (rf"\b{_STREETS}\s+(?:(?i:d[aeiou][a-z']*|san|santa|la|le|lo)\s+){{0,2}}{_NAMES}(?:[\s,]+(?i:n\.?\s*)?\d+\w?)?",
     "[address]"),
    (r"\b\d+\w?\s+\p{Lu}[\p{L}']+(?:\s+\p{Lu}[\p{L}']+)*\s+(?i:street|st|road|rd|avenue|ave|lane|ln|drive|dr|way|"
     r"close|court|square|place|boulevard|blvd)\b\.?", "[address]"),
    (r"#\s?[\p{L}\p{N}\-]*\d[\p{L}\p{N}\-]*", "[number]"),
    (r"\b[\p{L}_\-]*(?:\d[\p{L}_\-]*){4,}\b", "[number]"),
    (r"\b((?i:my name is|my name's|mi chiamo|il mio nome è|il mio nome e'))\s+[\p{L}'\-]+(?:\s+\p{Lu}[\p{L}'\-]*){0,3}",
     "${1} [name]"),
    (r"\b[A-Z]{1,2}\d[A-Z\d]?\s?\d[A-Z]{2}\b", "[address]"),
    (rf"\b((?i:mittente|destinatario|da|a|from|to|nome|cognome|name|surname|cliente|customer))\s*:\s*{_NAMES}",
     "${1}: [name]"),
    (rf"\b((?i:hi|hello|hey|dear|good (?:morning|afternoon|evening)|ciao|salve|buongiorno|buonasera|buon giorno|"
     rf"gentil[ei]|gentilissim[oaie]|gent\.mo|gent\.ma|car[oaie]|egregi[oa]|spett\.le))\s+{_TITLES}*{_NAMES}",
     "${1} [name]"),
    (rf"\b((?i:hi|hello|hey|ciao|buongiorno|buonasera|salve|thanks|thank you|grazie))\s*,\s*{_TITLES}*({_NAME})"
     r"\s*([,.!?]|$)", "${1} [name]${3}"),
    (rf"\b((?i:i am|i'm|this is|it is|sono|qui è|scrive))\s+{_TITLES}*(\p{{Lu}}[\p{{Ll}}'\-]+)(?:\s+{_NAME}){{0,2}}",
     "${1} [name]"),
    (rf"\b{_TITLES}{_NAMES}", "[name]"),
    (r"((?i:(?:(?:best|kind|warm|many)\s+)?(?:regards|wishes)|sincerely|faithfully|truly|cheers|thanks|thank you|"
     r"love|saluti|cordialmente|sinceramente|un saluto|grazie(?: mille)?|in fede))\s*[,.!\-]*\s+"
     rf"{_NAMES}\s*[.!]*\s*$", "${1} [name]"),
)  # fmt: skip
"""What is replaced by what, in this order; the regular expressions are those of Rust, without look-around."""

_SHORTEST: Final = 4
"""Letters of a part of an e-mail address from which on it is taken for a name."""
_NO_NAMES: Final = frozenset({"info", "mail", "email", "support", "service", "shop", "order", "orders", "contact"})
_APOSTROPHES: Final = "[\u2018\u2019\u02bc`´]"


def redacted(text: pl.Expr) -> pl.Expr:
    """The text in one line, links, addresses, numbers and names in it replaced by what they are, such as `[e-mail]`.

    Blank texts become null.
    """
    found = text.str.normalize("NFC").str.replace_all(_APOSTROPHES, "'")
    for pattern, replacement in PATTERNS:
        found = found.str.replace_all(pattern, replacement)
    found = found.str.replace_all(r"(\[name\])(?:\s+\[name\])+", "${1}").str.strip_chars()
    return pl.when(found != "").then(found)


def without_words(texts: Sequence[str | None], words: Sequence[Sequence[str] | None]) -> list[str | None]:
    """Each text without its own words (the parts of the customer's e-mail addresses), in any letter case."""
    return [_without(text, tuple(own)) if text and own else text for text, own in zip(texts, words, strict=True)]


def name_parts(mailbox: pl.Expr) -> pl.Expr:
    """The parts of e-mail addresses that may be names: `anna.rossi7@…` gives anna and rossi."""
    local = mailbox.str.to_lowercase().str.split("@").list.first()
    parts = local.str.extract_all(rf"\p{{L}}{{{_SHORTEST},}}")
    return parts.list.set_difference(pl.lit(sorted(_NO_NAMES), dtype=pl.List(pl.String)))


def _without(text: str, words: tuple[str, ...]) -> str:
    return _own_words(words).sub("[name]", text)


@lru_cache(maxsize=1024)
def _own_words(words: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, words))})\b", re.IGNORECASE)

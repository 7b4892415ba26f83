"""Texts without what tells who wrote them or whom they write of. Pure: columns in, columns out.

Redaction errs on the side of too much: a word that stands where a name stands is taken for one. What no pattern can
know (a name in the middle of a sentence, in lower case) is taken out where the customer's own e-mail address holds it.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

import polars as pl

from journey_analytics.voice.first_names import FIRST_NAMES

_NAME: Final = r"\p{Lu}[\p{L}'\-]*\.?"
_PARTICLE: Final = r"(?i:de|di|del|della|dello|da|dal|dalla|van|von|der|den|la|lo|le|el|al|zu|y)"
_NAMES: Final = rf"{_NAME}(?:\s+(?:{_PARTICLE}\s+){{0,2}}{_NAME}){{0,3}}"
_FULL: Final = r"\p{Lu}(?:[\p{L}'\-]*\p{Ll}[\p{L}'\-]*|\.)"
"""A word as names are written: a capital and at least one small letter, or a capital with a dot."""
_WORD: Final = r"[\p{L}'\-]+"
_FIRST: Final = rf"(?i:{'|'.join(FIRST_NAMES)})"
_GOES_ON: Final = (
    r"(\s+(?i:and|e|ed|but|ma|i|i'm|io|from|da|with|con|my|mia|mio|vi|le|ho|ti|non|not|the|il|la|that|che|who|of|a|an|"
    r"to|per|for|is|has|have|was)\b)"
)
"""Words after a name with which the sentence goes on: they stay."""
_SECOND: Final = rf"(?:{_GOES_ON}|\s+(?:{_PARTICLE}\s+){{0,2}}{_WORD}(?:\s+{_FULL}){{0,2}})?"
"""What stands after a first name: the next word is the surname, unless the sentence goes on."""
_TITLES: Final = r"(?:(?i:mr|mrs|ms|miss|mx|dr|prof|sir|sig|sig\.ra|sig\.na|signor[ae]?|dott|dott\.ssa|avv|ing)\.?\s+)"
_HELLO: Final = (
    r"(?i:hi|hello|hey|dear|good (?:morning|afternoon|evening)|ciao|salve|buongiorno|buonasera|buon giorno|gentil[ei]|"
    r"gentilissim[oaie]|gent\.mo|gent\.ma|car[oaie]|egregi[oa]|spett\.le)"
)
_SIGNED: Final = (
    r"(?i:(?:(?:best|kind(?:est)?|warm(?:est)?|many)\s+)?(?:regards|wishes)|sincerely|faithfully|truly yours|"
    r"yours truly|(?:(?:cordiali|distinti|cari|tanti|un caro|cordialissimi)\s+)?salut[oi]|cordialmente|sinceramente|"
    r"in fede|firmat[oa]|signed)"
)
"""After these, what is left to the end of the text says who wrote it."""
_THANKS: Final = r"(?i:cheers|thanks|thank you|many thanks|love|grazie(?: mille| tante)?|ciao|truly|bye|thx)"
_STREETS: Final = (
    r"(?i:via|viale|piazza|piazzale|corso|largo|vicolo|strada|c\.so|p\.zza|p\.za|v\.le|c\.da|contrada|borgo|lungomare)"
)
_NUMBERED: Final = (
    r"(?i:via|viale|piazza|piazzale|vicolo|c\.so|p\.zza|p\.za|v\.le|c\.da|contrada|calle|c/|avenida|avda\.?|plaza|paseo|"
    r"carrer|rua|ulica|ul\.)"
)
"""Kinds of streets that are known by the house number after them, in any letter case."""
_LOCAL: Final = r'(?:"[^"]{1,64}"|[\p{L}\p{N}._%+\-]+)'
_HOST: Final = r"[\p{L}\p{N}\-]+"
_AT: Final = r"\s*[\[({<]\s*(?i:at|chiocciola)\s*[\])}>]\s*"
_DOT: Final = r"(?:\.|\s*[\[({<]\s*(?i:dot|punto)\s*[\])}>]\s*)"
_LAST_WORDS: Final = (
    r"(?i:thanks|cheers|grazie|saluti|regards|sincerely|yes|no|sì|si|ok|okay|perfect|perfetto|perfetta|great|super|"
    r"ottimo|ottimi|ottima|ottime|peccato|consigliato|consigliati|consigliatissimo|recommended|bravi|top|help|please|"
    r"why|perché|vergogna|fine|done|never|mai|bye|ciao)"
)
"""Sentences of one word at the end of a text that are no signature; any other one is taken for one."""

PATTERNS: Final[tuple[tuple[str, str], ...]] = (
    (r"[\p{Cc}\p{Cf}\s]+", " "),
    (r"(?i)\b(?:https?://|www\.)\S+", "[link]"),
    (rf"{_LOCAL}\s{{0,2}}@\s{{0,2}}{_HOST}(?:{_DOT}{_HOST})+", "[e-mail]"),
    (rf"{_LOCAL}{_AT}{_HOST}(?:{_DOT}{_HOST})*", "[e-mail]"),
    (rf"{_LOCAL}\s+(?i:at|chiocciola)\s+{_HOST}\s+(?i:dot|punto)\s+\p{{L}}{{2,}}\b", "[e-mail]"),
    (r"(^|[\s(])@[\p{L}\p{N}_.]+", "${1}[handle]"),
    (rf"{_LOCAL}@{_HOST}(?:\.{_HOST})*", "[e-mail]"),
    (rf"(?i)\b{_HOST}(?:\.{_HOST})*\.(?:com|org|net|example|it|co\.uk|de|eu|fr|es|io|me)\b(?:/\S*)?", "[link]"),
    (rf"\b{_HOST}(?:\.{_HOST})+/\S+", "[link]"),
    (r"(?i)\b(password|passwort|passcode|pwd|pin|parola d'ordine)(?:\s*[:=]|\s+(?:is|was|è|e'|era))\s*\S+",
     "${1} [secret]"),
    (r"(?i)\b(instagram|insta|ig|facebook|fb|telegram|twitter|tiktok|skype|whatsapp|linkedin|snapchat|user(?:name)?|"
     r"utente|nick(?:name)?|login|account)\s*[:=]\s*[^\s\[]\S*", "${1}: [handle]"),
    (r"\b[\p{L}\p{N}.]+_[\p{L}\p{N}_.]*[\p{L}\p{N}]", "[handle]"),
    (r"\b[A-Za-z]{2}\d{2}(?:[ \-]?[A-Za-z0-9]{4}){2,7}(?:[ \-]?[A-Za-z0-9]{1,3})?\b", "[account]"),
    (r"(?:\+|\b00)\d[\d ()/.\-]{5,}\d", "[phone]"),
    (r"\b\d(?:[ \-.]?\d){12,18}\b", "[card]"),
    (r"\b\d{1,3}(?:\.\d{1,3}){3}\b", "[address]"),
    (r"\(?\b0?\d{2,4}\)?[ /.\-]\d{2,4}(?:[ /.\-]?\d{2,4}){1,3}\b", "[phone]"),
    (r"(?i)\b(?:p\.?\s?o\.?\s?box|casella postale|postfach|apartado)\s*\d+", "[address]"),
    (rf"\b{_NUMBERED}\s*(?:[\p{{L}}\p{{N}}'.\-]+[\s,]+){{1,5}}?(?i:n\.?\s*|n°\s*|nr\.?\s*|civico\s+)?\d+\w?(?:/\w+)?\b",
     "[address]"),
    (rf"\b{_STREETS}\s+(?:(?i:d[aeiou][a-z']*|san|santa|la|le|lo)\s+){{0,2}}{_NAMES}(?:[\s,]+(?i:n\.?\s*)?\d+\w?)?",
     "[address]"),
    (r"(?i)\b[\p{L}\-]*(?:straße|strasse|str\.|gasse|weg|platz|allee)\s+\d+\s?\w?\b", "[address]"),
    (r"(?i)\b\d+\w?(?:\s(?:bis|ter))?,?\s+(?:rue|avenue|boulevard|bd|chemin|impasse|allée|place|quai|route)\s+"
     r"(?:(?:de|du|des|la|le|les)\s+){0,3}[\p{L}'\-]+", "[address]"),
    (r"\b\d+\w?\s+\p{Lu}[\p{L}']+(?:\s+\p{Lu}[\p{L}']+)*\s+(?i:street|st|road|rd|avenue|ave|lane|ln|drive|dr|way|"
     r"close|court|square|place|boulevard|blvd)\b\.?", "[address]"),
    (r"(?i)\b\d+\w?,?\s+(?:[\p{L}'\-]+\s+){1,2}?(?:street|road|avenue|lane|boulevard|crescent|terrace)\b", "[address]"),
    (r"\b[A-Z]{2}[ \-]?\d{3}[ \-]?[A-Z]{2}\b|\b[A-Z]{2}\d{2}\s?[A-Z]{3}\b", "[number]"),
    (r"(?i)\b(targa|number plate|licen[cs]e plate|kennzeichen)\s*:?\s*[a-z]{1,3}[ \-]?[a-z0-9]{1,4}[ \-]?\d*"
     r"[a-z]{0,3}\b", "${1} [number]"),
    (r"#\s?[\p{L}\p{N}\-]*\d[\p{L}\p{N}\-]*", "[number]"),
    (r"(?i)\b(order|ordine|ord\.|pedido|bestellung|commande|ticket|invoice|fattura|tracking|spedizione|pratica|"
     r"codice cliente|customer (?:id|no\.?|number))\s*(?:n\.?|nr\.?|no\.?|n°|number|numero|id|code|codice)?\s*:?\s*"
     r"\p{L}{0,6}[\-/]?\d[\p{L}\p{N}\-/]*", "${1} [number]"),
    (r"\b[\p{L}_\-]*(?:\d[\p{L}_\-]*){4,}\b", "[number]"),
    (rf"\b((?i:my name is|my name's|mi chiamo|il mio nome è|il mio nome e'))\s+{_WORD}{_SECOND}", "${1} [name]${2}"),
    (r"\b[A-Z]{1,2}\d[A-Z\d]?\s?\d[A-Z]{2}\b", "[address]"),
    (rf"\b((?i:mittente|destinatario|da|a|from|to|nome|cognome|name|surname|cliente|customer))\s*:\s*{_NAMES}",
     "${1}: [name]"),
    (rf"\b((?i:nome|cognome|name|surname|mittente|destinatario))\s*:\s*{_WORD}{_SECOND}", "${1}: [name]${2}"),
    (rf"\b({_HELLO})\s+{_TITLES}*{_NAMES}", "${1} [name]"),
    (rf"\b((?i:hi|hello|hey|ciao|buongiorno|buonasera|salve|thanks|thank you|grazie))\s*,\s*{_TITLES}*({_NAME})"
     r"\s*([,.!?]|$)", "${1} [name]${3}"),
    (rf"\b((?i:i am|i'm|this is|it is|sono|qui è|scrive))\s+{_TITLES}*(\p{{Lu}}[\p{{Ll}}'\-]+)(?:\s+{_NAME}){{0,2}}",
     "${1} [name]"),
    (rf"\b((?i:i am|i'm|this is|it is|it's|sono|qui è|scrive))\s+{_FIRST}\b{_SECOND}", "${1} [name]${2}"),
    (rf"\b(?i:mr|mrs|ms|sig|sig\.ra|sig\.na|dott|dott\.ssa|signor)\.?\s+{_WORD}", "[name]"),
    (rf"\b(?i:dr|prof|avv|ing)\.\s+{_WORD}", "[name]"),
    (rf"\b{_TITLES}{_NAMES}", "[name]"),
    (rf"\b({_SIGNED})\s*[,.:!\-–—]*\s+[\p{{L}}'.\[\]\-]+(?:[\s,]+[\p{{L}}'.\[\]\-]+){{0,5}}\s*[.!]*\s*$",
     "${1} [name]"),
    (rf"\b({_THANKS})\s*[,.!\-]*\s+{_NAMES}\s*[.!]*\s*$", "${1} [name]"),
    (rf"\b({_THANKS}|{_HELLO})\s*,\s*{_WORD}(?:\s+{_WORD})?\s*[.!]*\s*$", "${1} [name]"),
    (rf"(^|\s)[\-–—~]+\s*{_NAMES}\s*[.!]*\s*$", "${1}[name]"),
    (rf"([.!?\])]\s)({_LAST_WORDS}\s*[.!]*\s*)$", "${1}\0${2}"),
    (rf"([.!?\])])\s+{_NAME}\s*[.!]*\s*$", "${1} [name]"),
    ("\0", ""),
    (rf"\b{_FULL}(?:\s+(?:{_PARTICLE}\s+){{0,2}}{_FULL})+", "[name]"),
    (rf"\b{_FIRST}\b(?:\s+{_FULL})*", "[name]"),
)  # fmt: skip
"""What is replaced by what, in this order; the regular expressions are those of Rust, without look-around: their
time grows with the length of the text alone. A null character marks for a moment what stays."""

_SHORTEST: Final = 4
"""Letters of a part of an e-mail address from which on it is taken for a name."""
_NO_NAMES: Final = frozenset({"info", "mail", "email", "support", "service", "shop", "order", "orders", "contact"})
_APOSTROPHES: Final = "[\u2018\u2019\u02bc`´]"


def redacted(text: pl.Expr) -> pl.Expr:
    """The text in one line, links, addresses, numbers and names in it replaced by what they are, such as `[e-mail]`.

    Blank texts become null.
    """
    found = text.str.normalize("NFKC").str.replace_all(_APOSTROPHES, "'")
    for pattern, replacement in PATTERNS:
        found = found.str.replace_all(pattern, replacement)
    found = found.str.replace_all(r"(\[name\])(?:\s+\[name\])+", "${1}").str.strip_chars()
    return found.replace("", None)


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

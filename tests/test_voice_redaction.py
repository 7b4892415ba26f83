"""What tells who wrote a text is not in what is kept of it, wherever it stands."""

import string
from random import Random
from time import perf_counter

import polars as pl

from journey_analytics.voice.redaction import name_parts, redacted, without_words

CASES = {
    "Hi Anna, my order #A-1234 is late": "Hi [name], my order [number] is late",
    "Call me +49 151 1234567 or 0171/1234567": "Call me [phone] or [phone]",
    "Call +491511234567890 now": "Call [phone] now",
    "mail me at Ann.Smith+x@mail.example": "mail me at [e-mail]",
    "see https://shop.example/o?mail=a@b.co or www.shop.example": "see [link] or [link]",
    "card 4111 1111 1111 1111 was charged": "card [card] was charged",
    "IBAN IT60 X054 2811 1010 0000 0123 456": "IBAN [account]",
    "order 20251234 came": "order [number] came",
    "track 1Z999AA10123456784 please": "track [number] please",
    "codice fiscale RSSMRA80A01H501U": "codice fiscale [number]",
    "mi chiamo marco Bianchi e scrivo": "mi chiamo [name] e scrivo",
    "My name is Ann Smith and I wait": "My name is [name] and I wait",
    "Gentile Sig.ra Rossi, il pacco è rotto": "Gentile [name], il pacco è rotto",
    "Non va bene. Cordiali saluti Marco Bianchi.": "Non va bene. Cordiali saluti [name]",
    "It broke. Thanks, John Smith": "It broke. Thanks [name]",
    "Abito in Via Posillipo 45, Napoli": "Abito in [address], Napoli",
    "I live at 12 Old Kent Road": "I live at [address]",
    "I am @ann_smith here": "I am [handle] here",
    "Dear Mr. van Dyke, thanks": "Dear [name], thanks",
    "my ip is 192.168.10.25": "my ip is [address]",
    "Mittente: Mario Rossi scrive": "Mittente: [name] scrive",
    "one\ttwo\n\nthree\u200b four": "one two three four",
}
KEPT = (
    "Great boots, very comfortable from the first day.",
    "This is GREAT value for 49.90 EUR in 2 weeks",
    "Ottimi scarponi, comodissimi fin dal primo giorno.",
    "Hello, My parcel is late.",
    "Consegna in 24 ore, taglia 42, tutto perfetto!",
    "Sono molto contenta, arrivati in 2 giorni. Grazie",
    "Thanks for the quick delivery, the boots are great!",
    "I am very happy with the order, it came on time.",
    "La signora al telefono non sapeva nulla del rimborso.",
    "My account was blocked and I miss my parcel.",
)


def told(*texts: str | None) -> list[str | None]:
    return (
        pl.DataFrame({"text": list(texts)}, schema={"text": pl.String})
        .select(redacted(pl.col("text")))["text"]
        .to_list()
    )


MISSED = {
    "Mario Rossi has not received it": "[name] has not received it",
    "It is late, regards, anna": "It is late, regards [name]",
    "Non va. saluti, mario rossi": "Non va. saluti [name]",
    "sono mario rossi e aspetto": "sono [name] e aspetto",
    "il sig. rossi aspetta": "il [name] aspetta",
    "Non va. Firmato: Anna Verdi": "Non va. Firmato [name]",
    "It broke. Signed, Anna Verdi": "It broke. Signed [name]",
    "It broke - Anna": "It broke [name]",
    "It broke. Anna": "It broke. [name]",
    "Late. Kind regards Mario Rossi, Milano": "Late. Kind regards [name]",
    "my name is anna van der berg and I wait": "my name is [name] and I wait",
    "My wife Francesca Neri waited": "My wife [name] waited",
    "non va, ciao, giulia bianchi": "non va, ciao [name]",
    "I live in Via Roma 5. John Smith": "I live in [address]. [name]",
    "write mario [at] gmail [dot] com now": "write [e-mail] now",
    "write mario＠gmail．com now": "write [e-mail] now",
    "write mario.rossi (at) gmail.com now": "write [e-mail] now",
    'write "mario rossi"@gmail.com now': "write [e-mail] now",
    "write mario @ gmail.com now": "write [e-mail] now",
    "write mario at gmail dot com now": "write [e-mail] now",
    "abito in via roma 5": "abito in [address]",
    "abito in Via 4 Novembre 3": "abito in [address]",
    "ich wohne Musterstraße 12": "ich wohne [address]",
    "at 12 rue de la Paix": "at [address]",
    "en Calle Mayor 5": "en [address]",
    "at 10 downing street": "at [address]",
    "at P.O. Box 123": "at [address]",
    "in C.da Sant'Anna 7": "in [address]",
    "targa ZZ 999 ZZ": "targa [number]",
    "targa zz999zz": "targa [number]",
    "instagram: mario_rossi": "instagram: [handle]",
    "ask mario_rossi there": "ask [handle] there",
    "see t.me/mario": "see [link]",
    "l'ordine 123 manca": "l'ordine [number] manca",
    "my order AB-123 is late": "my order [number] is late",
    "my password is hunter2 ok": "my password [secret] ok",
    "ask giulia about it": "ask [name] about it",
}
CASES |= MISSED


def test_what_names_somebody_is_replaced_by_what_it_is() -> None:
    assert dict(zip(CASES, told(*CASES), strict=True)) == CASES


def test_ordinary_words_stay() -> None:
    assert told(*KEPT) == list(KEPT)


HOSTILE = (
    "via a ", "Aa ", "a@", "a.", "1 ", "(at) ", '"', "-", "order ", "regards ", "my name is ", "a_", "\u200b", "x"
)  # fmt: skip


def test_long_hostile_texts_take_no_time() -> None:
    began = perf_counter()
    told(*((part * 4_000)[:4_000] for part in HOSTILE))
    assert perf_counter() - began < 20


def test_a_signature_goes_in_any_letter_case() -> None:
    names = ("Mario Rossi", "Anna Verdi", "Giulia Bianchi")
    signs = ("regards", "Saluti", "cordiali saluti", "thanks", "grazie mille", "Firmato", "Signed")
    ends = [(name, f"{sign}, {name}") for name in names for sign in signs]
    changes = (str, str.lower, str.upper)
    texts = [(name, f"it is late. {change(end)}") for name, end in ends for change in changes]
    for (name, text), kept in zip(texts, told(*(text for _, text in texts)), strict=True):
        assert kept is not None
        assert not set(name.lower().split()) & set(kept.lower().replace(",", " ").split()), text


def test_nothing_is_left_of_a_blank_text() -> None:
    assert told("  \n ", None, "") == [None, None, None]


def test_planted_identities_are_found_in_any_place() -> None:
    random, canaries, texts = Random(4), [], []
    for _ in range(400):
        planted = _canary(random)
        words = random.choices(["the", "parcel", "è", "arrivato", "late,", "rotto.", "and", "(again)"], k=8)
        words.insert(random.randrange(9), planted)
        canaries.append(planted)
        texts.append(" ".join(words))
    kept = [(canary, text) for canary, text in zip(canaries, told(*texts), strict=True) if canary in (text or "")]
    assert kept == []


def _canary(random: Random) -> str:
    digits = "".join(random.choices(string.digits, k=18))
    name = "".join(random.choices(string.ascii_lowercase, k=7))
    return random.choice(
        [
            f"{name}.{digits[:2]}@{name}.example",
            f"+39 3{digits[:2]} {digits[2:5]} {digits[5:9]}",
            f"0{digits[:3]}/{digits[3:9]}",
            f"#{digits[:8]}",
            f"{digits[:12]}",
            f"DE{digits[:2]} {digits[2:6]} {digits[6:10]} {digits[10:14]} {digits[14:18]} 12",
            f"https://{name}.example/{digits}",
        ]
    )


def test_the_words_of_the_own_address_go_in_any_letter_case() -> None:
    frame = pl.DataFrame({"mailbox": ["anna.rossi7@mail.example", "info@shop.example", "x.yz@mail.example"]})
    words = frame.select(name_parts(pl.col("mailbox")))["mailbox"].to_list()
    assert [sorted(found) for found in words] == [["anna", "rossi"], [], []]
    assert without_words(["ask ROSSI or annabel", "ask rossi", None], [["anna", "rossi"], None, ["rossi"]]) == [
        "ask [name] or annabel",
        "ask rossi",
        None,
    ]

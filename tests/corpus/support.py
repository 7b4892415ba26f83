"""The corpus in the shape of tickets: CSV with a header."""

import gzip

from corpus.case import NEIGHBOURS, Case

HEADER = b"id,requester_id,created_at,subject\n"


def row(number: int, subject: bytes = b"Where is my order") -> bytes:
    return b"%d,%d,2026-05-%02dT10:%02d:00Z,%s\n" % (number, 7000 + number, 1 + number % 28, number % 60, subject)


def table(*bad: bytes, header: bytes = HEADER) -> bytes:
    """100 good rows with other ones spread between them."""
    good = [row(number) for number in range(NEIGHBOURS)]
    for place, content in enumerate(bad, 1):
        good.insert(place * 30 + place, content if content.endswith(b"\n") else content + b"\n")
    return header + b"".join(good)


ALL = table()
REORDERED = b"".join(b",".join(reversed(x.split(b","))) + b"\n" for x in ALL.splitlines())
QUOTED = HEADER + b"".join(b'"' + x.replace(b",", b'","') + b'"\n' for x in ALL.splitlines()[1:])
SUBJECT = "(select subject from staging.event where source_event_id = '500')"

CASES = [
    Case("ok", {"ticket.csv": ALL}),
    Case("gz", {"ticket.csv.gz": gzip.compress(ALL)}),
    Case("all_quoted", {"ticket.csv": QUOTED}),
    Case("semicolon", {"ticket.csv": ALL.replace(b",", b";")}, delimiter=";"),
    Case("tab", {"ticket.tsv": ALL.replace(b",", b"\t")}, delimiter="\t"),
    Case(
        "columns_reordered",
        {"ticket.csv": REORDERED},
        holds=["(select count(distinct subject) from staging.event) = 1"],
    ),
    Case(
        "bom_and_spaces_in_the_header",
        {"ticket.csv": b"\xef\xbb\xbf" + table(header=b"id, requester_id ,created_at,subject \n")},
    ),
    Case("utf16", {"ticket.csv": b"\xff\xfe" + ALL.decode().encode("utf-16-le")}, warns="UTF-16"),
    Case("newlines_crlf", {"ticket.csv": ALL.replace(b"\n", b"\r\n")}),
    Case("newlines_cr_only", {"ticket.csv": ALL.replace(b"\n", b"\r")}),
    Case("blank_lines", {"ticket.csv": ALL.replace(b"\n", b"\n\n")}),
    Case("header_only", {"ticket.csv": HEADER}, accepted=0, warns="the file has no rows", is_refused=True),
    Case("empty", {"ticket.csv": b""}, accepted=0, warns="the file is empty", is_refused=True),
    Case(
        "column_renamed",
        {"ticket.csv": table(header=HEADER.replace(b"created_at", b"created"))},
        rejected={"missing_column": 1},
        is_refused=True,
        holds=["(select reason from run.rejected_event) like '%did you mean ''created''?%'"],
    ),
    Case(
        "column_twice",
        {"ticket.csv": table(header=HEADER.replace(b"subject", b"id"))},
        rejected={"duplicate_column": 1},
        is_refused=True,
    ),
    Case(
        "missing_and_extra_columns",
        {"ticket.csv": table(b"500,7500,2026-05-01T00:00:00Z", b"501,7501,2026-05-01T00:00:00Z,Hello,more")},
        rejected={"too_few_fields": 1, "too_many_fields": 1},
    ),
    Case("footer_totals_row", {"ticket.csv": ALL + b"Total: 100\n"}, rejected={"too_few_fields": 1}),
    Case("unclosed_quote", {"ticket.csv": table(row(500, b'"open end'))}, rejected={"unclosed_quote": 1}),
    Case(
        "two_unclosed_quotes",
        {"ticket.csv": table(row(500, b'"open'), row(501, b'"end'))},
        rejected={"unclosed_quote": 2},
    ),
    Case("unclosed_quote_at_the_end", {"ticket.csv": ALL + row(500, b'"open end')}, rejected={"unclosed_quote": 1}),
    Case(
        "unclosed_quote_among_quoted_rows",
        {
            "ticket.csv": QUOTED
            + b'"500","7500","2026-05-01T00:00:00Z","open\n'
            + b'"501","7501","2026-05-01T00:00:00Z","x"\n'
        },
        accepted=101,
        rejected={"unclosed_quote": 1},
    ),
    Case(
        "quote_within_a_field",
        {"ticket.csv": table(row(500, b'17" screen'))},
        accepted=101,
        holds=[f"{SUBJECT} = '17\" screen'"],
    ),
    Case("quote_after_a_quoted_field", {"ticket.csv": table(row(500, b'"screen" 17'))}, rejected={"unclosed_quote": 1}),
    Case(
        "newline_in_a_quoted_field",
        {"ticket.csv": table(row(500, b'"Hello,\nwhere is ""it""?\n"'))},
        accepted=101,
        holds=[
            "(select payload ->> '$.subject' from raw.zendesk_ticket where payload ->> '$.id' = '500')"
            " = 'Hello,' || chr(10) || 'where is \"it\"?' || chr(10)"
        ],
    ),
    Case("latin1_byte", {"ticket.csv": table(row(500, b"caf\xe9"))}, rejected={"encoding": 1}),
    Case("latin1_byte_in_a_quoted_text", {"ticket.csv": table(row(500, b'"caf\xe9\n\nok"'))}, rejected={"encoding": 1}),
    Case(
        "utf8_text",
        {"ticket.csv": table(row(500, "Größe 👟".encode()))},
        accepted=101,
        holds=[f"{SUBJECT} = 'Größe 👟'"],
    ),
    Case("nul", {"ticket.csv": table(row(500, b"a\0b"))}, rejected={"control_char": 1}),
    Case("line_of_10mb", {"ticket.csv": table(row(500, b"x" * 10_000_000))}, rejected={"too_long": 1}),
    Case("null_requester", {"ticket.csv": table(b"500,,2026-05-01T00:00:00Z,Hello")}, rejected={"no_identity": 1}),
    Case(
        "till_clock_reset_1970", {"ticket.csv": table(b"500,1,1970-01-01 00:00:10,Hello")}, rejected={"epoch_zero": 1}
    ),
    Case("same_rows_other_file", {"ticket.csv": ALL, "ticket_2.csv": REORDERED}, duplicates=100),
]

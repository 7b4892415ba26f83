"""Phone numbers as written → E.164, each spelling of a batch read once."""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

import polars as pl

from journey_analytics.build import Step
from journey_analytics.config import Source
from journey_analytics.errors import ConfigurationError, nearest
from journey_analytics.warehouse import Warehouse

# Letters but for an extension are no phone number: a hash, a note, or a vanity number whose keypad nobody dials.
_READABLE = re.compile(r"(?:tel:)?[\W\d_]*(?:(?:x|xt|ext|extn|extension)[\W_]*\d{1,7}[\W_]*)?", re.IGNORECASE)
_LEAD = re.compile(r"(?:tel:)?[^\d+]*(\++|00)?", re.IGNORECASE)
_WRITTEN = """
select distinct phone_region, raw_value
from admission.identity_entry
where identity_type = 'phone'
order by all
"""
_SCHEMA = {"phone_region": pl.String, "raw_value": pl.String, "e164": pl.String}


def phone_number_step() -> Step:
    """The step among the models of admission that makes `admission.phone_number`.

    One row per phone number as written and region ('' for none) that can be read: phone_region, raw_value, e164.
    """
    return Step(
        "admission.phone_number",
        reads=frozenset({"admission.identity_entry"}),
        makes=frozenset({"admission.phone_number"}),
        execute=_read_numbers,
    )


def _read_numbers(warehouse: Warehouse) -> None:
    written = warehouse.rows(_WRITTEN, name="phone numbers as written")
    read = [(region, text, e164(text, region or None)) for region, text in written]
    known = [row for row in read if row[2] is not None]
    warehouse.create_from("admission.phone_number", pl.DataFrame(known, schema=_SCHEMA, orient="row"))


@lru_cache(maxsize=100_000)
def e164(written: str, region: str | None) -> str | None:
    """A phone number in E.164, without its extension; null when it cannot be read as one number of one country.

    Written with + or 00 it names its country itself. Otherwise it is a number of `region` (ISO 3166, two letters), and
    null without one. It must have a possible length; a number that is complete only within its town is null, because
    another town has the same one.
    """
    text = unicodedata.normalize("NFKC", written)
    lead = _LEAD.match(text)
    if lead is None or not _READABLE.fullmatch(text):
        return None
    sign, rest = lead[1], text[lead.end() :]
    if sign is None:
        return _parsed(rest, region) if region else None
    return _of_exit_code(rest, region) if sign == "00" and region else _parsed(f"+{rest}", None)


def _of_exit_code(rest: str, region: str) -> str | None:
    """What follows 00: a country code, or the end of the region's own exit code (0011 in Australia), whichever fits."""
    from phonenumbers import is_valid_number, parse

    found = {_parsed(f"+{rest}", None), _parsed(f"00{rest}", region, must_dial_abroad=True)} - {None}
    if len(found) > 1:
        found = {number for number in found if is_valid_number(parse(str(number)))}
    return found.pop() if len(found) == 1 else None


def _parsed(text: str, region: str | None, *, must_dial_abroad: bool = False) -> str | None:
    import phonenumbers  # 50 ms, and only where there are phone numbers

    try:
        number = phonenumbers.parse(text, region, keep_raw_input=True)
    except phonenumbers.NumberParseException:
        return None
    if must_dial_abroad and number.country_code_source != phonenumbers.CountryCodeSource.FROM_NUMBER_WITH_IDD:
        return None
    if phonenumbers.is_possible_number_with_reason(number) != phonenumbers.ValidationResult.IS_POSSIBLE:
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def check_regions(sources: Iterable[Source]) -> None:
    """Whether every `phone_region` is a country with phone numbers.

    Raises:
        ConfigurationError: naming the source, the key and the nearest region.
    """
    declared = [source for source in sources if source.phone_region]
    if not declared:
        return
    from phonenumbers import SUPPORTED_REGIONS

    for source in declared:
        if source.phone_region not in SUPPORTED_REGIONS:
            raise ConfigurationError(
                f"source {source.name!r}: phone_region {source.phone_region!r} is no country; expected its two letters "
                f"in ISO 3166, such as 'DE' or 'GB'; {nearest(str(source.phone_region), SUPPORTED_REGIONS)}"
            )

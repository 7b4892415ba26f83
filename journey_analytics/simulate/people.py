"""Who there is: customers with accounts, guests, visitors; their devices, shared ones among them."""

from random import Random
from typing import Final

from journey_analytics.simulate.draw import DAY, Choice, happens, one_of, random_of
from journey_analytics.simulate.things import Device, Person
from journey_analytics.simulate.world import (
    GUEST_SHARE,
    HOUSEHOLD_SHARE,
    KIOSK_COUNT,
    PERSONA_SHARES,
    PERSONAS,
    VISITOR,
    VISITOR_SHARE,
    World,
)

_FIRST_NAMES: Final = ("ada", "ben", "clara", "david", "elif", "finn", "greta", "hugo", "ines", "jonas", "kira", "lena")
_LAST_NAMES: Final = ("adler", "brandt", "costa", "dietz", "ekman", "fischer", "gruber", "haas", "ivanov", "jansen")
_DOMAINS: Final = Choice.of({"mail.example": 5, "post.example": 3, "inbox.example": 2})
_COUNTRIES: Final = Choice.of({"DE": 6, "AT": 2, "CH": 1, "NL": 1})
_USER_AGENTS: Final = {
    "mobile": (
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1 Version/18.1 Mobile Safari/604.1",
        "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 Chrome/131.0 Mobile Safari/537.36",
    ),
    "desktop": (
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/131.0 Safari/537.36",
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_7) AppleWebKit/605.1 Version/18.1 Safari/605.1",
    ),
    "tablet": ("Mozilla/5.0 (iPad; CPU OS 17_6 like Mac OS X) AppleWebKit/605.1 Version/17.6 Safari/604.1",),
}
_KIOSK_AGENT: Final = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/120.0 Safari/537.36"
_SKEWS: Final = (-3_600_000, 3_600_000, -86_400_000, 420_000, -95_000)


def uuid_text(random: Random) -> str:
    """A random identifier in the shape of a UUID."""
    text = f"{int(random.random() * 2**52):013x}{int(random.random() * 2**52):013x}{int(random.random() * 2**24):06x}"
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-a{text[17:20]}-{text[20:32]}"


def kiosks(world: World) -> tuple[Device, ...]:
    """The terminals in the shops: used by everybody, so their cookie says nothing."""
    random = random_of(world.seed, "kiosk")
    return tuple(Device("desktop", _KIOSK_AGENT, uuid_text(random), is_public=True) for _ in range(KIOSK_COUNT))


def new_device(random: Random, kind: str) -> Device:
    """A browser of a kind, with a fresh cookie."""
    return Device(kind, one_of(_USER_AGENTS[kind], random.random), uuid_text(random))


def customer(world: World, number: int, random: Random) -> Person:
    """Customer 0, 1, …: the same whatever the number of others."""
    persona = PERSONAS[PERSONA_SHARES.pick(random.random)]
    kind = "guest" if random.random() < GUEST_SHARE else "account"
    first, last = one_of(_FIRST_NAMES, random.random), one_of(_LAST_NAMES, random.random)
    person = Person(
        customer_id=f"customer-{number:06d}",
        kind=kind,
        persona=persona,
        starts_at=int(random.random() ** 1.6 * world.days * DAY),
        number=number,
        user_id=f"u{100_000 + number}",
        email=f"{first}.{last}{number}@{_DOMAINS.pick(random.random)}",
        phone=f"+49151{10_000_000 + number * 7}",
        name=f"{first.title()} {last.title()}",
        country=_COUNTRIES.pick(random.random),
        devices=_devices(world, number, random, persona.devices),
    )
    person.is_subscriber = random.random() < persona.subscribed_share * (0.3 if kind == "guest" else 1.0)
    person.has_machine_opens = happens(0.25, random.random)
    person.skew = one_of(_SKEWS, random.random) if happens(0.03, random.random) else 0
    return person


def _devices(world: World, number: int, random: Random, kinds: Choice) -> list[Device]:
    count = 1 + happens(0.5, random.random) + happens(0.15, random.random)
    devices = [new_device(random, kinds.pick(random.random)) for _ in range(count)]
    household = random_of(world.seed, "household", number // 2)
    if household.random() < HOUSEHOLD_SHARE:
        shared = new_device(household, "tablet")
        shared.is_public = True
        devices.append(shared)
    return devices


def visitors(world: World, number: int) -> list[Person]:
    """The unknown people who come along with customer `number`: none or one."""
    random = random_of(world.seed, "visitor", number)
    if random.random() >= VISITOR_SHARE:
        return []
    persona = PERSONAS[VISITOR]
    return [
        Person(
            customer_id=f"visitor-{number:06d}",
            kind="visitor",
            persona=persona,
            starts_at=int(random.random() * world.days * DAY),
            number=number,
            user_id="",
            email="",
            phone="",
            name="",
            country="",
            devices=[new_device(random, persona.devices.pick(random.random))],
        )
    ]

"""What people do on the website at each stage: the activities of a visit, as Segment knows them."""

from random import Random
from typing import Final

from journey_analytics.simulate.draw import MINUTE, SECOND, Choice, between, happens, one_of
from journey_analytics.simulate.things import Device, Order, Touch, Visit
from journey_analytics.simulate.world import AWARENESS, CONSIDERATION, DECISION, POST_PURCHASE, SKUS_PER_TOPIC

BLOG: Final = ("how-to-choose", "trip-ideas", "care-guide", "new-season", "behind-the-scenes")
_HELP: Final = {
    CONSIDERATION: ("sizing", "shipping", "warranty", "payment", "returns"),
    DECISION: ("payment", "shipping", "returns"),
    POST_PURCHASE: ("returns", "shipping", "warranty"),
}
_NEXT: Final = {
    AWARENESS: Choice.of({"blog": 52, "home": 12, "promotion": 26, "landing": 10}),
    CONSIDERATION: Choice.of(
        {"Product Viewed": 48, "Product List Viewed": 18, "Products Searched": 9, "Product Added to Wishlist": 6,
         "Product Shared": 2, "pricing": 4, "help": 10, "blog": 1, "home": 2}
    ),
    DECISION: Choice.of(
        {"Cart Viewed": 30, "Checkout Started": 24, "Product Added": 16, "Checkout Step Viewed": 12,
         "Coupon Entered": 5, "Product Removed": 5, "help": 6, "home": 2}
    ),
    POST_PURCHASE: Choice.of({"order": 60, "help": 25, "account": 15}),
}  # fmt: skip
_FIRST: Final = {
    CONSIDERATION: Choice.of({"Product List Viewed": 38, "Product Viewed": 40, "Products Searched": 22}),
    DECISION: Choice.of({"Product Added": 100}),
    POST_PURCHASE: Choice.of({"order": 72, "help": 20, "account": 8}),
}
_COUNT: Final = {
    AWARENESS: Choice.of({1: 35, 2: 35, 3: 20, 4: 10}),
    CONSIDERATION: Choice.of({1: 18, 2: 30, 3: 28, 4: 16, 5: 8}),
    DECISION: Choice.of({1: 30, 2: 40, 3: 30}),
    POST_PURCHASE: Choice.of({1: 65, 2: 35}),
}
_LANDING_CHANNELS: Final = ("paid_search", "paid_social", "display", "affiliate", "email")
_HOME_FIRST_SHARE: Final = 0.005
"""Of the needs that begin past awareness, those that open with the home page: nobody can tell."""
_HOME_RETURN_SHARE: Final = 0.22
_LANDING_SHARE: Final = 0.75
_HOME_ARRIVAL_SHARE: Final = 0.3
_PURCHASE: Final = ("Checkout Started", "Checkout Step Completed", "Payment Info Entered", "Order Completed")


def pause(random: Random) -> int:
    """Between two touches of a visit: seconds to some minutes."""
    share = random.random()
    return int(8 * SECOND + share * share * share * 8 * MINUTE)


def browse(visit: Visit, stage: str, random: Random, *, at: int, topic: str, is_entry: bool) -> None:
    """Add touches of one stage to a visit, from `at` on; `is_entry`: the need enters the stage here."""
    for activity in _activities(visit, stage, random, is_entry=is_entry):
        _add(visit, activity, stage, random, at=at, topic=topic)
        at += pause(random)


def _activities(visit: Visit, stage: str, random: Random, *, is_entry: bool) -> list[str]:
    count = _COUNT[stage].pick(random.random)
    return [
        _first(visit, stage, random, is_entry=is_entry),
        *(_NEXT[stage].pick(random.random) for _ in range(count - 1)),
    ]


def _first(visit: Visit, stage: str, random: Random, *, is_entry: bool) -> str:
    share = random.random()
    if stage == AWARENESS:
        return _arrival(visit.channel, share)
    if stage == POST_PURCHASE:
        return _FIRST[stage].pick(random.random)
    if visit.touches or is_entry:  # the touch that opens a stage is a plain one, but for a few
        return "home" if not visit.touches and share < _HOME_FIRST_SHARE else _FIRST[stage].pick(random.random)
    if share < _HOME_RETURN_SHARE and visit.channel in ("direct", "organic_search"):
        return "home"
    return _NEXT[stage].pick(random.random)


def _arrival(channel: str, share: float) -> str:
    if channel in _LANDING_CHANNELS:
        return "landing" if share < _LANDING_SHARE else "blog"
    return "home" if channel == "direct" or share < _HOME_ARRIVAL_SHARE else "blog"


def _add(visit: Visit, activity: str, stage: str, random: Random, *, at: int, topic: str) -> None:
    if activity == "promotion":
        visit.touches.append(Touch(at, "Promotion Viewed", stage, {"topic": topic}))
        if happens(0.4, random.random):
            visit.touches.append(
                Touch(at + between(3_000, 6_000, random.random), "Promotion Clicked", stage, {"topic": topic})
            )
        return
    visit.touches.append(Touch(at, activity, stage, _detail(activity, stage, random, topic)))


def _detail(activity: str, stage: str, random: Random, topic: str) -> dict:
    if activity == "help":
        return {"slug": one_of(_HELP[stage], random.random)}
    if activity == "blog":
        return {"slug": one_of(BLOG, random.random)}
    return {"topic": topic, "sku": int(random.random() * SKUS_PER_TOPIC)}


def look_at_product(visit: Visit, stage: str, random: Random, *, topic: str) -> None:
    """One more touch of the visit: a product page, whatever the stage."""
    _add(visit, "Product Viewed", stage, random, at=visit.last_at + pause(random), topic=topic)


def fail_checkout(visit: Visit, random: Random, *, topic: str) -> None:
    """The planted barrier: payment begins and an error is shown."""
    at = visit.last_at
    for activity in ("Checkout Started", "Payment Info Entered", "Checkout Error Shown"):
        at += pause(random)
        visit.touches.append(Touch(at, activity, DECISION, {"topic": topic, "code": "payment_failed"}))


def buy(visit: Visit, random: Random, *, order: Order) -> int:
    """The touches of an online purchase; returns when the website logged it."""
    at = visit.last_at if visit.touches else visit.at
    if not visit.touches:
        visit.touches.append(Touch(at, "Cart Viewed", DECISION, {"topic": order.topic}))
    for activity in _PURCHASE:
        at += pause(random)
        visit.touches.append(Touch(at, activity, DECISION, {"topic": order.topic, "order": order}))
    return at


def look_after(device: Device, channel: str, random: Random, *, at: int, order: Order) -> Visit:
    """An after-sales visit: order status, help, sometimes a review."""
    visit = Visit(at=at, device=device, channel=channel)
    browse(visit, POST_PURCHASE, random, at=at, topic=order.topic, is_entry=False)
    for touch in visit.touches:
        touch.detail = {**touch.detail, "order": order}
    return visit

"""Visits as Segment messages (page, track of the e-commerce spec, identify)."""

from typing import Any, Final

from journey_analytics.simulate.draw import iso
from journey_analytics.simulate.things import Order, Person, Touch, Visit
from journey_analytics.simulate.world import price_cents

SITE: Final = "https://www.outfitters.example"
_CAMPAIGN: Final = {
    "paid_search": ("google", "cpc"),
    "paid_social": ("instagram", "paid_social"),
    "affiliate": ("dealfinder", "affiliate"),
    "display": ("adnetwork", "display"),
    "email": ("newsletter", "email"),
}
_REFERRER: Final = {
    "paid_search": "https://www.google.com/",
    "organic_search": "https://www.google.com/",
    "paid_social": "https://www.instagram.com/",
    "organic_social": "https://www.facebook.com/",
    "affiliate": "https://www.dealfinder.example/",
    "referral": "https://www.trailmagazine.example/reviews",
}
_PAGES: Final = {"landing", "home", "blog", "help", "pricing", "account", "order"}
_TITLES: Final = {
    "home": "Outfitters",
    "landing": "Offers",
    "pricing": "Prices",
    "account": "Your account",
    "order": "Your order",
}
_PRODUCT: Final = {
    "Product Viewed", "Product Added", "Product Removed", "Product Added to Wishlist", "Product Shared",
    "Product Reviewed",
}  # fmt: skip
_CHECKOUT: Final = {
    "Checkout Started", "Checkout Step Viewed", "Checkout Step Completed", "Payment Info Entered",
    "Checkout Error Shown", "Coupon Entered", "Coupon Applied",
}  # fmt: skip


def messages(person: Person, visit: Visit, *, prefix: str) -> list[tuple[Touch, dict[str, Any]]]:
    """The touches of a visit with the message each was logged as; `prefix` makes the message ids unique."""
    found = []
    referrer = _REFERRER.get(visit.channel, "")
    for number, touch in enumerate(visit.touches):
        message = _message(
            person, visit, touch, message_id=f"{prefix}{number:02x}", referrer=referrer, is_first=number == 0
        )
        found.append((touch, message))
        referrer = message["context"]["page"]["url"]
    return found


def _message(
    person: Person, visit: Visit, touch: Touch, *, message_id: str, referrer: str, is_first: bool
) -> dict[str, Any]:
    timestamp = iso(touch.at)
    path = path_of(touch, visit)
    url = SITE + path + (_query(visit) if is_first else "")
    context: dict[str, Any] = {
        "page": {"path": path, "url": url, "referrer": referrer},
        "userAgent": visit.device.user_agent,
    }
    if is_first and visit.channel in _CAMPAIGN:
        source, medium = _CAMPAIGN[visit.channel]
        context["campaign"] = {"source": source, "medium": medium, "name": f"{medium}-{iso(touch.at)[:7]}"}
    message: dict[str, Any] = {
        "messageId": message_id,
        "type": _type(touch.activity),
        "anonymousId": visit.anonymous_id,
        "userId": person.user_id if touch.has_user and person.has_account else None,
        "timestamp": timestamp,
        "originalTimestamp": timestamp,
        "sentAt": iso(touch.at + 40),
        "receivedAt": iso(touch.at + 300 + touch.at % 1900),
        "context": context,
    }
    _add_content(message, person, touch, path=path, url=url, referrer=referrer)
    return message


def _type(activity: str) -> str:
    if activity in _PAGES:
        return "page"
    return "identify" if activity == "identify" else "track"


def _add_content(message: dict[str, Any], person: Person, touch: Touch, *, path: str, url: str, referrer: str) -> None:
    if touch.activity == "identify":
        message["traits"] = {"email": person.email, "name": person.name}
    elif touch.activity in _PAGES:
        title = _TITLES.get(touch.activity) or touch.detail["slug"].replace("-", " ").title()
        message["context"]["page"]["title"] = message["name"] = title
        message["properties"] = {"path": path, "url": url, "referrer": referrer, "title": title}
    else:
        message["event"] = touch.activity
        message["properties"] = properties(touch)


def _query(visit: Visit) -> str:
    if visit.channel not in _CAMPAIGN:
        return ""
    source, medium = _CAMPAIGN[visit.channel]
    click = f"&gclid=g{visit.at % 10**9:09d}" if visit.channel == "paid_search" else ""
    return f"?utm_source={source}&utm_medium={medium}{click}"


def path_of(touch: Touch, visit: Visit) -> str:
    """The page a touch happened on."""
    activity, detail = touch.activity, touch.detail
    if activity in ("blog", "help"):
        return f"/{activity}/{detail['slug']}"
    if activity == "order":
        return f"/account/orders/{detail['order'].order_id}"
    if activity == "landing":
        return f"/lp/{detail['topic']}-{visit.channel.replace('_', '-')}"
    if activity in _PRODUCT:
        return f"/products/{detail['topic']}/{_sku(detail)}"
    return _FIXED_PATHS.get(
        activity, "/checkout" if activity in _CHECKOUT else f"/collections/{detail.get('topic', 'all')}"
    )


_FIXED_PATHS: Final = {
    "home": "/", "pricing": "/pricing", "account": "/account", "Products Searched": "/search", "Cart Viewed": "/cart",
    "Order Completed": "/checkout/thank-you", "Promotion Viewed": "/", "Promotion Clicked": "/", "identify": "/account",
    "Signed In": "/account", "Signed Up": "/account",
}  # fmt: skip


def _sku(detail: dict[str, Any]) -> str:
    return f"{detail['topic'][:3]}-{detail['sku']:03d}"


def properties(touch: Touch) -> dict[str, Any]:
    """The properties that the e-commerce spec gives each event."""
    activity, detail = touch.activity, touch.detail
    if activity in _PRODUCT:
        price = price_cents(detail["topic"], detail["sku"]) / 100
        product = {"product_id": _sku(detail), "category": detail["topic"], "price": price, "currency": "EUR"}
        return {**product, **detail.get("review", {})}
    if activity == "Products Searched":
        return {"query": detail["topic"]}
    if activity in ("Product List Viewed", "Promotion Viewed", "Promotion Clicked"):
        return {"list_id": detail["topic"], "category": detail["topic"]}
    if activity == "Order Completed":
        return _order(detail["order"])
    if activity == "Cart Viewed" or activity in _CHECKOUT:
        return {"products": [{"category": detail["topic"]}], "currency": "EUR", **_code(activity)}
    return {}


def _code(activity: str) -> dict[str, str]:
    return {"error": "payment_failed"} if activity == "Checkout Error Shown" else {}


def _order(order: Order) -> dict[str, Any]:
    products = [
        {"product_id": f"{order.topic[:3]}-{sku:03d}", "category": order.topic, "quantity": count}
        for sku, count in order.lines
    ]
    return {
        "order_id": order.order_id,
        "total": order.cents / 100,
        "revenue": order.cents / 100,
        "currency": "EUR",
        "products": products,
    }

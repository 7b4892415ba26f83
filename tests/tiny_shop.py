"""A workspace small enough to know every number of: two customers, four sources, one purchase of each kind."""

import gzip
import json
from pathlib import Path

TOML = """
[warehouse]
path = "warehouse.duckdb"

[report]
dir = "reports"

[[source]]
name   = "web"
format = "segment"
path   = "landing/web/*.jsonl.gz"

[[source]]
name   = "email"
format = "sendgrid"
path   = "landing/email/*.json"

[[source]]
name   = "store"
format = "shopify"
path   = "landing/store/*.jsonl"

[[source]]
name   = "support"
format = "zendesk"
path   = { ticket = "landing/support/ticket*.csv", ticket_field_history = "landing/support/ticket_field_history*.csv", ticket_comment = "landing/support/ticket_comment*.csv", user = "landing/support/user*.csv" }
"""  # noqa: E501

PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 16_0 like Mac OS X)"
HOME = {
    "messageId": "m1", "type": "page", "anonymousId": "a1", "timestamp": "2026-03-01T10:00:00Z",
    "properties": {"path": "/", "url": "https://shop.example/?utm_source=google&utm_medium=cpc"},
    "context": {"campaign": {"source": "google", "medium": "cpc", "name": "spring"}, "userAgent": PHONE},
}  # fmt: skip
PRODUCT = {
    "messageId": "m2", "type": "track", "anonymousId": "a1", "timestamp": "2026-03-01T10:05:00Z",
    "event": "Product Viewed", "properties": {"category": "shoes"},
}  # fmt: skip
LOGIN = {
    "messageId": "m3", "type": "identify", "anonymousId": "a1", "userId": "u1", "timestamp": "2026-03-02T07:00:00Z",
    "traits": {"email": "Ann@Example.com"},
}  # fmt: skip
CHECKOUT = {
    "messageId": "m4", "type": "track", "anonymousId": "a1", "userId": "u1", "timestamp": "2026-03-02T09:05:00+02:00",
    "event": "Checkout Started",
}  # fmt: skip
ORDER = {
    "messageId": "m5", "type": "track", "anonymousId": "a1", "userId": "u1", "timestamp": "2026-03-02T09:10:00Z",
    "event": "Order Completed", "properties": {"order_id": "1001", "revenue": 50, "currency": "EUR"},
}  # fmt: skip
NOBODY = {"messageId": "m6", "type": "track", "timestamp": "2026-03-02T09:10:00Z", "event": "Product Viewed"}
WEB = [HOME, PRODUCT, LOGIN, CHECKOUT, ORDER, ORDER, NOBODY]

EMAIL = [
    {"email": "ann@example.com", "timestamp": 1772445600, "event": "delivered", "sg_event_id": "s1",
     "category": ["newsletter", "march"]},
    {"email": "ann@example.com", "timestamp": 1772449200, "event": "open", "sg_event_id": "s2",
     "category": "newsletter", "sg_machine_open": True},
    {"email": "ann@example.com", "timestamp": 1772449200, "event": "processed", "sg_event_id": "s3"},
]  # fmt: skip
STORE = [
    {"id": 1001, "email": "ann@example.com", "customer": {"id": 77}, "created_at": "2026-03-02T10:10:05+01:00",
     "source_name": "web", "total_price": "50.00", "currency": "EUR", "line_items": [{"title": "Shoe"}],
     "refunds": [{"id": 9, "created_at": "2026-03-10T10:00:00+01:00", "transactions": [{"amount": "50.00"}]}]},
    {"id": 1002, "email": "bob@example.com", "customer": None, "created_at": "2026-03-05T10:10:05+01:00",
     "source_name": "pos", "total_price": "20.00", "currency": "EUR", "line_items": [], "refunds": []},
]  # fmt: skip
SUPPORT = {
    "ticket.csv": "id,requester_id,created_at,subject\n5,900,2026-03-06 10:00:00,Where is my order\n",
    "ticket_field_history.csv": "ticket_id,field_name,updated,value\n5,status,2026-03-07 10:00:00,solved\n"
    "5,satisfaction_score,2026-03-08 10:00:00,good\n",
    "ticket_comment.csv": "id,ticket_id,user_id,created,public\n1,5,900,2026-03-06 11:00:00,true\n",
    "user.csv": "id,email,role,created_at\n900,ann@example.com,end-user,2026-03-06 10:00:00\n",
}


def write_tiny_shop(root: Path) -> Path:
    """Write the workspace; returns its `journey.toml`."""
    for name in ("web", "email", "store", "support"):
        (root / "landing" / name).mkdir(parents=True)
    with gzip.open(root / "landing/web/a.jsonl.gz", "wt") as file:
        file.write("".join(json.dumps(message) + "\n" for message in WEB) + "\nnot json\n")
    (root / "landing/email/e.json").write_text(json.dumps(EMAIL))
    (root / "landing/store/o.jsonl").write_text("".join(json.dumps(order) + "\n" for order in STORE))
    for name, text in SUPPORT.items():
        (root / "landing/support" / name).write_text(text)
    (root / "journey.toml").write_text(TOML)
    return root / "journey.toml"

"""The marketing channel: pairs of (signals, channel)."""

from collections.abc import Iterator

import pytest
from staging_case import Bench, bench

from journey_analytics import build

PAGE = "https://www.shop.example/"
TAGGED: dict[tuple[str | None, str | None, str | None], str | None] = {
    ("google", "cpc", None): "paid_search",
    ("Google", "CPC", None): "paid_search",
    ("www.google.com", "ppc", None): "paid_search",
    ("bing", "paidsearch", None): "paid_search",
    ("adwords", "cpc", "shoes"): "paid_search",
    ("somewhere", "paid-search", None): "paid_search",
    ("google", "cpc", "summer-shopping"): "paid_shopping",
    ("google", "cpc", "shop"): "paid_shopping",
    ("google", "cpc", "workshop"): "paid_search",
    ("google", "cpc", "cross-network"): "paid_other",
    ("idealo.de", "cpc", None): "paid_shopping",
    ("facebook", "paid_social", None): "paid_social",
    ("fb", "cpc", None): "paid_social",
    ("instagram", "paid", None): "paid_social",
    ("linkedin.com", "cpm", None): "paid_social",
    ("somewhere", "paid_social", None): "paid_social",
    ("youtube", "cpv", None): "paid_video",
    ("youtube.com", "cpc", None): "paid_video",
    ("adnetwork", "display", None): "display",
    ("adnetwork", "banner", None): "display",
    ("adnetwork", "cpm", None): "display",
    ("somewhere", "cpc", None): "paid_other",
    ("somewhere", "retargeting", None): "paid_other",
    ("newsletter", "email", None): "email",
    ("facebook", "email", None): "email",
    ("mailing", "e-mail", None): "email",
    ("mailing", "newsletter", None): "email",
    ("email", None, None): "email",
    ("dealfinder", "affiliate", None): "affiliate",
    ("dealfinder", "affiliates", None): "affiliate",
    ("spotify", "audio", None): "audio",
    ("app", "sms", None): "sms",
    ("sms", None, None): "sms",
    ("app", "push", None): "mobile_push",
    ("app", "web-push", None): "mobile_push",
    ("app", "mobile_notification", None): "mobile_push",
    ("firebase", None, None): "mobile_push",
    ("facebook", "social", None): "organic_social",
    ("somewhere", "social-media", None): "organic_social",
    ("t.co", None, None): "organic_social",
    ("youtube", "video", None): "organic_video",
    ("somewhere", "video", None): "organic_video",
    ("amazon", None, None): "organic_shopping",
    ("somewhere", None, "spring-shop"): "organic_shopping",
    ("google", None, None): "organic_search",
    ("google", "organic", None): "organic_search",
    ("somewhere", "organic", None): "organic_search",
    ("partner", "referral", None): "referral",
    ("somewhere", "qr-code", None): "unassigned",
    ("somewhere", None, None): "unassigned",
    ("(direct)", "(none)", None): None,
    ("direct", None, None): None,
    (None, "(not set)", None): None,
    (None, None, None): None,
}
REFERRED = {
    "https://www.google.com/": "organic_search",
    "https://www.google.co.uk/search?q=shoes": "organic_search",
    "https://news.google.de/": "organic_search",
    "android-app://com.google.android.googlequicksearchbox/": "organic_search",
    "https://duckduckgo.com": "organic_search",
    "https://mail.google.com/mail/u/0": "email",
    "https://outlook.live.com/": "email",
    "https://shopping.google.com/": "organic_shopping",
    "https://www.amazon.de/dp/1": "organic_shopping",
    "https://l.facebook.com/l.php": "organic_social",
    "https://t.co/abc": "organic_social",
    "https://old.reddit.com/r/shoes": "organic_social",
    "https://m.youtube.com/watch?v=1": "organic_video",
    "https://blog.example.org/post": "referral",
    "https://notgoogle.example/": "referral",
    "https://google.evil.example/": "referral",
    "https://myfacebook.com/": "referral",
    "https://checkout.stripe.com/c/pay": None,
    "https://www.paypal.com/": None,
    "https://www.shop.example/cart": None,
    "https://shop.example/cart": None,
    "https://help.shop.example/": None,
    "https://workshop.example/": "referral",
    "about:blank": None,
    "": None,
    None: None,
}
QUERIES = {
    "?utm_source=google&utm_medium=cpc": "paid_search",
    "?utm_medium=e%2Dmail&utm_source=x": "email",
    "?UTM_SOURCE=google": None,
    "?gclid=abc": "paid_search",
    "?x=1&msclkid=abc": "paid_search",
    "?fbclid=abc": "organic_social",
    "?ttclid=abc": "paid_social",
    "?dclid=abc": "display",
    "?srsltid=abc": "organic_shopping",
    "?mc_cid=abc": "email",
    "?gclid=": None,
    "?notgclid=abc": None,
    "?utm_source=news&utm_medium=email&gclid=abc": "email",
    "?utm_source=%FF%FE": "unassigned",
}


@pytest.fixture(scope="module")
def desk() -> Iterator[Bench]:
    with bench() as made:
        yield made


def test_tags_are_grouped_as_usual(desk: Bench) -> None:
    rows = [{"utm_source": s, "utm_medium": m, "utm_campaign": c, "page_url": PAGE} for s, m, c in TAGGED]
    events, _ = desk.admit_rows(rows)
    assert {tags: events[number][0]["channel"] for number, tags in enumerate(TAGGED, start=1)} == TAGGED


def test_another_sites_referral_counts_and_the_own_sites_does_not(desk: Bench) -> None:
    events, _ = desk.admit_rows([{"referrer_url": url, "page_url": PAGE} for url in REFERRED])
    assert {url: events[number][0]["channel"] for number, url in enumerate(REFERRED, start=1)} == REFERRED


def test_the_query_of_the_page_counts_where_the_source_says_nothing(desk: Bench) -> None:
    events, _ = desk.admit_rows([{"page_url": f"https://shop.example/{query}"} for query in QUERIES])
    assert {query: events[number][0]["channel"] for number, query in enumerate(QUERIES, start=1)} == QUERIES


def test_a_paid_click_beats_the_referrer_and_a_tag_beats_both(desk: Bench) -> None:
    url, referrer = "https://shop.example/?gclid=1", "https://www.google.com/"
    assert desk.event(page_url=url, referrer_url=referrer)["channel"] == "paid_search"
    assert desk.event(page_url=url, referrer_url=referrer, utm_medium="affiliate")["channel"] == "affiliate"
    assert (
        desk.event(page_url=PAGE, referrer_url=referrer, utm_source="leaflet", utm_medium="paper")["channel"]
        == "unassigned"
    )


def test_a_source_may_give_the_click_id_with_or_without_its_value(desk: Bench) -> None:
    assert desk.event(click_id="gclid")["channel"] == "paid_search"
    assert desk.event(click_id="GCLID=abc")["channel"] == "paid_search"


def test_the_channel_of_the_staging_model_stands(desk: Bench) -> None:
    assert desk.event(channel="in_store", utm_source="google", utm_medium="cpc")["channel"] == "in_store"


def test_the_campaign_is_kept_as_written(desk: Bench) -> None:
    assert desk.event(page_url="https://shop.example/?utm_campaign=Summer+Sale")["campaign"] == "Summer Sale"
    assert desk.event(utm_campaign="June", page_url="https://shop.example/?utm_campaign=May")["campaign"] == "June"


def test_every_channel_rule_has_its_own_id_and_place(desk: Bench) -> None:
    rules = build.read_rules(desk.files["config/channel_rule.csv"])
    assert rules["rule_id"].n_unique() == rules["rule_order"].n_unique() == rules.height
    hosts = build.read_rules(desk.files["config/referrer_host.csv"])
    assert hosts["host"].n_unique() == hosts.height
    assert set(rules["host_kind"].drop_nulls()) == set(hosts["kind"])

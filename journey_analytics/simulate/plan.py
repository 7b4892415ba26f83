"""The journey that a world's shop has in mind: what its customers do is held against it (`journey conformance`)."""

from typing import Final

PLAN_FILE: Final = "planned/buying.csv"

PLAN: Final = """\
stage,touchpoint,order,optional,repeats
awareness,home_viewed,1,yes,yes
awareness,landing_viewed,1,yes,yes
awareness,blog_viewed,1,yes,yes
awareness,promotion_viewed,1,yes,yes
awareness,promotion_clicked,1,yes,yes
consideration,product_list_viewed,2,yes,yes
consideration,products_searched,2,yes,yes
consideration,product_viewed,2,no,yes
consideration,pricing_viewed,2,yes,yes
consideration,wishlist_added,2,yes,yes
decision,product_added,3,no,yes
decision,cart_viewed,4,no,yes
decision,checkout_started,5,no,yes
decision,checkout_step_viewed,6,yes,yes
decision,checkout_step_completed,6,yes,yes
decision,payment_info_entered,7,no,yes
decision,order_completed|order_placed,8,no,yes
post_purchase,order_status_viewed,9,yes,yes
post_purchase,product_reviewed,10,yes,no
post_purchase,loyalty_card_offered,11,yes,no
"""
"""A card that is offered in the plan alone; help, tickets, coupons and errors are what nobody planned."""

"""The front-end roles: what a member can be to the API (requirements, front-end roles)."""

ROLES = {"visitor": "访客", "merchant": "商家", "tenant": "租客", "technician": "维修师傅"}
ANY = tuple(ROLES)
"""Every signed-in member."""

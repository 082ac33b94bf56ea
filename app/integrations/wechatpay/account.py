"""A merchant's account with WeChat Pay: numbers and keys."""

from dataclasses import dataclass, field

KEY_LENGTH = 32
"""Characters of an APIv3 key."""


@dataclass(frozen=True)
class Account:
    """Keys are PEM texts. ``certificates`` are the platform certificates that sign callbacks until the switch to the
    public key is over.
    """

    app_id: str
    mch_id: str
    serial_no: str
    """Of the merchant's API certificate."""
    private_key: str = field(repr=False)
    public_key_id: str
    public_key: str
    apiv3_key: str = field(repr=False)
    notify_url: str
    certificates: tuple[str, ...] = ()
    official_app_id: str = ""
    """Of the official account that is bound to the same merchant number; empty: none."""

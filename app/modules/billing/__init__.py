"""Billing: from tariff to money in the bank (B1–B7)."""

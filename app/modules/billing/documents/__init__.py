"""Printed matter of billing: receipts and demand letters."""

"""Repairs: work orders from a resident's report to the confirmed, rated and settled job (R1–R8)."""

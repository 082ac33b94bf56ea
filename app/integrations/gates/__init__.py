"""The languages of gates: each module reads what a device sends and writes what it understands, and decides nothing."""

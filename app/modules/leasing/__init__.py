"""Offers of shops, rooms, parking and ad space; applications for them, and the leases that follow (L1-L5)."""

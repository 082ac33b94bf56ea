"""Ads: a block of the home page whose layout, posters and links staff set (N2)."""

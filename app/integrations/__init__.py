"""The outside world behind small interfaces, each with a fake that speaks the real protocol."""

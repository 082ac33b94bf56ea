"""The business modules; each is declared in its ``declare.py``."""

"""Import and export from one declaration of columns."""


class Sheet:
    """A sheet declaration."""

"""Import and export from one declaration of columns."""

"""Import and export from one declaration of columns.

A module declares a ``Sheet``; from it come the template, the import (upload, dry run, confirmation, undo; see
``pages``) and the export. The pages are registered by ``pages.init_app``.
"""

from app.core.sheets.columns import Choice, Choices, Code, Column, Flag, Lookup, Text
from app.core.sheets.export import export_response, table_response
from app.core.sheets.quantities import Amount, Date, Decimal, Integer, Moment, Month
from app.core.sheets.sheet import Draft, Row, Sheet

__all__ = ("Amount", "Choice", "Choices", "Code", "Column", "Date", "Decimal", "Draft", "Flag", "Integer", "Lookup",
           "Moment", "Month", "Row", "Sheet", "Text", "export_response", "table_response")  # fmt: skip

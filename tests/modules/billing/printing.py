"""What stands on printed matter."""

import pypdfium2


def words_of(content: bytes) -> str:
    """The text of a PDF file, page after page, without line ends."""
    document = pypdfium2.PdfDocument(content)
    return "".join(page.get_textpage().get_text_range() for page in document).replace("\r\n", "").replace("\n", "")

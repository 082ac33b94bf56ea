"""A member of staff at the back office's sign-in page."""

from playwright.sync_api import Page


def sign_in(page: Page, address: str, username: str, password: str) -> None:
    """Sign in by the form; the start page is then on the screen."""
    page.goto(f"{address}/login/")
    page.fill("[name=username]", username)
    page.fill("[name=password]", password)
    page.click("[type=submit]")
    page.wait_for_url(f"{address}/")

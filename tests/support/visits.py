"""Opens pages in a real browser, and keeps what they request and complain about."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page

__all__ = ["SIZES", "Visit"]

SIZES = {"desk": (1280, 900), "phone": (375, 812)}


class Visit:
    """One opened page, with everything that it requested and complained about."""

    def __init__(self, page: Page) -> None:
        self.page, self.requests, self.complaints = page, list[str](), list[str]()
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("dialog", lambda dialog: self.complaints.append(f"dialog: {dialog.message}"))

    def shown(self) -> list[str]:
        """The ids of the clauses that are shown."""
        ids = self.page.eval_on_selector_all(".clause:not([hidden])", "rows => rows.map(row => row.id)")
        return [name.removeprefix("c-") for name in ids]

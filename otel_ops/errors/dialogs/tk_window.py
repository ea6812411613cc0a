"""The window of Tk that tells of failures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from otel_ops.errors.story.glance import Glance, Notice

if TYPE_CHECKING:
    import tkinter

_TEXT_WIDTH = 560
_COLUMNS, _ROWS = 84, 22
_SHOW, _HIDE = "Show Details…", "Hide Details…"


class TkWindow:
    """The one window, while it is open; all of it is called in the thread of Tk."""

    def __init__(self, root: tkinter.Misc) -> None:
        self._root = root
        self._open: _Open | None = None
        self._notice = Notice()

    def tell(self, glances: Sequence[Glance]) -> None:
        """Open it, or tell these in the one that is open."""
        self._notice.add(glances)
        self._open = self._open or _Open(self._root, self._closed)
        self._open.fill(self._notice)

    def _closed(self) -> None:
        self._open = None
        self._notice = Notice()


class _Open:
    """A window that is open."""

    def __init__(self, root: tkinter.Misc, closed: Any) -> None:
        import tkinter  # noqa: PLC0415 - the program has it
        from tkinter import ttk  # noqa: PLC0415

        self._window = window = tkinter.Toplevel(root)
        self._frame = ttk.Frame(window, padding=12)
        self._frame.pack(fill="both", expand=True)
        self._heading = ttk.Label(self._frame, wraplength=_TEXT_WIDTH, font="TkCaptionFont")
        self._text = ttk.Label(self._frame, wraplength=_TEXT_WIDTH)
        self._toggle = ttk.Button(self._frame, text=_SHOW, command=self._toggle_details)
        self._details = _Details(self._frame)
        self._lay_out()
        self._frame.bind("<Destroy>", lambda _: closed())

    def fill(self, notice: Notice) -> None:
        """Tell what there is to tell."""
        self._window.title(notice.title)
        self._heading.configure(text=notice.heading)
        self._text.configure(text=notice.text)
        self._details.fill(notice.details)

    def _lay_out(self) -> None:
        from tkinter import ttk  # noqa: PLC0415

        icon = ttk.Label(self._frame, image="::tk::icons::error")
        close = ttk.Button(self._frame, text="Close", command=self._window.destroy)
        icon.grid(row=0, column=0, rowspan=2, sticky="n", padx=(0, 12))
        self._heading.grid(row=0, column=1, columnspan=2, sticky="w", pady=(0, 8))
        self._text.grid(row=1, column=1, columnspan=2, sticky="w")
        self._toggle.grid(row=2, column=1, sticky="e", pady=(12, 0))
        close.grid(row=2, column=2, padx=(6, 0), pady=(12, 0))
        self._frame.columnconfigure(1, weight=1)
        self._frame.rowconfigure(3, weight=1)

    def _toggle_details(self) -> None:
        is_shown = self._details.toggle()
        self._toggle.configure(text=_HIDE if is_shown else _SHOW)


class _Details:
    """Text that can be scrolled and copied."""

    def __init__(self, parent: tkinter.Misc) -> None:
        import tkinter  # noqa: PLC0415
        from tkinter import ttk  # noqa: PLC0415

        self._frame = ttk.Frame(parent)
        self._text = text = tkinter.Text(
            self._frame, width=_COLUMNS, height=_ROWS, font="TkFixedFont", wrap="none", state="disabled"
        )
        down = ttk.Scrollbar(self._frame, orient="vertical", command=text.yview)
        across = ttk.Scrollbar(self._frame, orient="horizontal", command=text.xview)
        text.configure(yscrollcommand=down.set, xscrollcommand=across.set)
        text.grid(row=0, column=0, sticky="nsew")
        down.grid(row=0, column=1, sticky="ns")
        across.grid(row=1, column=0, sticky="ew")
        self._frame.columnconfigure(0, weight=1)
        self._frame.rowconfigure(0, weight=1)

    def fill(self, details: str) -> None:
        """Have other text; where the reader is stays."""
        at = self._text.yview()[0]
        self._text.configure(state="normal")
        self._text.replace("1.0", "end", details)
        self._text.configure(state="disabled")
        self._text.yview_moveto(at)

    def toggle(self) -> bool:
        """Show it, or hide it; tell whether it is shown."""
        if self._frame.winfo_manager():
            self._frame.grid_remove()
            return False
        self._frame.grid(row=3, column=0, columnspan=3, sticky="nsew", pady=(12, 0))
        return True

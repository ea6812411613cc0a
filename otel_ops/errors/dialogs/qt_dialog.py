"""The dialog of Qt that tells of failures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from otel_ops.errors.story.glance import Glance, Notice

_MESSAGE_WIDTH = 480
_DETAILS_SIZE = 660, 320
_SHOW, _HIDE = "Show Details…", "Hide Details…"


class Qt(NamedTuple):
    """The modules of a binding of Qt."""

    core: Any
    gui: Any
    widgets: Any

    @property
    def application(self) -> Any:
        """The application, if there is one that can have windows, and is not about to go."""
        kind = self.widgets.QApplication
        application = kind.instance()
        return application if isinstance(application, kind) and not kind.closingDown() else None


class QtDialog:
    """The one dialog; all of it is called in the thread of the GUI. It is hidden when it is closed, and used again."""

    def __init__(self, qt: Qt) -> None:
        self._qt = qt
        self._dialog: Any = None
        self._notice = Notice()

    def tell(self, glances: Sequence[Glance]) -> None:
        """Open it, or tell these, too, where it is open."""
        if self._dialog is None:
            self._make()
        self._notice.add(glances)
        self._dialog.setWindowTitle(self._notice.title)
        self._heading.setText(self._notice.heading)
        self._text.setText(self._notice.text)
        self._details.setPlainText(self._notice.details)
        self._fit()
        self._dialog.show()
        self._qt.widgets.QApplication.alert(self._dialog)

    def _make(self) -> None:
        self._dialog = self._new_dialog()
        self._heading, self._text = self._new_label(), self._new_label()
        self._heading.setStyleSheet("font-weight: bold")
        self._details = self._new_details()
        buttons = self._qt.widgets.QDialogButtonBox()
        self._toggle = buttons.addButton(_SHOW, buttons.ButtonRole.ActionRole)
        self._toggle.clicked.connect(self._show_or_hide)
        buttons.addButton(buttons.StandardButton.Close)
        buttons.rejected.connect(self._dialog.reject)
        self._lay_out(buttons)

    def _new_dialog(self) -> Any:
        dialog, attributes = self._qt.widgets.QDialog(), self._qt.core.Qt.WidgetAttribute
        dialog.setAttribute(attributes.WA_QuitOnClose, False)
        dialog.setAttribute(attributes.WA_ShowWithoutActivating)
        dialog.finished.connect(self._closed)
        return dialog

    def _new_label(self) -> Any:
        label, flags = self._qt.widgets.QLabel(), self._qt.core.Qt
        label.setTextFormat(flags.TextFormat.PlainText)
        label.setTextInteractionFlags(flags.TextInteractionFlag.TextSelectableByMouse)
        label.setWordWrap(True)
        label.setMinimumWidth(_MESSAGE_WIDTH)
        return label

    def _new_details(self) -> Any:
        details, fonts = self._qt.widgets.QPlainTextEdit(), self._qt.gui.QFontDatabase
        details.setFont(fonts.systemFont(fonts.SystemFont.FixedFont))
        details.setLineWrapMode(details.LineWrapMode.NoWrap)
        details.setReadOnly(True)
        details.setMinimumSize(*_DETAILS_SIZE)
        details.hide()
        return details

    def _lay_out(self, buttons: Any) -> None:
        grid, top = self._qt.widgets.QGridLayout(self._dialog), self._qt.core.Qt.AlignmentFlag.AlignTop
        grid.addWidget(self._new_icon(), 0, 0, 2, 1, top)
        grid.addWidget(self._heading, 0, 1, top)
        grid.addWidget(self._text, 1, 1, top)
        grid.addWidget(buttons, 2, 0, 1, 2)
        grid.addWidget(self._details, 3, 0, 1, 2)
        grid.setColumnStretch(1, 1)
        grid.setRowStretch(3, 1)

    def _new_icon(self) -> Any:
        style, icon = self._dialog.style(), self._qt.widgets.QLabel()
        size = style.pixelMetric(style.PixelMetric.PM_MessageBoxIconSize)
        icon.setPixmap(style.standardIcon(style.StandardPixmap.SP_MessageBoxCritical).pixmap(size, size))
        return icon

    def _show_or_hide(self) -> None:
        self._details.setHidden(not self._details.isHidden())
        self._toggle.setText(_SHOW if self._details.isHidden() else _HIDE)
        self._fit()

    def _fit(self) -> None:
        """Have the size that what it tells needs, on the screen."""
        self._dialog.adjustSize()
        here, screen = self._dialog.frameGeometry(), self._dialog.screen().availableGeometry()
        if here.bottom() > screen.bottom():
            self._dialog.move(here.x(), max(screen.top(), screen.bottom() - here.height()))

    def _closed(self) -> None:
        self._notice = Notice()
        if not self._details.isHidden():
            self._show_or_hide()

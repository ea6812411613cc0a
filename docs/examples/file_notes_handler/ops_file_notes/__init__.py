"""Failed operations as notes in a folder."""

from ops_file_notes.handler import FileNotesErrorHandler

__all__ = ["FileNotesErrorHandler"]

"""Failures in a window of the program itself, made with Qt or with Tk."""

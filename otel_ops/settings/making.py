"""Makes what settings name, with options that are checked against its own signature."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib.metadata import EntryPoint
from typing import Any, Literal, NamedTuple, get_args, get_origin, get_type_hints

import msgspec

from otel_ops.detail import Detail
from otel_ops.exceptions import MissingExtraError, SettingsError
from otel_ops.faults import described, shortened
from otel_ops.settings.extensions import Extensions
from otel_ops.settings.values import Finding, Reader, WrongValueError, read_all, read_level, unknown, wrong

_Maker = Callable[..., object]

_WORDS: Mapping[Any, str] = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "text",
    Sequence[str]: "a list of texts",
}
"""What is said of a parameter's type: who writes settings need not know Python."""


class Factory(NamedTuple):
    """Makes one kind of things by name.

    Attributes:
        extensions: The names.
        base: What each of them derives from.
        place: Where the name stands in a setting, such as ``.format``.
    """

    extensions: Extensions
    base: type
    place: str

    def make(self, name: str, options: Mapping[str, Any]) -> Any:
        """Make it.

        Raises:
            WrongValueError: with findings about its name or its ``.options``.
            MissingExtraError: It needs a package that is not installed.
        """
        point = self._found(name)
        maker = self._loaded(point)
        checked = _checked(maker, options, name)
        try:
            made = maker(**checked)
        except (MissingExtraError, SettingsError):
            raise
        except ValueError as error:
            raise self._about(name, f"cannot be made with these options: {shortened(str(error))}") from error
        except Exception as error:
            raise self._unusable(point, f"cannot be made with these options: {described(error)}") from error
        if not isinstance(made, self.base):
            raise self._unusable(point, f"is a {type(made).__name__}, no {self.base.__name__}")
        return made

    def check(self, name: str, options: Mapping[str, Any]) -> dict[str, Any]:
        """Read the options as `make` does, and make nothing.

        Raises:
            WrongValueError: as `make`, but for what only making it finds.
        """
        return _checked(self._loaded(self._found(name)), options, name)

    def _found(self, name: str) -> EntryPoint:
        found = self.extensions.find(name)
        if len({point.value for point in found}) > 1:
            packages = " and ".join(sorted({_package(point) for point in found}))
            what = f"{packages} both have {_with_article(self.extensions.what)} of this name; uninstall one"
            raise self._about(name, what)
        if not found:
            raise self._about(name, self.extensions.unknown(name))
        return found[0]

    def _loaded(self, point: EntryPoint) -> _Maker:
        try:
            maker: object = point.load()
        except Exception as error:
            raise BrokenPackageError(
                *self._unusable(point, f"cannot be imported: {described(error)}").findings
            ) from error
        if not callable(maker):
            what = f"is a {type(maker).__name__}, no class or function that gives an {self.base.__name__}"
            raise self._unusable(point, what)
        return maker

    def _unusable(self, point: EntryPoint, what: str) -> WrongValueError:
        package = _package(point)
        return self._about(point.name, f"{point.value} of {package} {what}; mend or uninstall {package}")

    def _about(self, name: str, what: str) -> WrongValueError:
        return WrongValueError(Finding(name, what, self.place))


class BrokenPackageError(WrongValueError):
    """What is named cannot be imported."""


def wrong_class(key: str, value: object, base: type) -> SettingsError:
    """Make the error of an object that derives from nothing we know."""
    kind, module = type(value).__name__, base.__module__
    public = ".".join(module.split(".")[:2]) if module.startswith("otel_ops.") else module
    return SettingsError(f"{key} = {kind} object (argument): derive its class from {public}.{base.__name__}")


def _package(point: EntryPoint) -> str:
    return point.dist.name if point.dist else "otel-ops"


def _with_article(noun: str) -> str:
    return f"an {noun}" if noun[0] in "aeiou" else f"a {noun}"


def _checked(maker: _Maker, options: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Read the options as the maker's parameters say."""
    try:
        parameters = inspect.signature(maker).parameters
    except (TypeError, ValueError):  # it is written in C and does not tell
        return dict(options)
    hints = _hints(maker)
    takes_any = any(each.kind is each.VAR_KEYWORD for each in parameters.values())
    readers = {
        each.name: _reader(hints.get(each.name, Any), each.annotation)
        for each in parameters.values()
        if each.kind in (each.KEYWORD_ONLY, each.POSITIONAL_OR_KEYWORD)
    }
    others = (lambda _: lambda value: value) if takes_any else _refusal(name, readers)
    read = read_all((f".options.{key}", readers.get(key, others(key)), value) for key, value in options.items())
    missing = [key for key in readers if parameters[key].default is inspect.Parameter.empty and key not in options]
    if missing:
        raise WrongValueError(Finding(dict(options), f"{name} needs the option {' and '.join(missing)}", ".options"))
    return dict(zip(options, read, strict=True))


def _hints(maker: _Maker) -> dict[str, Any]:
    """Give the types of the parameters; none where they cannot be told now."""
    made_by: Any = inspect.getattr_static(maker, "__init__") if isinstance(maker, type) else maker
    try:
        return get_type_hints(made_by)
    except Exception:  # noqa: BLE001 - names that only type checkers know
        return {}


def _reader(hint: Any, annotation: object) -> Reader:
    if hint is Detail:
        return read_level

    def read(value: object) -> object:
        try:
            return msgspec.convert(value, hint)
        except msgspec.ValidationError as error:
            if isinstance(value, str) and get_origin(hint) is Sequence:  # as in settings: text is a list with commas
                return [part.strip() for part in value.split(",") if part.strip()]
            raise wrong(value, f"must be {_told(hint, annotation)}") from error
        except Exception:  # noqa: BLE001 - a type that only the package knows
            return value

    return read


def _told(hint: Any, annotation: object) -> str:
    """Say what a parameter takes: one of some texts, or a type."""
    choices = [choice for part in (hint, *get_args(hint)) if get_origin(part) is Literal for choice in get_args(part)]
    if choices:
        return f"one of {', '.join(map(str, choices))}"
    kinds = [kind for kind in get_args(hint) or [hint] if kind is not type(None)]
    if all(kind in _WORDS for kind in kinds):
        return " or ".join(_WORDS[kind] for kind in kinds)
    return annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)


def _refusal(name: str, known: Iterable[str]) -> Callable[[str], Reader]:
    """Give what makes the reader of an option that there is not."""
    names = ", ".join(sorted(known))

    def reader(key: str) -> Reader:
        def refuse(value: object) -> None:
            told, nearest, _ = unknown("option", key, known).partition("?")
            told = f"{told}? " if nearest else "no such option; "
            raise wrong(value, f"{told}{name} takes {names or 'none'}")

        return refuse

    return reader

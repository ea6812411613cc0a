"""What each setting accepts, how it is described, and how wrong values are reported."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from otel_ops.detail import Detail, DetailRule
from otel_ops.exceptions import SettingsError
from otel_ops.settings import DEFAULT_TRACE_FILE, Output, Settings, describe_settings, load_settings
from tests.toml_text import in_toml

KEYS = [key.name for key in dataclasses.fields(Settings)]

TOKENS = ("@int", "@float", "@json", "@format", "@get", "@read_file", "@jinja", "@merge", "@insert", "@del", "@reset")

SCALARS = (
    st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\x7f"), max_size=20)
    | st.builds("{} {}".format, st.sampled_from(TOKENS), st.sampled_from(["", "x", "5", "{x}", "{{ x", "[1]"]))
    | st.sampled_from(["DEBUG", "detailed", "tree", "log", "{pid}.jsonl", "tree,json"])
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.booleans()
    | st.dates()
    | st.datetimes()
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["format", "to", "detail", "level", "operation", "context", "x"]), inner)
    ),
    max_leaves=6,
)


class Formatter:
    """Formats as output formatters do."""

    def format_operation_log(self, operation_log: object) -> str:
        """Format nothing."""
        return str(operation_log)


class Handler:
    """Handles as error handlers do."""

    def handle_operation_error(self, operation_log: object, exception: BaseException) -> None:
        """Handle nothing."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a folder with empty settings, so that no other folder is searched."""
    place = tmp_path_factory.mktemp("settings")
    (place / "otel_ops.toml").touch()
    return place


def load(folder: Path, /, **arguments: object) -> Settings:
    """Load settings from arguments alone."""
    return load_settings(arguments, folder=folder, environ={})


def message_of(folder: Path, /, **arguments: object) -> str:
    """Give the message for wrong arguments."""
    with pytest.raises(SettingsError) as caught:
        load(folder, **arguments)
    return str(caught.value)


def test_defaults_stand_where_nothing_is_set(folder: Path) -> None:
    """Without any source, the settings are the defaults."""
    assert Settings() == load(folder)


def test_defaults_are_accepted_as_values(folder: Path) -> None:
    """Every default can be given explicitly."""
    defaults = {setting.name: setting.default for setting in describe_settings()}

    assert Settings() == load(folder, **defaults)


def test_every_setting_is_described() -> None:
    """The description lists every key with type, default, meaning and environment variable."""
    described = describe_settings()

    assert KEYS == [setting.name for setting in described]
    assert all(setting.meaning.endswith(".") for setting in described)
    assert (
        "trace_file",
        "str | Literal[False] | None",
        None,
        "OTEL_OPS_TRACE_FILE",
    ) == next((s.name, s.type, s.default, s.variable) for s in described if s.name == "trace_file")
    assert DEFAULT_TRACE_FILE in next(setting.meaning for setting in described if setting.name == "trace_file")


def test_settings_are_immutable() -> None:
    """Settings cannot be changed once they are made."""
    with pytest.raises(dataclasses.FrozenInstanceError):
        Settings().detail = Detail.DEBUG  # type: ignore[misc]


@pytest.mark.parametrize("level", ["DEBUG", "debug", " Debug ", Detail.DEBUG])
def test_a_level_is_read_from_its_name_in_any_case(folder: Path, level: object) -> None:
    """A level may be a Detail or its name in any case."""
    assert Detail.DEBUG is load(folder, detail=level).detail


def test_outputs_are_read_from_names_tables_and_objects(folder: Path) -> None:
    """An output is a name, a table, an Output or a ready object."""
    formatter = Formatter()

    settings = load(
        folder,
        detail="DEBUG",
        outputs=[
            "tree",
            {"format": "json", "to": "log.json", "detail": "detailed"},
            Output("table", to="stdout"),
            formatter,
            {"format": formatter, "to": Path("x") / "y"},
        ],
    )

    assert (
        Output("tree"),
        Output("json", "log.json", Detail.DETAILED),
        Output("table", "stdout"),
        Output(formatter),
        Output(formatter, str(Path("x") / "y")),
    ) == settings.outputs


def test_lists_may_be_text_with_commas(folder: Path) -> None:
    """Text counts as a list separated by commas."""
    assert (Output("tree"), Output("json")) == load(folder, outputs="tree, json,").outputs


def test_rules_are_read_from_tables_and_rules(folder: Path) -> None:
    """A detail rule is a table or a DetailRule; what it leaves out matches everything."""
    rule = DetailRule(Detail.MINIMAL, module="noise.*", context=(("user", "a*"),))

    settings = load(
        folder,
        detail_rules=[{"level": "debug", "operation": "fit*", "context": {"user": "ada", "batch": "7"}}, rule],
    )

    assert (DetailRule(Detail.DEBUG, "fit*", "*", (("batch", "7"), ("user", "ada"))), rule) == settings.detail_rules


def test_error_handlers_are_names_or_objects(folder: Path) -> None:
    """An error handler is a name or a ready object."""
    handler = Handler()

    handled = load(folder, error_handlers=["log", handler]).error_handlers

    assert ["log", handler] == [each.handler for each in handled]


@pytest.mark.parametrize("value", [None, False, "traces.jsonl", "x/{date}/{service}-{pid}.jsonl", "{{x}}.jsonl"])
def test_trace_file_is_a_path_with_placeholders_or_false_or_none(folder: Path, value: object) -> None:
    """A trace file is a path that str.format can fill in, false, or None for the default."""
    assert value == load(folder, trace_file=value).trace_file


def test_trace_file_may_be_a_path_object(folder: Path) -> None:
    """A path object serves as the path of a trace file."""
    assert str(Path("x") / "y.jsonl") == load(folder, trace_file=Path("x") / "y.jsonl").trace_file


@pytest.mark.parametrize(
    ("key", "value", "what"),
    [
        ("service_name", 5, "must be text that is not empty; a number as text needs quotes"),
        ("service_name", " ", "must be text that is not empty; a number as text needs quotes"),
        ("detail", "DETAILD", "no such level of detail; did you mean DETAILED?"),
        ("detail", 3, "no such level of detail; use one of MINIMAL, STANDARD, DETAILED, DEBUG"),
        ("foreign_detail", True, "no such level of detail; use one of MINIMAL, STANDARD, DETAILED, DEBUG"),
        ("trace_file", True, "must be a path, or false for no file"),
        ("trace_file", "a\0b", "must be a path, or false for no file"),
        ("trace_file", "{pit}.jsonl", "no such placeholder; did you mean pid?"),
        ("trace_file", "{}.jsonl", "no such placeholder; use one of date, pid, process, service"),
        ("trace_file", "{pid:>9}", "no such placeholder; did you mean pid?"),
        ("trace_file", "{pid.real}", "no such placeholder; use one of date, pid, process, service"),
        ("trace_file", "{pid", "expected '}' before end of string; write a brace twice where it is part of the path"),
        ("announce", 1, "must be true or false"),
        ("flush_seconds", 0, "must be more than 0 seconds"),
        ("max_held_seconds", -1, "must be a number of seconds from 0 to "),
        ("exit_seconds", float("nan"), "must be a number of seconds from 0 to "),
        ("exit_seconds", float("inf"), "must be a number of seconds from 0 to "),
        ("exit_seconds", True, "must be a number of seconds from 0 to "),
        ("max_held_spans", True, "must be a whole number from 1 to "),
        ("max_held_spans", 5.0, "must be a whole number from 1 to "),
        ("max_held_spans", "5", "must be a whole number from 1 to "),
        ("outputs", 7, "must be a list"),
        ("detail_rules", {"level": "DEBUG"}, "must be a list"),
    ],
)
def test_a_wrong_value_is_told_with_key_value_source_and_remedy(
    folder: Path, key: str, value: object, what: str
) -> None:
    """The message of a wrong value is one line of key, value, source, what is wrong and what to do."""
    message = message_of(folder, **{key: value})

    assert message.startswith(f"{key} = {value!r} (argument): {what}")
    assert 1 == len(message.splitlines())


@pytest.mark.parametrize(
    ("key", "item", "problem"),
    [
        (
            "outputs",
            "tre",
            "outputs[1].format = 'tre' (argument): no such format; did you mean tree? installed are tree, table, json,",
        ),
        ("outputs", {"to": "stdout"}, "outputs[1] = {'to': 'stdout'} (argument): needs the key format"),
        ("outputs", {"format": "tree", "too": 1}, "outputs[1].too = 1 (argument): no such key; did you mean to?"),
        ("outputs", {"format": "tree", "to": 1}, "outputs[1].to = 1 (argument): must be stderr, stdout, logger:"),
        (
            "outputs",
            Output("yaml"),
            "outputs[1].format = 'yaml' (argument): no such format; installed are tree, table, json, jsonl, xml",
        ),
        (
            "error_handlers",
            "lg",
            "error_handlers[1].handler = 'lg' (argument): no such error handler; did you mean log?",
        ),
        ("error_handlers", 3, "error_handlers[1].handler = 3 (argument): must be one of log, mail"),
        (
            "outputs",
            {"format": "tree", "context": ("ada",)},
            "outputs[1].context = ('ada',) (argument): must be a table of globs",
        ),
        ("detail_rules", "DEBUG", "detail_rules[1] = 'DEBUG' (argument): must be a table, such as {level = "),
        ("detail_rules", {"level": "x"}, "detail_rules[1].level = 'x' (argument): no such level of detail; use one of"),
        (
            "detail_rules",
            {"level": "DEBUG", "context": {"user": 5}},
            "detail_rules[1].context.user = 5 (argument): must be text",
        ),
        (
            "detail_rules",
            {"level": "DEBUG", "context": "ada"},
            "detail_rules[1].context = 'ada' (argument): must be a table of globs",
        ),
    ],
)
def test_a_wrong_item_is_told_with_its_place(folder: Path, key: str, item: object, problem: str) -> None:
    """What is wrong inside a list or table is told with its place, beside sound items."""
    sound = {"outputs": "tree", "error_handlers": "log", "detail_rules": {"level": "DEBUG"}}[key]

    assert message_of(folder, **{key: [sound, item]}).startswith(problem)


def test_a_class_is_no_formatter(folder: Path) -> None:
    """A class in place of an object is refused, with what to write; so is what is neither."""
    assert "(argument): is a class; give an object of it, as in Formatter()" in message_of(folder, outputs=[Formatter])
    assert "must be one of tree, table, json, jsonl, xml, or in arguments an OutputFormatter" in message_of(
        folder, outputs=[int]
    )


def test_an_unknown_setting_is_told_with_the_nearest_name(folder: Path) -> None:
    """An unknown key is refused, with the name that was probably meant."""
    assert "detial = 'DEBUG' (argument): no such setting; did you mean detail?" == message_of(folder, detial="DEBUG")


def test_everything_wrong_is_told_at_once(folder: Path) -> None:
    """Several problems give one error with a line each, in the order in which they were given."""
    message = message_of(folder, announce="yes", colour=True, outputs=["tre", "json", {"format": 1, "detail": "x"}])

    assert ["colour", "announce", "outputs[0].format", "outputs[2].format", "outputs[2].detail"] == [
        line.split(" = ")[0] for line in message.splitlines()
    ]


def test_an_output_cannot_show_more_than_is_recorded(folder: Path) -> None:
    """An output above the gate's level is refused, with both keys and the remedy."""
    message = message_of(folder, detail="STANDARD", outputs=["tree", {"format": "json", "detail": "DEBUG"}])

    assert (
        "outputs[1].detail = 'DEBUG' (argument): more than detail = STANDARD lets through; "
        "raise detail to DEBUG, or lower outputs[1].detail to STANDARD"
    ) == message


def test_rules_raise_what_an_output_can_show(folder: Path) -> None:
    """An output may ask for the largest level that a rule lets through."""
    settings = load(
        folder,
        detail="MINIMAL",
        detail_rules=[{"level": "DEBUG", "operation": "fit*"}],
        outputs=[{"format": "tree", "detail": "DEBUG"}],
    )

    assert Detail.DEBUG is settings.outputs[0].detail


def test_a_value_too_long_to_print_is_still_told(folder: Path) -> None:
    """An integer that Python refuses to print gives a SettingsError all the same."""
    assert "detail = a number too long to show (argument): no such level" in message_of(folder, detail=16**6000)


@given(key=st.sampled_from(KEYS), value=VALUES)
@example(key="service_name", value="@reset 4")
@example(key="outputs", value=["@format {x}"])
@example(key="detail", value="@get detail")
def test_any_toml_value_loads_or_is_refused_by_key(folder: Path, key: str, value: object) -> None:
    """A TOML value of any kind either loads or gives a SettingsError that names the key."""
    named = folder / "any.toml"
    named.write_text(f"{key} = {in_toml(value)}", encoding="utf-8")
    try:
        load_settings({}, folder=folder, environ={"OTEL_OPS_SETTINGS_FILE": "any.toml"})
    except SettingsError as error:
        assert all(line.startswith(key) for line in str(error).splitlines())  # noqa: PT017 - both ways are right
        assert str(named) in str(error)  # noqa: PT017


@given(key=st.sampled_from(KEYS), text=st.text(max_size=30) | VALUES.map(in_toml))
@example(key="detail", text="[" * 5000)
def test_any_variable_loads_or_is_refused_by_name(folder: Path, key: str, text: str) -> None:
    """An environment variable of any text either loads or gives a SettingsError that names it."""
    variable = f"OTEL_OPS_{key.upper()}"
    try:
        load_settings({}, folder=folder, environ={variable: text})
    except SettingsError as error:
        assert all(line.startswith(key) for line in str(error).splitlines())  # noqa: PT017 - both ways are right
        assert f"environment variable {variable}" in str(error)  # noqa: PT017


@given(level=st.sampled_from(Detail), most=st.sampled_from(Detail), rules=st.lists(st.sampled_from(Detail), max_size=3))
def test_outputs_are_measured_by_the_largest_level(
    folder: Path, level: Detail, most: Detail, rules: list[Detail]
) -> None:
    """An output loads exactly where its level is at most that of detail and all rules."""
    arguments = {
        "detail": most,
        "detail_rules": [DetailRule(rule, "x") for rule in rules],
        "outputs": [Output("tree", detail=level)],
    }
    if level <= max([most, *rules]):
        assert level is load(folder, **arguments).outputs[0].detail
    else:
        assert "outputs[0].detail" in message_of(folder, **arguments)


@pytest.mark.parametrize("boundary", [float("inf"), float("nan"), 10**400])
def test_buckets_have_finite_boundaries(tmp_path: Path, boundary: float) -> None:
    """OpenTelemetry refuses others when the first operation is measured, and all metrics would be lost."""
    with pytest.raises(SettingsError, match=r"metrics_buckets = .*: must be a list of rising numbers of seconds"):
        load_settings({"metrics_buckets": [1, boundary]}, folder=tmp_path, environ={})

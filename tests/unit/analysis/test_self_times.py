"""Self time within one trace."""

from hypothesis import given
from hypothesis import strategies as st

from otel_ops.analysis.self_times import self_times, without_duplicates
from otel_ops.analysis.span_table import StoredSpan

CONTEXT = True


def span(id_: int, parent: int, start: int, end: int, is_context: bool = False) -> StoredSpan:
    """Make a span, named by its id; parent 0 is none."""
    return StoredSpan(id_.to_bytes(8, "big"), parent.to_bytes(8, "big"), start, end, str(id_), "", is_context)


def times(*spans: StoredSpan) -> dict[str, int]:
    """Give self times by name."""
    return {one.name: self_ns for one, self_ns in self_times(without_duplicates(spans))}


def test_children_that_overlap_count_once() -> None:
    """The time of a parent that two children share is taken away once."""
    assert {"1": 50, "2": 30, "3": 40} == times(span(1, 0, 0, 100), span(2, 1, 10, 40), span(3, 1, 20, 60))


def test_a_grandchild_is_the_time_of_its_parent_only() -> None:
    """Only direct children take time from an operation."""
    assert {"1": 60, "2": 35, "3": 5} == times(span(1, 0, 0, 100), span(2, 1, 0, 40), span(3, 2, 10, 15))


def test_children_are_clipped() -> None:
    """What a child runs before or after its parent, as with skewed clocks, takes nothing from the parent."""
    assert {"1": 80, "2": 20, "3": 30, "4": 9} == times(
        span(1, 0, 100, 200), span(2, 1, 90, 110), span(3, 1, 190, 220), span(4, 1, 300, 309)
    )


def test_what_a_context_holds_hangs_on_the_operation_around_it() -> None:
    """Contexts, also nested ones, neither have self time nor shield the operation around them."""
    spans = [
        span(1, 0, 0, 100),
        span(2, 1, 0, 90, CONTEXT),
        span(3, 2, 5, 80, CONTEXT),
        span(4, 3, 10, 30),
        span(5, 3, 40, 50),
        span(6, 2, 85, 90),
    ]

    assert {"1": 65, "4": 20, "5": 10, "6": 5} == times(*spans)


def test_a_context_at_the_root_has_operations_and_no_time() -> None:
    """An operation directly in a context at the root is a root itself."""
    assert {"2": 10} == times(span(1, 0, 0, 100, CONTEXT), span(2, 1, 0, 10))


def test_an_orphan_is_a_root() -> None:
    """An operation whose parent is missing has its own time and takes none from anybody."""
    assert {"1": 10, "2": 5} == times(span(1, 0, 0, 10), span(2, 99, 0, 5))


def test_circles_are_cut() -> None:
    """Spans that are their own ancestors count as roots, and what hangs on them takes its time from them."""
    spans = [span(1, 1, 0, 10), span(2, 3, 0, 10), span(3, 4, 0, 10), span(4, 2, 0, 10), span(5, 3, 0, 4)]

    assert {"1": 10, "2": 10, "3": 6, "4": 10, "5": 4} == times(*spans)


def test_a_circle_of_contexts_ends() -> None:
    """Contexts that are each other's parents hold operations that count as roots."""
    assert {"3": 5} == times(span(1, 2, 0, 10, CONTEXT), span(2, 1, 0, 10, CONTEXT), span(3, 1, 0, 5))


def test_deep_traces_take_no_recursion() -> None:
    """A trace of many thousand levels, half of them contexts above the operations, is computed."""
    depth = 20_000
    contexts = [span(level, level - 1, 0, 10, CONTEXT) for level in range(2, depth)]
    operations = [span(depth + number, depth - 1, number, number + 1) for number in range(10)]

    assert 90 == times(span(1, 0, 0, 100), *contexts, *operations)["1"]


@given(st.permutations([span(1, 0, 0, 9), span(1, 0, 0, 10), span(1, 7, 0, 10), span(1, 0, 0, 10, CONTEXT)]))
def test_the_longest_of_duplicates_stays(spans: list[StoredSpan]) -> None:
    """The longest duplicate stays, and of equally long ones the same in any order."""
    assert [span(1, 7, 0, 10)] == list(without_duplicates(spans).values())

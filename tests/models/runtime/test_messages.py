"""Messages are sentences with values, kept apart; stored ones are read as untrusted."""

import json
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.runtime.errors import SpecError
from models.runtime.fields import Problem
from models.runtime.messages import Message, UserError, fill, listed, message, plural

BLOCKS = "{n} block", "{n:,} blocks"
MESSAGES = [
    message("no values"),
    message(
        "{n:,} of {share:g}, {size:,.1f} MB, {off:+,} and {gap:+,.0f}", n=1_000, share=0.5, size=2.25, off=3, gap=-4
    ),
    message("{outer}!", outer=message("{inner}?", inner=message("deep"))),
    message("sizes {sizes}", sizes=(3, 4, message("{n} px", n=5))),
    message("{{braces}} and {text}", text="{not.a[place]!r}"),
    plural(*BLOCKS, 1),
    plural(*BLOCKS, 2_000),
    message("{blocks} in {stages}", blocks=plural(*BLOCKS, 3), stages=plural("{n} stage", "{n} stages", 1)),
    Message.of("{a.b} is no place"),
    SpecError("widen", "must be a number from {low:,g} to {high:,g}", 0, low=0.1, high=6_400.0).message,
]


def test_messages_nest():
    told = message("{field}: {reason}", field="widen", reason=message("must be at most {most:,}", most=4_096))

    assert str(told) == "widen: must be at most 4,096"


@pytest.mark.parametrize(
    ("items", "text"), [((), ""), ((3,), "3"), ((3, 4), "3 and 4"), ((3, 4, message("{n} px", n=6)), "3, 4 and 6 px")]
)
def test_messages_list(items, text):
    assert str(message("{items}", items=items)) == text
    assert listed(items, "and") == text


@pytest.mark.parametrize(("n", "text"), [(0, "0 blocks"), (1, "1 block"), (2, "2 blocks"), (2_000, "2,000 blocks")])
def test_messages_take_plurals(n, text):
    assert str(plural(*BLOCKS, n)) == text
    assert str(message("{blocks} deep", blocks=plural(*BLOCKS, n))) == f"{text} deep"


def test_every_part_of_a_message_is_looked_up_in_the_visitors_language():
    words = {"{parts} fit": "{parts} passen", "{n} blocks": "{n} Blöcke", "stem": "Stamm"}
    told = message("{parts} fit", parts=(message("stem"), plural("{n} block", "{n} blocks", 2)))

    text = fill(told, words.__getitem__, lambda one, many, n: words[one if n == 1 else many], " und ".join)

    assert text == "Stamm und 2 Blöcke passen"


def test_braces_in_a_value_are_no_places():
    assert str(message("got {value}", value="{a.b}")) == "got {a.b}"
    assert str(Message.of("{a[0]} {}")) == "{a[0]} {}"


def test_messages_with_the_same_values_are_equal_and_count_as_one():
    assert len({message("stage {n}", n=1), message("stage {n}", n=1), message("stage {n}", n=2)}) == 2


def test_an_error_says_its_message():
    error = UserError("{run} is {state}.", run="a", state=message("paused"))

    assert (str(error), str(error.message)) == ("a is paused.", "a is paused.")
    assert UserError(error.message).message is error.message
    assert isinstance(error, ValueError)


def test_an_invalid_value_has_its_field_the_expectation_and_what_was_given():
    error = SpecError("widen", "must be at most {most:,}", {"a": 1}, most=4_096)

    assert str(error) == "widen: must be at most 4,096, got {'a': 1}"
    assert (error.field, str(error.expected), error.got) == ("widen", "must be at most 4,096", "{'a': 1}")
    assert str(Problem(error.field, error.reason)) == str(error)


@pytest.mark.parametrize("told", MESSAGES, ids=str)
def test_a_stored_message_is_the_same_message(told):
    assert Message.from_json(told.to_json()) == told
    assert Message.from_json(json.loads(json.dumps(told.to_json()))) == told


def stored(sentence, plural="", **values):
    return {"sentence": sentence, "values": values, "plural": plural}


@pytest.mark.parametrize(
    "sentence", ["{a.b}", "{a.__class__}", "{a[0]}", "{a!r}", "{a:>99999}", "{a:{b}}", "{0}", "{}", "{a", "a}", "{b}"]
)
def test_a_place_that_is_no_plain_name_makes_the_sentence_a_text(sentence):
    for found in (stored(sentence, a=1), stored("{n}", plural=sentence, n=1, a=1), stored("{c}", c=stored(sentence))):
        assert Message.from_json(found) == Message.of(found)


@pytest.mark.parametrize(
    "junk",
    [
        None, 3, "a {text}", [], ["{a}"], {}, {"sentence": "a"},
        {"sentence": 3, "values": {}, "plural": ""},
        {"sentence": "a", "values": [], "plural": ""},
        {"sentence": "a", "values": {}, "plural": None},
        stored("{a}", a=None),
        stored("{a}", a={}),
        stored("{a}", a=[None]),
        stored("{a:g}", a="text"),
        stored("{a:g}", a=10**400),  # no float is that large
        stored("{a}", a="x" * 2_000),
        stored("one", plural="many"),  # without a number
        stored("one", plural="many", n="2"),
        stored("one", plural="{a} many", n=1),  # a language may use this form for 1
    ],
    ids=str,
)  # fmt: skip
def test_whatever_is_no_message_is_a_text(junk):
    assert Message.from_json(junk) == Message.of(str(junk)[:1_000])


def test_nested_messages_that_multiply_are_not_written_out():
    found = "x"
    for _ in range(9):
        found = stored("{a}" * 20, a=found)

    assert len(str(Message.from_json(found))) <= 1_000


def test_what_can_not_even_be_written_is_a_text():
    deep = []
    for _ in range(2 * sys.getrecursionlimit()):
        deep = [deep]

    assert str(Message.from_json(deep)) == "<list>"
    assert str(Message.from_json(10**5_000)) == "<int>"


TEXTS = st.text(max_size=8) | st.lists(
    st.sampled_from(["{", "}", "{a}", "{n}", "{a:,}", "{n:g}", "{a.b}", "{a[0]}", "{a!r}", "{a:>99999}", "x"]),
    max_size=4,
).map("".join)
NAMES = st.sampled_from(["a", "n", "a.b", ""])
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | TEXTS
JSON = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(NAMES | st.sampled_from(["sentence", "values", "plural"]), inner, max_size=3)
        | st.fixed_dictionaries(
            {
                "sentence": TEXTS,
                "values": st.dictionaries(NAMES, inner, max_size=3),
                "plural": st.just("") | TEXTS,
            }
        )
    ),
    max_leaves=12,
)


@given(JSON)
def test_no_json_makes_reading_or_writing_it_raise(junk):
    found = Message.from_json(junk)

    assert len(str(found)) <= 1_000
    json.dumps(found.to_json())
    for number in (0, 1):  # whichever form a language uses
        fill(found, str, lambda one, many, n, number=number: (one, many)[number], ", ".join)

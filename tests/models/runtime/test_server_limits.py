"""Limits of a server: open by default, told apart when public, each set by a variable."""

from dataclasses import asdict, fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.runtime import server_limits as room
from models.runtime.server_limits import Limits, limits, public, read


def test_ones_own_machine_is_limited_only_where_it_would_be_exhausted():
    found, wrong = read({})

    assert {name for name, value in asdict(found).items() if value is not None} == {
        "waiting",
        "job_seconds",
        "sweep_seconds",
        "training_seconds",
        "run_bytes",
    }
    assert wrong == ()


def test_a_public_server_limits_everything():
    found, wrong = read({"SKIPSCOPE_PUBLIC": "1"})

    assert None not in asdict(found).values()
    assert (found.waiting_each, found.job_seconds, found.sweep_seconds, found.training_seconds) == (3, 120, 120, 900)
    assert wrong == ()


@pytest.mark.parametrize(("said", "is_public"), [("1", True), ("true", True), ("0", False), ("no", False), ("", False)])
def test_public_is_said_by_a_variable(monkeypatch, said, is_public):
    monkeypatch.setenv("SKIPSCOPE_PUBLIC", said)

    assert public() is is_public
    assert (limits().depth is not None) is is_public


def test_on_the_community_cloud_it_is_public_by_itself(monkeypatch):
    room._public.cache_clear()
    monkeypatch.setattr(room, "_HERE", room._CLOUD / "skipscope/models/runtime/server_limits.py")
    try:
        assert read({})[0].depth == 210
        assert read({"SKIPSCOPE_PUBLIC": "0"})[0].depth is None
    finally:
        room._public.cache_clear()
        room._read.cache_clear()


def test_a_variable_sets_a_limit_or_lifts_it():
    found, wrong = read({"SKIPSCOPE_PUBLIC": "1", "SKIPSCOPE_MOST_DEPTH": "56", "SKIPSCOPE_MOST_BATCH": "None"})

    assert (found.depth, found.batch, wrong) == (56, None, ())


@pytest.mark.parametrize("value", ["", "many", "0", "-3", "nan", "inf", "1e999"])
def test_what_is_no_number_is_told_and_the_default_holds(value):
    found, wrong = read({"SKIPSCOPE_PUBLIC": "1", "SKIPSCOPE_MOST_DEPTH": value})

    assert found.depth == 210
    assert [str(one) for one in wrong] == [f"SKIPSCOPE_MOST_DEPTH: must be a number above 0 or none, got {value}"]


def test_a_limit_that_there_is_not_is_told():
    assert [str(one) for one in read({"SKIPSCOPE_MOST_FUN": "1"})[1]] == ["SKIPSCOPE_MOST_FUN: there is no such limit"]


@given(st.sampled_from([one.name for one in fields(Limits)]), st.floats(1e-3, 1e12))
def test_every_limit_has_a_variable_and_words(name, value):
    assert getattr(read({f"SKIPSCOPE_MOST_{name.upper()}": repr(value)})[0], name) == value
    assert Limits.about(name)[0]

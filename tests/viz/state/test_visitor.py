"""Who a visitor is: everybody on an open server, told from one another on a public one."""

import re

import pytest
import streamlit as st

from viz.state import visitor


@pytest.fixture
def session(monkeypatch):
    """Stand in for a browser's session: what it remembers, its cookies, its login."""
    state, cookies, login = {}, {}, {}
    monkeypatch.setattr(st, "session_state", state)
    monkeypatch.setattr(type(st.context), "cookies", cookies)
    monkeypatch.setattr(type(st.user), "to_dict", lambda self: login)
    monkeypatch.delenv(visitor.LECTURER, raising=False)
    return state, cookies, login


@pytest.fixture
def public(monkeypatch):
    monkeypatch.setenv("SKIPSCOPE_PUBLIC", "1")


def test_on_an_open_server_all_are_one_and_see_all(session, monkeypatch):
    monkeypatch.delenv("SKIPSCOPE_PUBLIC", raising=False)

    assert (visitor.owner(), visitor.sees_all()) == ("", True)


def test_a_visitor_is_known_again_by_the_cookie_alone(session, public):
    state, cookies, _ = session
    first, secret = visitor.owner(), visitor.secret()
    state.clear()  # the page is loaded anew
    assert visitor.owner() != first
    state.clear()
    cookies[visitor.COOKIE] = secret

    assert visitor.owner() == first
    assert re.fullmatch("[0-9a-f]{32}", secret)
    assert secret not in first
    assert not visitor.sees_all()


@pytest.mark.parametrize("kept", ["", "short", "x" * 32, "0" * 33, "../../runs", "0" * 31 + "\n"])
def test_a_cookie_that_is_none_of_ours_is_not_taken(session, public, kept):
    session[1][visitor.COOKIE] = kept

    assert visitor.secret() != kept


def test_who_is_logged_in_is_known_by_that(session, public):
    _, _, login = session
    login |= {"is_logged_in": True, "iss": "https://login.example", "sub": "17"}
    one = visitor.owner()
    session[0].clear()

    assert visitor.owner() == one
    login["sub"] = "18"
    assert visitor.owner() != one


def test_a_lecturer_sees_all_with_the_secret(session, public, monkeypatch):
    assert not visitor.has_lecturer()
    assert not visitor.try_secret("")
    monkeypatch.setenv(visitor.LECTURER, "a secret of some length")

    assert visitor.has_lecturer()
    assert not visitor.try_secret("a secret of some lengt")
    assert not visitor.sees_all()
    assert visitor.try_secret(" a secret of some length ")
    assert visitor.sees_all()
    visitor.leave_lecturer()
    assert not visitor.sees_all()


def test_a_secret_that_can_be_guessed_is_none(session, public, monkeypatch):
    monkeypatch.setenv(visitor.LECTURER, "teacher")

    assert not visitor.has_lecturer()
    assert not visitor.try_secret("teacher")


def test_the_secret_that_another_tab_has_kept_is_adopted(session, public):
    first = visitor.secret()

    visitor.adopt("no secret")
    assert visitor.secret() == first
    visitor.adopt("0123456789abcdef" * 2)
    assert visitor.secret() == "0123456789abcdef" * 2

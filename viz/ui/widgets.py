"""Choices, numbers, switches, tabs and downloads. Widgets are set from the state and write to it."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Any, TypeVar

import streamlit as st

from models.runtime.errors import SpecError
from models.runtime.fields import Fields
from models.runtime.rules import Choice, Key, Number
from viz.language import language, speak
from viz.state import session
from viz.state.hidden import hides
from viz.text.labels import label as label_of
from viz.text.messages import problem

Option = TypeVar("Option")


@dataclass(frozen=True, slots=True)
class Form:
    """Widgets for the fields of a page's settings."""

    settings: Fields
    put: Callable[..., None]  # called with a field as keyword; may raise `SpecError`
    prefix: str  # of the widgets' keys
    in_popover: bool = False

    def choice(
        self,
        field: str,
        label: str,
        options: Mapping[Any, str] | Iterable[Any] | None = None,
        *,
        widget: Callable[..., Any] = st.selectbox,
        **more: Any,
    ) -> None:
        """Draw a choice among options, by default all values of the field, under their labels."""
        names = options if isinstance(options, Mapping) else {one: label_of(one) for one in options or self._all(field)}
        value = self.settings.value(field)
        key = self._seed(field, value if value in names else next(iter(names)))
        if widget is st.segmented_control:
            more["required"] = True
        shown = partial(_shown, names)
        widget(label, list(names), key=key, format_func=shown, on_change=self._taker(field, key), **more)

    def number(self, field: str, label: str, **more: Any) -> None:
        rule = self.settings.rule(field)
        key = self._seed(field, self.settings.value(field))
        if isinstance(rule, Number):
            more = {"format": "%g", "step": rule.low or 0.01} | more
        bounds = {"min_value": rule.low, "max_value": rule.high} | more
        st.number_input(label, key=key, on_change=self._taker(field, key), **bounds)

    def switch(self, field: str, label: str, *, widget: Callable[..., Any] = st.toggle, **more: Any) -> None:
        key = self._seed(field, self.settings.value(field))
        widget(label, key=key, on_change=self._taker(field, key), **more)

    def _all(self, field: str) -> Iterable[Any]:
        rule = self.settings.rule(field)
        if isinstance(rule, Choice):
            return tuple(rule.options.__members__.values())
        return tuple(rule.registry) if isinstance(rule, Key) else ()

    def _seed(self, field: str, value: Any) -> str:
        """Set the widget and return its key."""
        key = f"{self.prefix}_{field}"
        (session.set_always if self.in_popover else session.set_if_changed)(key, value)
        return key

    def _taker(self, field: str, key: str) -> Callable[[], None]:
        def take() -> None:
            try:
                self.put(**{field: st.session_state[key]})
            except SpecError as error:  # the other settings don't allow it
                session.refuse(field, error)
                st.toast(problem(error), duration="long")

        return take


def _shown(names: Mapping[Any, str], option: Any) -> str:
    return names.get(option, str(option))


def tabs(
    options: Iterable[Any],
    chosen: Any,
    key: str,
    put: Callable[[Any], None],
    show: Callable[[Any], None],
    tells: Mapping[Any, Collection[str]] = MappingProxyType({}),
) -> None:
    """Draw a row of the tabs that are not hidden, of which only the open one is filled, by `show`.

    `tells`: tab -> what it tells besides; it is hidden with any of these.
    """
    shown = [option for option in options if not hides("tabs", str(option), *tells.get(option, ()))]
    if not shown:
        return
    by_label = {label_of(option): option for option in shown}
    session.set_if_changed(key, label_of(chosen if chosen in shown else shown[0]))

    def changed() -> None:
        put(by_label[st.session_state[key]])

    for option, container in zip(by_label.values(), st.tabs(list(by_label), key=key, on_change=changed), strict=True):
        if container.open:
            with container:
                show(option)


def download(label: str, content: Any, file: str, mime: str, *, key: str, **more: Any) -> None:
    """Draw a download; `content` is text, bytes, or a function that creates it when it is downloaded."""
    if callable(content):
        content = _spoken(content, language())
    st.download_button(label, content, file, mime, on_click="ignore", key=key, **more)


def _spoken(make: Callable[[], Any], spoken: str) -> Callable[[], Any]:
    """A function that makes its text in a language: it is called in a thread of its own."""

    def made() -> Any:
        speak(spoken)
        return make()

    return made

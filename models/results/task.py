"""Heavy work as plain data, a function and its arguments, which can run wherever this package is installed."""

import json
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from importlib import import_module
from typing import Any, Generic, TypeVar

from ..runtime.progress import Progress
from .codec import FORMAT, plain

Result = TypeVar("Result")
_ROOT = __name__.rpartition(".results")[0]


@dataclass(frozen=True)
class Task(Generic[Result]):
    """A function and its arguments. Tasks with equal keys have equal results.

    The function is called with a `Progress` and, by name, the arguments; it returns a record that `codec` can encode.
    The arguments are specs, tuples of them, numbers, text and bytes, and include all that the result depends on.
    """

    function: str  # "work.signals:pair", within this package, or a full name, "somewhere.else:function"
    arguments: tuple[tuple[str, object], ...] = ()

    @cached_property
    def key(self) -> str:
        """32 hexadecimal digits that equal tasks share."""
        text = json.dumps([FORMAT, self.function, [[name, plain(value)] for name, value in self.arguments]])
        return blake2b(text.encode(), digest_size=16).hexdigest()

    def run(self, progress: Progress) -> Result:
        """Run the function here, in this thread."""
        result: Result = self.load()(progress, **dict(self.arguments))
        return result

    def load(self) -> Any:
        """Return the function."""
        module, _, name = self.function.partition(":")
        try:
            found = import_module(f"{_ROOT}.{module}")
        except ModuleNotFoundError:
            found = import_module(module)
        return getattr(found, name)


def task(function: str, **arguments: Any) -> Task[Any]:
    """Return the task that calls a function with these arguments."""
    return Task(function, tuple(sorted(arguments.items())))

"""A mode that sees every addition of two tensors in one forward, and may do some of them otherwise."""

from typing import Any

from torch import Tensor
from torch.overrides import TorchFunctionMode

from .functions import adds, in_place


class AdditionMode(TorchFunctionMode):
    """Numbers the additions from 1, as `recording` does. A subclass says in `otherwise` what some of them return."""

    def __init__(self) -> None:
        super().__init__()
        self.additions = 0

    def otherwise(self, number: int, operands: tuple[Any, ...]) -> Tensor | None:
        """Return the result in place of the sum, or None to add."""
        raise NotImplementedError

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        name = getattr(func, "__name__", "")
        if adds(name, args, kwargs or {}):
            self.additions += 1
            found = self.otherwise(self.additions, args)
            if found is not None:
                return args[0].copy_(found) if in_place(name) and found is not args[0] else found
        return func(*args, **(kwargs or {}))

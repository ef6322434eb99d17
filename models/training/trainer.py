"""Training of a network, epoch by epoch. All randomness comes from the run's seed.

Training can be stopped between any two steps and resumed from a checkpoint with the same result, on a CPU bit for bit.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from ..networks.build import generator
from ..networks.dropping import Dropping
from ..networks.outputs import classes_of
from ..runtime.device import Peak, computing, exactly, release, threads
from ..runtime.drawing import drawing
from ..runtime.messages import UserError
from ..runtime.progress import ProgressCallback
from ..runtime.settings import Precision
from ..specs.external import ExternalSpec
from ..tracing.without_skips import built
from . import datasets as data_sets
from .datasets import Data, Shuffle, Split
from .estimate import check, threads_for
from .run_spec import Epoch, RunSpec

_LOOK = 25  # steps between two checks of a GPU's losses: each check waits for the GPU
_LISTEN = 4  # steps between two measurements of the gradient norms
_MOMENTUM, _PROGRESS = "momentum.", "progress."


class DivergedError(UserError):
    """Raised if the loss becomes infinite or NaN."""


@dataclass(frozen=True)
class Checkpoint:
    """State of a training, from which it can be resumed."""

    tensors: dict[str, Tensor]  # the network's by name; momentum buffers and sums have a prefix
    facts: dict[str, float]

    @property
    def weights(self) -> dict[str, Tensor]:
        """The network's tensors, for `load_state_dict`."""
        return {name: value for name, value in self.tensors.items() if not name.startswith((_MOMENTUM, _PROGRESS))}


def train(run: RunSpec, *, progress: ProgressCallback | None = None) -> Iterator[Epoch]:
    """Train a network and yield every epoch.

    Raises `DataError` or `TooLargeError` before training starts, and `DivergedError` if the loss becomes infinite or
    NaN. `progress` is called before each step with the share that is done; an exception it raises stops the training.
    """
    return Trainer(run, progress=progress).epochs()


class Trainer:
    """A training in progress, from the beginning or from the checkpoint `start`."""

    def __init__(
        self,
        run: RunSpec,
        *,
        data: Data | None = None,
        start: Checkpoint | None = None,
        progress: ProgressCallback | None = None,
    ) -> None:
        self.run = run
        self.device = check(run, loaded=data is not None)
        self._progress = progress or (lambda _: None)
        self.data = (data_sets.load(run.data, progress=progress) if data is None else data).to(self.device)
        self.network = built(run.network, seed=run.seed).to(self.device)
        if run.channels_last:
            self.network.to(memory_format=torch.channels_last)
        fused = {"fused": True} if self.device.type in ("cpu", "cuda") else {}
        self._optimizer = torch.optim.SGD(
            self.network.parameters(), run.learning_rate, run.momentum, weight_decay=run.weight_decay, **fused
        )
        if run.momentum:  # zeros give the same first step; a first step that overflows would create no buffers
            for weight in self.network.parameters():
                self._optimizer.state[weight]["momentum_buffer"] = torch.zeros_like(weight, requires_grad=False)
        self._scaler = torch.amp.GradScaler(self.device.type, enabled=run.precision == Precision.FP16)
        self._weighed = {
            path: module.weight
            for path, module in self.network.named_modules()
            if isinstance(module, nn.Conv2d | nn.Linear)
        }
        self._dropping = {path: module for path, module in self.network.named_modules() if isinstance(module, Dropping)}
        self._draws = isinstance(run.network, ExternalSpec)  # it may draw from torch's own generator
        self.step = 0  # steps since the start
        self.epoch = 0  # finished epochs
        self.right: list[bool] = []  # per test image, in order: right in the last test
        self._seconds = 0.0  # of training in the current epoch
        self._losses = torch.zeros(run.steps_per_epoch, device=self.device)
        self._right = torch.zeros((), dtype=torch.int64, device=self.device)
        self._gradients = torch.zeros(len(self._weighed), device=self.device)
        self._updates = torch.zeros(len(self._weighed), device=self.device)
        self._heard = torch.zeros((), device=self.device)  # measurements of both in the current epoch
        if start is not None:
            self._restore(start)
        self._forward: Any = torch.compile(self.network, mode=self._mode) if run.compile else self.network

    @property
    def _mode(self) -> str | None:
        return "reduce-overhead" if self.device.type == "cuda" else None  # CUDA graphs

    def epochs(self) -> Iterator[Epoch]:
        """Train and yield the remaining epochs."""
        while self.step < self.run.all_steps or self._unfinished:
            with threads(threads_for(self.run)):
                found = self._one_epoch()
            yield found

    @property
    def _unfinished(self) -> bool:
        """Whether the test of the last epoch is still to be done."""
        return self.epoch < self.run.all_epochs

    def _one_epoch(self) -> Epoch:
        run, began = self.run, time.perf_counter()
        before = self.epoch * run.steps_per_epoch
        last = min(run.steps_per_epoch, run.all_steps - before)
        shuffle = Shuffle.draw(self.data.train.images, run.augment, seed=run.seed, epoch=self.epoch)
        release()
        self.network.train()
        with Peak(self.device) as peak:
            for place in range(self.step - before, last):
                self._progress(self.step / run.all_steps)
                started = time.perf_counter()
                self._learn(shuffle, place)
                self.step += 1
                if self.device.type == "cpu" or place % _LOOK == _LOOK - 1 or place == last - 1:
                    self._check(before, place)
                self._seconds += time.perf_counter() - started
            trained = last * run.batch
            test_loss, test_accuracy = self._test(self.data.test)
        found = Epoch(
            number=self.epoch + 1,
            steps=self.step,
            train_loss=float(self._losses[:last].cpu().double().mean()),
            train_accuracy=int(self._right) / trained,
            test_loss=test_loss,
            test_accuracy=test_accuracy,
            learning_rate=run.rate(self.step - 1),
            images_per_second=trained / max(self._seconds, 1e-9),
            seconds=time.perf_counter() - began,
            memory=peak.bytes,
            gradients=self._means(self._gradients),
            updates=self._means(self._updates),
        )
        self.epoch += 1
        self._seconds = 0.0
        for sums in self._sums.values():
            sums.zero_()
        return found

    def _learn(self, shuffle: Shuffle, place: int) -> None:
        run = self.run
        images, labels = shuffle.batch(self.data.train, place * run.batch, run.batch)
        for group in self._optimizer.param_groups:
            group["lr"] = run.rate(self.step)
        for path, module in self._dropping.items():  # drawn for each step alone, so that a resumed run draws the same
            module.generator = generator(run.seed, f"{self.step}/{path}", self.device)
        with exactly(self.device, run.precision, training=True), self._drawing():
            with computing(self.device, run.precision, training=True):
                if run.compile:
                    # the outputs of the previous step are no longer needed
                    torch.compiler.cudagraph_mark_step_begin()  # type: ignore[no-untyped-call]
                logits = classes_of(self._forward(self._seen(images))).float()
            loss = cross_entropy(logits, labels, label_smoothing=run.label_smoothing)
            self._optimizer.zero_grad()
            self._scaler.scale(loss).backward()  # type: ignore[no-untyped-call]
        if place % _LISTEN == 0:
            self._scaler.unscale_(self._optimizer)
            self._listen()
        self._scaler.step(self._optimizer)
        self._scaler.update()
        self._losses[place] = loss.detach()
        self._right += (logits.detach().argmax(1) == labels).sum()

    @contextmanager
    def _drawing(self) -> Iterator[None]:
        """Let a library's network draw the same in each step of a resumed run: torch's generator is put back after."""
        if not self._draws:
            yield
            return
        with drawing(generator(self.run.seed, f"{self.step}", torch.device("cpu")).initial_seed(), self.device):
            yield

    def _listen(self) -> None:
        """Add the norms of gradients and updates to their sums; steps that overflow in float16 are left out."""
        nothing = self._gradients.new_zeros(())
        norms = torch.stack(
            [nothing if one.grad is None else torch.linalg.vector_norm(one.grad) for one in self._weighed.values()]
        )
        updates = torch.stack(
            [nothing if one.grad is None else self._update(one, one.grad) for one in self._weighed.values()]
        )
        held = norms.isfinite().all() if self._scaler.is_enabled() else torch.ones_like(nothing, dtype=torch.bool)
        self._gradients += torch.where(held, norms, nothing)
        self._updates += torch.where(held, updates, nothing)
        self._heard += held

    @torch.no_grad()
    def _update(self, weight: Tensor, gradient: Tensor) -> Tensor:
        """Return the norm of what the next step will subtract from a weight, divided by the norm of the weight."""
        group = self._optimizer.param_groups[0]
        step = gradient + group["weight_decay"] * weight
        if "momentum_buffer" in (state := self._optimizer.state.get(weight, {})):
            step += group["momentum"] * state["momentum_buffer"]
        share: Tensor = torch.linalg.vector_norm(step) / torch.linalg.vector_norm(weight)
        return share * float(group["lr"])

    def _seen(self, images: Tensor) -> Tensor:
        """Return uint8 images as input of the network."""
        ready = self.data.normalised(images, self.run.network.input_shape)
        return ready.contiguous(memory_format=torch.channels_last) if self.run.channels_last else ready

    def _check(self, before: int, place: int) -> None:
        """Raise `DivergedError` if a loss of the epoch up to this step is not finite."""
        losses = self._losses[: place + 1]
        if bool(losses.isfinite().all()):
            return
        first = int((~losses.isfinite()).nonzero()[0])
        raise DivergedError(
            "The loss was {loss} at step {step:,} (epoch {epoch}) with a learning rate of {rate:g}. Choose a "
            "smaller learning rate or a warm-up.",
            loss=f"{float(losses[first]):g}",
            step=before + first + 1,
            epoch=self.epoch + 1,
            rate=self.run.rate(before + first),
        )

    def _test(self, split: Split) -> tuple[float, float]:
        """Return loss and accuracy in eval mode."""
        self.network.eval()
        loss = torch.zeros((), dtype=torch.float64, device="cpu" if self.device.type == "mps" else self.device)
        right = []
        with torch.inference_mode(), computing(self.device, self.run.precision, training=True):
            for start in range(0, len(split), self.run.batch):
                self._progress(self.step / self.run.all_steps)
                labels = split.labels[start : start + self.run.batch]
                seen = self._seen(split.images[start : start + self.run.batch])
                logits = classes_of(self.network(seen)).float()
                loss += cross_entropy(logits, labels, reduction="sum").to(loss)
                right.append(logits.argmax(1) == labels)
        self.network.train()
        self.right = torch.cat(right).tolist()
        return float(loss) / len(split), sum(self.right) / len(split)

    def _means(self, sums: Tensor) -> tuple[tuple[str, float], ...]:
        values = (sums / self._heard.clamp_min(1)).tolist()
        return tuple(zip(self._weighed, values, strict=True))

    def checkpoint(self) -> Checkpoint:
        """Return a copy of the current state on the CPU, from which the training can be resumed."""
        tensors = {name: value.detach().cpu().contiguous().clone() for name, value in self.network.state_dict().items()}
        for name, weight in self.network.named_parameters():
            momentum = self._optimizer.state.get(weight, {}).get("momentum_buffer")
            if momentum is not None:
                tensors[_MOMENTUM + name] = momentum.detach().cpu().contiguous().clone()
        for name, sums in self._sums.items():
            tensors[_PROGRESS + name] = sums.cpu().clone()
        facts = {"step": self.step, "epoch": self.epoch, "seconds": self._seconds}
        if self._scaler.is_enabled():
            facts |= {"scale": self._scaler.get_scale(), "tracker": self._scaler.state_dict()["_growth_tracker"]}
        return Checkpoint(tensors, facts)

    @property
    def _sums(self) -> dict[str, Tensor]:
        return {
            "losses": self._losses, "right": self._right, "gradients": self._gradients, "updates": self._updates,
            "heard": self._heard,
        }  # fmt: skip

    def _restore(self, start: Checkpoint) -> None:
        self.network.load_state_dict(start.weights)
        for name, weight in self.network.named_parameters():
            if _MOMENTUM + name in start.tensors:
                momentum = torch.empty_like(weight, requires_grad=False)
                self._optimizer.state[weight]["momentum_buffer"] = momentum.copy_(start.tensors[_MOMENTUM + name])
        for name, sums in self._sums.items():
            if _PROGRESS + name in start.tensors:
                sums.copy_(start.tensors[_PROGRESS + name])
            elif float(start.tensors[_PROGRESS + "heard"]):  # of version 0.4, which did not record updates: unknown
                sums.fill_(torch.nan)
        self.step, self.epoch = int(start.facts["step"]), int(start.facts["epoch"])
        self._seconds = start.facts["seconds"]
        if self._scaler.is_enabled():
            own = self._scaler.state_dict()
            self._scaler.load_state_dict(
                own | {"scale": start.facts["scale"], "_growth_tracker": int(start.facts["tracker"])}
            )

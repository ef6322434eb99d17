"""Training: a run's spec -> its epochs, one after the other. Everything random is drawn from the run's seed.

A trainer can be stopped between any two steps, and goes on from its checkpoint as if nothing had been: on a CPU bit by
bit.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from models import data as data_sets
from models.data import Data, Shuffle, Split
from models.device import Peak, afford, choose, computing, exactly, release, threads
from models.measured import Pulse
from models.network import build
from models.recipe import DATA, Epoch, RunSpec
from models.records import FLOAT32
from models.settings import Precision
from models.trace import trace

__all__ = ["Checkpoint", "DivergedError", "Epoch", "RunSpec", "Trainer", "estimate", "train"]

_LOOK = 25  # steps between two looks at a GPU's losses: each look waits for the GPU
_SMALL = 2e9  # multiply-accumulates of a step, forward
_LISTEN = 4  # steps between two readings of the gradients' norms
_MOMENTUM, _PROGRESS = "momentum.", "progress."


class DivergedError(ValueError):
    """The loss is no longer a number."""


@dataclass(frozen=True)
class Checkpoint:
    """Where a training stands: all that it needs to go on."""

    tensors: dict[str, Tensor]  # the network's by their names; momenta and sums under prefixes of their own
    facts: dict[str, float]

    @property
    def weights(self) -> dict[str, Tensor]:
        """As `load_state_dict` takes them."""
        return {name: value for name, value in self.tensors.items() if not name.startswith((_MOMENTUM, _PROGRESS))}


def train(run: RunSpec, *, pulse: Pulse | None = None) -> Iterator[Epoch]:
    """Train a network and tell of each epoch.

    Raises `DataError` and `TooLargeError` before anything begins, `DivergedError` where the loss becomes infinite or
    NaN. `pulse` is told the share that is done before each step; what it raises stops the training.
    """
    return Trainer(run, pulse=pulse).epochs()


class Trainer:
    """One training under way. Its `checkpoint` is of now; `start` is one to go on from."""

    def __init__(
        self, run: RunSpec, *, data: Data | None = None, start: Checkpoint | None = None, pulse: Pulse | None = None
    ) -> None:
        self.run = run
        self.device = check(run, loaded=data is not None)
        self._pulse = pulse or (lambda _: None)
        self.data = (data_sets.load(run.data, pulse=pulse) if data is None else data).to(self.device)
        self.network = build(run.network, seed=run.seed).to(self.device)
        if run.channels_last:
            self.network.to(memory_format=torch.channels_last)
        fused = {"fused": True} if self.device.type in ("cpu", "cuda") else {}
        self._optimizer = torch.optim.SGD(
            self.network.parameters(), run.learning_rate, run.momentum, weight_decay=run.weight_decay, **fused
        )
        if run.momentum:  # zeros, as the first step would leave them; one that overflows leaves them unwritten
            for weight in self.network.parameters():
                self._optimizer.state[weight]["momentum_buffer"] = torch.zeros_like(weight, requires_grad=False)
        self._scaler = torch.amp.GradScaler(self.device.type, enabled=run.precision == Precision.FP16)
        self._weighed = {
            path: module.weight
            for path, module in self.network.named_modules()
            if isinstance(module, nn.Conv2d | nn.Linear)
        }
        self.step = 0  # since the start
        self.epoch = 0  # finished ones
        self.right: list[bool] = []  # which test images the last test found right, in their order
        self._seconds = 0.0  # of training, in the epoch that is under way
        self._losses = torch.zeros(run.steps_per_epoch, device=self.device)
        self._right = torch.zeros((), dtype=torch.int64, device=self.device)
        self._gradients = torch.zeros(len(self._weighed), device=self.device)
        self._heard = torch.zeros((), device=self.device)  # readings of the gradients in the epoch
        if start is not None:
            self._restore(start)
        self._forward: Any = torch.compile(self.network, mode=self._mode) if run.compile else self.network

    @property
    def _mode(self) -> str | None:
        return "reduce-overhead" if self.device.type == "cuda" else None  # CUDA graphs

    def epochs(self) -> Iterator[Epoch]:
        while self.step < self.run.all_steps or self._unfinished:
            with threads(_threads(self.run)):
                found = self._one_epoch()
            yield found

    @property
    def _unfinished(self) -> bool:
        """The steps are done, but not the test behind them."""
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
                self._pulse(self.step / run.all_steps)
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
            train_loss=float(self._losses[:last].double().mean()),
            train_accuracy=int(self._right) / trained,
            test_loss=test_loss,
            test_accuracy=test_accuracy,
            learning_rate=run.rate(self.step - 1),
            images_per_second=trained / max(self._seconds, 1e-9),
            seconds=time.perf_counter() - began,
            memory=peak.bytes,
            gradients=self._norms(),
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
        with exactly(self.device, run.precision, training=True):
            with computing(self.device, run.precision, training=True):
                if run.compile:
                    # what the last step put out is no longer needed
                    torch.compiler.cudagraph_mark_step_begin()  # type: ignore[no-untyped-call]
                logits = self._forward(self._seen(images)).float()
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

    def _listen(self) -> None:
        """Add up the norms of the weights' gradients; steps that float16 could not hold are left out."""
        nothing = self._gradients.new_zeros(())
        norms = torch.stack(
            [nothing if one.grad is None else torch.linalg.vector_norm(one.grad) for one in self._weighed.values()]
        )
        held = norms.isfinite().all() if self._scaler.is_enabled() else torch.ones_like(nothing, dtype=torch.bool)
        self._gradients += torch.where(held, norms, nothing)
        self._heard += held

    def _seen(self, images: Tensor) -> Tensor:
        """As the network takes them."""
        ready = self.data.normalised(images, self.run.network.input_shape)
        return ready.contiguous(memory_format=torch.channels_last) if self.run.channels_last else ready

    def _check(self, before: int, place: int) -> None:
        """Raise where a loss up to this place of the epoch is not finite."""
        losses = self._losses[: place + 1]
        if bool(losses.isfinite().all()):
            return
        first = int((~losses.isfinite()).nonzero()[0])
        raise DivergedError(
            f"The loss was {float(losses[first]):g} at step {before + first + 1:,} (epoch {self.epoch + 1}) "
            f"with a learning rate of {self.run.rate(before + first):g}: take a smaller one, or a warm-up."
        )

    def _test(self, split: Split) -> tuple[float, float]:
        """Loss and accuracy in eval mode."""
        self.network.eval()
        loss = torch.zeros((), dtype=torch.float64, device="cpu" if self.device.type == "mps" else self.device)
        right = []
        with torch.inference_mode(), computing(self.device, self.run.precision, training=True):
            for start in range(0, len(split), self.run.batch):
                self._pulse(self.step / self.run.all_steps)
                labels = split.labels[start : start + self.run.batch]
                logits = self.network(self._seen(split.images[start : start + self.run.batch])).float()
                loss += cross_entropy(logits, labels, reduction="sum").to(loss)
                right.append(logits.argmax(1) == labels)
        self.network.train()
        self.right = torch.cat(right).tolist()
        return float(loss) / len(split), sum(self.right) / len(split)

    def _norms(self) -> tuple[tuple[str, float], ...]:
        values = (self._gradients / self._heard.clamp_min(1)).tolist()
        return tuple(zip(self._weighed, values, strict=True))

    def checkpoint(self) -> Checkpoint:
        """A copy on the CPU of all that it takes to go on from here."""
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
        return {"losses": self._losses, "right": self._right, "gradients": self._gradients, "heard": self._heard}

    def _restore(self, start: Checkpoint) -> None:
        self.network.load_state_dict(start.weights)
        for name, weight in self.network.named_parameters():
            if _MOMENTUM + name in start.tensors:
                momentum = torch.empty_like(weight, requires_grad=False)
                self._optimizer.state[weight]["momentum_buffer"] = momentum.copy_(start.tensors[_MOMENTUM + name])
        for name, sums in self._sums.items():
            sums.copy_(start.tensors[_PROGRESS + name])
        self.step, self.epoch = int(start.facts["step"]), int(start.facts["epoch"])
        self._seconds = start.facts["seconds"]
        if self._scaler.is_enabled():
            own = self._scaler.state_dict()
            self._scaler.load_state_dict(
                own | {"scale": start.facts["scale"], "_growth_tracker": int(start.facts["tracker"])}
            )


def check(run: RunSpec, *, beside: Sequence[RunSpec] = (), loaded: bool = False) -> torch.device:
    """The device of a run. Raises `SpecError` or `TooLargeError`, with nothing allocated, where it can't be trained.

    Counted are its passes, momenta and checkpoint, its data unless they are `loaded`, and what those that are trained
    `beside` it hold: weights, gradients and momenta.
    """
    device = choose(run.device)
    with computing(device, run.precision, training=True):
        pass
    about = DATA[run.data]
    # the data as bytes, twice while they are loaded
    standing = 0 if loaded else 2 * prod(about.shape) * (about.train + about.test)
    standing += sum((3 if other.momentum else 2) * FLOAT32 * trace(other.network).params for other in beside)
    afford(run.network, run.batch, device, run.precision, momentum=run.momentum > 0, standing=standing)
    return device


def _threads(run: RunSpec) -> int:
    """One for small work: two that share it wait for each other whenever the machine has something else to do."""
    return 1 if run.batch * trace(run.network).macs < _SMALL else torch.get_num_threads()


def estimate(run: RunSpec, *, steps: int = 4, pulse: Pulse | None = None) -> float:
    """Seconds that a training takes here, told from a few steps of it on made-up images; nothing is downloaded.

    The steps are bare: torch's optimizers, whose import takes seconds and memory, stay out of it. On a CPU a large
    batch is measured by a smaller one of the same images. Raises as `check` does.
    """
    about, device = DATA[run.data], check(run)
    large = device.type == "cpu" and run.network.input_shape[1] > 16
    batch = min(run.batch, 32) if large else run.batch
    generator = torch.Generator().manual_seed(0)
    images = torch.randn(batch, *run.network.input_shape, generator=generator).to(device)
    labels = torch.randint(about.classes, (batch,), generator=generator).to(device)
    network = build(run.network, seed=run.seed).to(device)
    times = []
    with threads(_threads(run)), exactly(device, run.precision, training=True):
        for step in range(steps):
            if pulse is not None:
                pulse(step / steps)
            began = time.perf_counter()
            network.zero_grad()
            with computing(device, run.precision, training=True):
                logits = network(images).float()
            cross_entropy(logits, labels).backward()  # type: ignore[no-untyped-call]
            with torch.no_grad():
                for weight in network.parameters():
                    if weight.grad is not None:
                        weight.sub_(weight.grad, alpha=1e-4)
            if device.type == "cuda":
                torch.cuda.synchronize(device)
            times.append(time.perf_counter() - began)
    each = min(times[1:]) / batch
    tested = about.test * run.all_epochs / 3  # forward alone
    return each * (run.batch * run.all_steps + tested)

"""Speed of training: `python -m tests.benchmarks.training`.

Images per second, from one run, against the usual loop: a DataLoader with torchvision's transforms over PIL images, the
same network, optimizer and precision. On a GPU, if there is one, data on the device, bfloat16, channels last and CUDA
graphs against the usual loop in the same precision. Then the memory of a run over its epochs, and the duration of the
digits' race. Data are random, of the right shape. Nothing here is asserted.
"""

import os
import statistics
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import torch
from torch.nn.functional import cross_entropy

from models.networks.build import build
from models.runtime.device import choose, in_words
from models.specs.presets import PRESETS
from models.specs.spec import NetworkSpec
from models.training.data_registry import DATA
from models.training.datasets import Data, Split
from models.training.resume import race
from models.training.run_spec import RunSpec
from models.training.run_store import RunStore
from models.training.trainer import Trainer, train
from viz.state.recipes import RECIPES
from viz.state.training import runners

ROUNDS = 3
MEAN, STD = (125.3, 123.0, 113.9), (63.0, 62.1, 66.7)


def made(count: int, name: str) -> Data:
    about = DATA[name]
    generator = torch.Generator().manual_seed(0)
    images = torch.randint(256, (count, *about.shape), dtype=torch.uint8, generator=generator)
    labels = torch.randint(about.classes, (count,), generator=generator)
    channels = about.shape[0]
    split = Split(images, labels)
    return Data(name, ("",) * about.classes, split, Split(images[:16], labels[:16]), MEAN[:channels], STD[:channels])


class Pictures(torch.utils.data.Dataset):
    """A data set like torchvision's: PIL images, transformed."""

    def __init__(self, data: Data, transform) -> None:
        from PIL import Image

        arrays = data.train.images.permute(0, 2, 3, 1).squeeze(3).numpy()
        self.pictures = [Image.fromarray(array) for array in arrays]
        self.labels = data.train.labels.tolist()
        self.transform = transform

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, place):
        return self.transform(self.pictures[place]), self.labels[place]


def usual(run: RunSpec, data: Data, device: torch.device, steps: int, workers: int) -> float:
    """Return images per second of the usual tutorial loop."""
    from torchvision import transforms

    side = run.network.input_shape[1]
    own = [transforms.Resize(side)] if side != DATA[run.data].shape[1] else []
    if run.augment != "none":
        own += [transforms.RandomCrop(side, padding=side // 8), transforms.RandomHorizontalFlip()]
    mean, std = ([value / 255 for value in values] for values in (data.mean, data.std))
    pictures = Pictures(data, transforms.Compose([*own, transforms.ToTensor(), transforms.Normalize(mean, std)]))
    loader = torch.utils.data.DataLoader(
        pictures, run.batch, shuffle=True, drop_last=True, num_workers=workers, pin_memory=device.type == "cuda"
    )
    network = build(run.network).to(device).train()
    optimizer = torch.optim.SGD(network.parameters(), run.learning_rate, run.momentum, weight_decay=run.weight_decay)
    done = 0
    began = time.perf_counter()
    while done < steps:
        for images, labels in loader:
            if done == 2:
                _ready(device)
                began = time.perf_counter()
            with torch.autocast(device.type, torch.bfloat16, enabled=run.precision == "bf16"):
                loss = cross_entropy(network(images.to(device)), labels.to(device))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            done += 1
            if done == steps:
                break
    _ready(device)
    return (steps - 2) * run.batch / (time.perf_counter() - began)


def ours(run: RunSpec, data: Data, steps: int) -> float:
    """Return images per second of the trainer, after two warm-up steps."""
    from models.training.datasets import Shuffle

    trainer = Trainer(run, data=data)
    shuffle = Shuffle.draw(trainer.data.train.images, run.augment, seed=0, epoch=0)
    trainer.network.train()
    places = [place % (len(data.train) // run.batch) for place in range(steps)]
    for place in places[:2]:
        trainer._learn(shuffle, place)
    _ready(trainer.device)
    began = time.perf_counter()
    for place in places[2:]:
        trainer._learn(shuffle, place)
    _ready(trainer.device)
    return (steps - 2) * run.batch / (time.perf_counter() - began)


def _ready(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def speed() -> None:
    here = choose("auto")
    print(
        f"\n| images per second, {in_words(here)} | Skipscope | the usual loop | ratio | target |\n|---|---:|---:|---:|---|"
    )
    gpu = here.type == "cuda"
    cifar = PRESETS["resnet20_cifar"].spec
    tutorial = replace(PRESETS["tutorial_resnet18"].spec, input_shape=(1, 64, 64), classes=10)
    fast = {"precision": "bf16", "channels_last": True, "compile": True} if gpu else {}
    works = [
        ("ResNet-20, CIFAR-10, batch 128, shifted and mirrored", RunSpec(network=cifar, data="cifar10", batch=128, augment="crop and flip", **fast), 50_000 if gpu else 2_048, 300 if gpu else 16),
        ("ResNet-18, Fashion-MNIST at 64 × 64, batch 64", RunSpec(network=tutorial, data="fashion-mnist", batch=64, **fast), 20_000 if gpu else 512, 200 if gpu else 8),
    ]  # fmt: skip
    for words, run, count, steps in works:
        data = made(count, run.data)
        mine, theirs = [], []
        for _ in range(ROUNDS):  # alternating, so that a slow phase affects both
            mine.append(ours(run, data, steps))
            theirs.append(
                max(
                    usual(run, data, here, steps, workers)
                    for workers in ((0, 2) if not gpu else (os.cpu_count() or 2,))
                )
            )
        first, second = statistics.median(mine), statistics.median(theirs)
        print(f"| {words} | {first:,.0f} | {second:,.0f} | {first / second:.2f}x | >= {3 if gpu else 1}x |", flush=True)


def memory() -> None:
    run = RunSpec(network=replace(PRESETS["resnet20_cifar"].spec, input_shape=(1, 8, 8)), epochs=8)
    peaks = [epoch.memory for epoch in train(run)]
    if None not in peaks:
        print(
            f"\n| peak memory by epoch, MB: ResNet-20 on digits | {' · '.join(f'{peak / 1e6:.1f}' for peak in peaks)} |"
        )


def digits() -> None:
    entered = runners(RECIPES["digits"].race, NetworkSpec())
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        last = dict(race([runner.run for runner in entered], RunStore(Path(folder))))
        seconds = time.perf_counter() - began
    print(f"\n| the digits' race, alone: {seconds:.0f} s | training error | test error |\n|---|---:|---:|")
    for place, runner in enumerate(entered):
        print(f"| {runner.name} | {last[place].train_error:.1%} | {last[place].test_error:.1%} |")


if __name__ == "__main__":
    print(f"torch {torch.__version__}, {in_words(choose('auto'))}")
    speed()
    memory()
    digits()

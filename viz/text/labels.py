"""Labels of choices and fields on the pages. The value of a choice is used in links and never changes."""

from enum import StrEnum

from models.runtime.settings import Augment, Device, Precision, Schedule, Source, Weights
from models.specs.choices import BlockForm, Gate, Init, Norm, Shortcut, Stem, StrideBlock, StrideIn
from models.specs.external import Start
from models.specs.families.registered import FAMILIES
from models.specs.presets import PRESETS
from models.specs.registry import BLOCKS, Family, Order
from models.tracing.layers import DepthRule, EdgeKind
from models.training.stored_run import Status
from viz.graph.folding import Level
from viz.graph.picture import Colour, Direction
from viz.language import N_, _, labelled
from viz.state.architecture import Rows, Tab
from viz.state.compare import Facet, Which
from viz.state.exercise import Page
from viz.state.signals import At, Of, Paint, Panel, Show
from viz.state.sweeps import Quantity
from viz.state.training import Across, Drawn, Grouped, Images, Lesson, Marks, OfLayers, Scale, Section
from viz.style import format
from viz.text.field_names import FIELDS

_LABELS: dict[type[StrEnum], dict[str, str]] = {
    Page: {
        "architecture": N_("Architecture"),
        "signals": N_("Signals"),
        "compare": N_("Compare"),
        "training": N_("Training"),
    },
    Tab: {
        Tab.LAYERS: N_("Layers"),
        Tab.CHARTS: N_("Charts"),
        Tab.DEPTH: N_("Why this depth?"),
        Tab.OTHERS: N_("Counts by other tools"),
        Tab.TORCHINFO: "torchinfo",
        Tab.PATHS: N_("Paths"),
        Tab.CODE: N_("PyTorch code"),
    },
    Rows: {Rows.LAYERS: N_("a layer"), Rows.BLOCKS: N_("a block"), Rows.STAGES: N_("a stage")},
    Level: {
        Level.STAGES: N_("stages"),
        Level.BLOCKS: N_("blocks"),
        Level.CONVOLUTIONS: N_("convolutions"),
        Level.LAYERS: N_("layers"),
    },
    Direction: {
        Direction.VERTICAL: N_("vertical"),
        Direction.HORIZONTAL: N_("horizontal"),
        Direction.COLUMNS: N_("columns"),
    },
    Colour: {
        Colour.KIND: N_("kind of layer"),
        Colour.PARAMS: N_("parameters"),
        Colour.MACS: N_("MACs"),
        Colour.MEMORY: N_("activation memory"),
    },
    Show: {Show.BOTH: N_("both"), Show.WITH: N_("with skips"), Show.WITHOUT: N_("without skips")},
    Of: {Of.WEIGHTS: N_("weights"), Of.ACTIVATIONS: N_("activations")},
    At: {
        At.BLOCKS: N_("blocks"),
        At.CONVOLUTIONS: N_("convolutions"),
        At.ACTIVATIONS: N_("ReLUs"),
        At.ALL: N_("all layers"),
    },
    Panel: {
        Panel.ACTIVATIONS: N_("Activations"),
        Panel.JOINS: N_("Skip and branch"),
        Panel.MAPS: N_("Feature maps"),
        Panel.GRAPH: N_("On the graph"),
        Panel.SWEEP: N_("Depth sweep"),
        Panel.REGIMES: N_("With and without norm"),
        Panel.STRENGTH: N_("Skip strength"),
        Panel.ALIKE: N_("Alike?"),
        Panel.NUMBERS: N_("Numbers"),
    },
    Paint: {
        Paint.WEIGHTS: N_("weight gradient"),
        Paint.GRADIENT: N_("activation gradient"),
        Paint.RMS: N_("activation rms"),
    },
    Facet: {
        Facet.STAGES: N_("By stage"),
        Facet.BLOCKS: N_("Blocks"),
        Facet.COUNTS: N_("Counts"),
        Facet.DEPTH: N_("Along depth"),
        Facet.TIMING: N_("Measured here"),
        Facet.SIGNALS: N_("Signals"),
        Facet.SHORTCUTS: N_("Cost of a shortcut"),
        Facet.DIFFERENCE: N_("Difference between two"),
        Facet.KINDS: N_("Basic or bottleneck"),
        Facet.NUMBERS: N_("Numbers"),
    },
    BlockForm: {
        BlockForm.SUMMED: N_("a: paths, added"),
        BlockForm.CONCATENATED: N_("b: paths, concatenated"),
        BlockForm.GROUPED: N_("c: grouped"),
    },
    Which: {Which.SAME: N_("keeps its shape"), Which.CHANGES: N_("changes its shape")},
    Lesson: {
        Lesson.RESULTS: N_("Results"),
        Lesson.PREDICTIONS: N_("Predictions"),
        Lesson.CONFUSION: N_("Confusion matrix"),
        Lesson.OWN: N_("Your own image"),
        Lesson.MAPS: N_("Where it looks"),
        Lesson.GRADIENTS: N_("Gradients"),
        Lesson.LESIONS: N_("Lesion study"),
        Lesson.RESPONSES: N_("Responses"),
        Lesson.REUSE: N_("Feature reuse"),
        Lesson.PATHS: N_("Paths"),
        Lesson.LANDSCAPE: N_("Loss surface"),
        Lesson.CURVATURE: N_("Curvature"),
        Lesson.AGREEMENT: N_("Shattered gradients"),
        Lesson.UNITS: N_("Use of channels"),
        Lesson.RUNS: N_("All runs"),
        Lesson.NUMBERS: N_("Numbers"),
    },
    Quantity: {
        Quantity.RATIO: N_("first / last gradient"),
        Quantity.GROWTH: N_("gradient per layer"),
        Quantity.SPREAD: N_("last / first output"),
        Quantity.LOSS: N_("loss"),
    },
    Images: {Images.TEST: N_("test images"), Images.TRAIN: N_("training images")},
    Section: {
        Section.RANDOM: N_("random directions"),
        Section.PATH: N_("path of training"),
        Section.LINE: N_("straight line"),
    },
    OfLayers: {OfLayers.GRADIENTS: N_("gradients"), OfLayers.UPDATES: N_("updates by weights")},
    Marks: {Marks.GRAD_CAM: "Grad-CAM", Marks.OCCLUSION: N_("covered patches")},
    Across: {
        Across.DEPTH: N_("depth"),
        Across.PARAMS: N_("parameters"),
        Across.EPOCHS: N_("epochs"),
        Across.RATE: N_("learning rate"),
    },
    Grouped: {
        Grouped.KIND: N_("kind of network"),
        Grouped.SKIPS: N_("skip connections"),
        Grouped.EPOCHS: N_("epochs"),
        Grouped.RATE: N_("learning rate"),
        Grouped.SEED: N_("seed"),
    },
    Drawn: {Drawn.CONTOURS: N_("contours"), Drawn.RELIEF: N_("relief")},
    Scale: {Scale.ERROR: N_("error"), Scale.LOSS: N_("loss")},
    Status: {
        Status.RUNNING: N_("running"),
        Status.PAUSED: N_("paused"),
        Status.STOPPED: N_("stopped"),
        Status.FAILED: N_("failed"),
        Status.DONE: N_("done"),
        Status.DAMAGED: N_("damaged"),
    },
    Source: {
        Source.NOISE: N_("Gaussian noise"),
        Source.DIGITS: N_("digits"),
        Source.PHOTOS: N_("photographs"),
        Source.UPLOAD: N_("your image"),
    },
    Device: {Device.AUTO: N_("automatic"), Device.CUDA: "CUDA", Device.MPS: "MPS", Device.CPU: "CPU"},
    Precision: {
        Precision.FLOAT32: "float32",
        Precision.TF32: "TF32",
        Precision.BF16: "bfloat16",
        Precision.FP16: "float16",
    },
    Weights: {
        Weights.RANDOM: N_("random"),
        Weights.PRETRAINED: N_("torchvision's, trained on ImageNet"),
        Weights.TRAINED: N_("trained here"),
        Weights.FILE: N_("from the file"),
    },
    Augment: {
        Augment.NONE: N_("no augmentation"),
        Augment.CROP: N_("random crops"),
        Augment.FLIP: N_("random crops and flips"),
    },
    Schedule: {
        Schedule.CONSTANT: N_("constant"),
        Schedule.STEP: N_("in steps"),
        Schedule.COSINE: N_("cosine"),
        Schedule.ONE_CYCLE: N_("one cycle"),
    },
    Family: {family.name: family.label for family in FAMILIES.values()},
    Shortcut: {
        Shortcut.NONE: N_("none: a plain network"),
        Shortcut.PAD: N_("A: identity, zero-padded"),
        Shortcut.PROJECTION: N_("B: projection at new shapes"),
        Shortcut.PROJECTION_ALL: N_("C: projection everywhere"),
        Shortcut.CONCAT: N_("concatenate"),
    },
    Stem: {
        Stem.IMAGENET: N_("ImageNet: 7×7 /2, pool /2"),
        Stem.DEEP: N_("deep: three 3×3, pool /2"),
        Stem.CIFAR: N_("CIFAR: one 3×3"),
        Stem.POINT: N_("one 1×1"),
    },
    Norm: {Norm.BATCH: N_("batch norm"), Norm.GROUP: N_("group norm"), Norm.NONE: N_("no norm")},
    Order: {
        Order.ORIGINAL: N_("original: ReLU after the addition"),
        Order.NORM_AFTER: N_("norm after the addition"),
        Order.RELU_BEFORE: N_("ReLU before the addition"),
        Order.RELU_PREACT: N_("ReLU-only pre-activation"),
        Order.PREACT: N_("full pre-activation"),
    },
    StrideBlock: {StrideBlock.FIRST: N_("first block"), StrideBlock.LAST: N_("last block")},
    Gate: {
        Gate.NONE: N_("none"),
        Gate.HIGHWAY: N_("highway: skip and branch"),
        Gate.SHORTCUT: N_("skip only"),
    },
    StrideIn: {StrideIn.CONV3X3: N_("on the 3×3 (v1.5)"), StrideIn.CONV1X1: N_("on the first 1×1 (v1)")},
    Start: {Start.LIBRARY: N_("the network's own"), Start.NONZERO: N_("its own, zeros drawn")},
    Init: {
        Init.DEFAULT: N_("PyTorch's default"),
        Init.KAIMING: N_("Kaiming (He)"),
        Init.XAVIER: N_("Xavier (Glorot)"),
        Init.ORTHOGONAL: N_("orthogonal"),
    },
    EdgeKind: {
        EdgeKind.FLOW: N_("main path"),
        EdgeKind.IDENTITY: N_("identity shortcut"),
        EdgeKind.PROJECTION: N_("projection shortcut"),
        EdgeKind.CONCAT: N_("concatenated"),
    },
    DepthRule: {
        DepthRule.CLASSIFIER: N_("the convolutions of the main path and the classifier"),
        DepthRule.PROJECTIONS: N_("all convolutions, including projections, without the classifier"),
        DepthRule.LONGEST: N_("the convolutions and linear layers on the longest path"),
    },
}
# How a picture was brought to the network's proportions, by the value of `models.runtime.uploads.Fit`.
_FITTED = {
    "padded": N_("Padded with its border colour to the proportions of the network's input."),
    "cropped": N_("Cropped around the centre to the proportions of the network's input."),
    "framed": N_("The drawing was cut out, centred, and scaled as in the data set."),
}


def label(option: object) -> str:
    """Return the label of a choice; a name is its own label."""
    return _(_LABELS[type(option)][str(option)]) if isinstance(option, StrEnum) else str(option)


def block_label(name: str) -> str:
    """Return a block's entry in the menu: its label and the kernels of its branch."""
    block = BLOCKS[name]
    return labelled(_(block.label), block.parts) if block.parts else _(block.label)


def field(name: str) -> str:
    """Return the label of a field of the network in the sidebar, or of a sweep."""
    return _(FIELDS[name]) if name in FIELDS else name


def value(field: str, value: object) -> str:
    """Return a value of a field in words."""
    if field == "preset":
        return PRESETS[str(value)].title
    if field == "block":
        return block_label(str(value))
    if isinstance(value, bool):
        return _("on") if value else _("off")
    if isinstance(value, StrEnum):
        return label(value)
    if isinstance(value, tuple):
        return format.shape(value) if field == "input_shape" else "-".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def fitted(how: str) -> str:
    """Return how an uploaded picture was fitted; "" if it was left as it is."""
    return _(_FITTED[how]) if how in _FITTED else ""

"""A pseudo-language: every literal part of every sentence in brackets, so that text outside of the catalogue shows."""

import json
import re
from string import Formatter

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo

from viz.language import DOMAIN, update

CODE = "qps"


def bracketed(sentence):
    """Put the literal parts of a sentence in brackets, and leave its places as they are."""
    parts = []
    for literal, name, form, conversion in Formatter().parse(sentence):
        escaped = literal.replace("{", "{{").replace("}", "}}")
        parts.append(f"⟦{escaped}⟧" if re.search("[A-Za-z]", literal) else escaped)
        if name is not None:
            parts.append("{" + name + (f"!{conversion}" if conversion else "") + (f":{form}" if form else "") + "}")
    return "".join(parts)


def write(locale, translate=bracketed, code=CODE):
    """Write a catalogue of every sentence in the code to a folder of catalogues."""
    found = Catalog(locale=None, charset="utf-8", fuzzy=False)
    for entry in update.template():
        if entry.id:
            plural = isinstance(entry.id, tuple)
            found.add(
                entry.id, tuple(map(translate, entry.id)) if plural else translate(entry.id), context=entry.context
            )
    file = locale / code / "LC_MESSAGES" / f"{DOMAIN}.mo"
    file.parent.mkdir(parents=True)
    with file.open("wb") as written:
        write_mo(written, found)


# fields of elements that no person reads
_TECHNICAL = frozenset(
    {
        "id", "autocomplete", "form_id", "element_id", "widget_id", "key", "url", "svg", "dot", "css", "js", "html_content", "css_content", "js_content",
        "color", "icon", "language", "format", "url_path", "page_script_hash", "script_name", "fragment_id", "hash",
        "component_name", "name_hash", "mime_type", "type", "config", "styles", "anchor", "tag", "user_key", "dg_id",
        "file_name", "config_json", "network", "order", "template", "shades", "font", "chart", "stops", "height", "shown",
        "page", "selection_mode", "set_value", "raw_value", "value_token", "theme", "query_string", "media_id", "class_name",
    }
)  # fmt: skip
_CODE = ("code", "imgs", "file_uploader_state", "audio", "video")


def texts(app):
    """Return every text of a page that a person reads: (where, text)."""
    found = []
    for element in _elements(app._tree):
        kind = getattr(element, "type", "")
        if kind in _CODE:
            continue
        proto = getattr(element, "proto", None)
        if kind == "plotly_chart":
            found += [(kind, text) for text in _json(json.loads(proto.spec))]
            found.append((kind, getattr(proto, "alt", "")))
        elif kind in ("arrow_data_frame", "dataframe", "arrow_table", "table"):
            frame = element.value
            found += [(kind, str(name)) for name in frame.columns]
            found += [(kind, text) for name in frame.columns for text in frame[name] if isinstance(text, str)]
        elif proto is not None:
            found += [(kind, text) for text in _strings(proto)]
    return [(kind, text) for kind, text in found if text]


def _elements(node):
    yield node
    for child in getattr(node, "children", {}).values():
        yield from _elements(child)


def _strings(proto):
    for field, value in proto.ListFields():
        if field.name in _TECHNICAL:
            continue
        values = value if field.is_repeated else [value]
        for one in values:
            if field.message_type is not None and hasattr(one, "ListFields"):
                yield from _strings(one)
            elif isinstance(one, str):
                yield from (
                    _json(json.loads(one), keys=_CHART - {"name"}) if one[:1] == "{" and one[-1:] == "}" else [one]
                )


_CHART = frozenset({"text", "name", "customdata", "hovertemplate", "ticktext", "meta", "title", "words", "alt", "note", "legend", "labels", "draw", "clear", "made", "texttemplate"})  # fmt: skip


def _json(value, *, keys=_CHART, read=False):
    """Yield the strings of JSON below the keys whose values a person reads."""
    if isinstance(value, str):
        if read:
            yield value
    elif isinstance(value, list):
        for one in value:
            yield from _json(one, keys=keys, read=read)
    elif isinstance(value, dict):
        for key, one in value.items():
            if key not in ("svg", "dot", "bdata") and not key.endswith(("anchor", "ref")):
                yield from _json(one, keys=keys, read=read or key in keys)


# names, units, formats and file types: the same in every language
NAMES = frozenset(
    [
        "ResNet",
        "DenseNet",
        "ResNeXt",
        "WRN",
        "BasicBlock",
        "Bottleneck",
        "CIFAR",
        "ImageNet",
        "MyResNet",
        "VGG",
        "torch",
        "torchvision",
        "torchinfo",
        "PyTorch",
        "Skipscope",
        "Keras",
        "thop",
        "ptflops",
        "fvcore",
        "timm",
        "Wide",
        "Xavier",
        "Glorot",
        "Kaiming",
        "Adam",
        "SGD",
        "Inception",
        "GPU",
        "CPU",
        "CUDA",
        "MPS",
        "float",
        "bfloat",
        "Fashion",
        "MNIST",
        "Kuzushiji",
        "SVHN",
        "Grad",
        "CAM",
        "arXiv",
        "Zagoruyko",
        "Komodakis",
        "Huang",
        "Xie",
        "HTML",
        "SVG",
        "JSON",
        "PNG",
        "PDF",
        "DOT",
        "CSV",
        "Markdown",
        "LaTeX",
        "GFLOPS",
        "MACs",
        "FLOPs",
        "MAC",
        "Total",
        "params",
        "mult",
        "adds",
        "Forward",
        "backward",
        "pass",
        "size",
        "flops",
        "param",
        "count",
        "gmacs",
        "macts",
        "num",
        "ops",
        "FlopCounterMode",
        "floor",
        "max",
        "NaN",
        "downsample",
        "alexnet",
        "googlenet",
        "avgpool",
        "maxpool",
        "relu",
        "stem",
        "head",
        "classifier",
        "input",
        "layers",
        "compile",
        "json",
        "csv",
        "safetensors",
        "English",
        "Language",
        "channels",
        "last",
    ]
)


def foreign(text):
    """Return the words of a text that are neither in brackets nor names, paths, numbers or formulas."""
    text = text.replace("\u200b", "")
    text = re.sub(
        r"(?s:<style>.*?</style>)|<[^>]*>|[^\s⟦⟧]*[?&][^\s⟦⟧]+=[^\s⟦⟧]+|%\{[^}]*\}|&\w+;|:(?:small|gray|blue)\b|-badge|:material/\w+:|https?://\S+|`[^`]*`",
        " ",
        text,
    )
    while "⟦" in text:
        shorter = re.sub(r"⟦[^⟦⟧]*⟧", " ", text)
        if shorter == text:
            break
        text = shorter
    text = re.sub(r"\b[\w-]*[\d_.][\w.-]*\b", " ", text)  # paths, numbers, formulas, names with a number
    return [word for word in re.findall(r"[A-Za-z]{3,}", text) if word not in NAMES]

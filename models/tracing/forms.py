"""The block of a ResNeXt in its three equal forms, as traces."""

from dataclasses import replace

from ..networks.resnext_forms import FORMS
from ..specs.choices import BlockForm, StrideBlock
from ..specs.spec import NetworkSpec
from .records import Trace
from .skeleton import skeleton
from .tracer import walk


def formed(spec: NetworkSpec, form: BlockForm) -> Trace:
    """Return the trace of a network of the same blocks, in one form, with a stage of two blocks and one of one block.

    The first block of the second stage changes the shape, the others have the names that they have in every ResNeXt.
    """
    counts = (2, 1) if len(spec.stages) > 1 else (2,)
    short = replace(spec, stages=counts, dilated=0, stride_block=StrideBlock.FIRST)
    return walk(skeleton(short, block=FORMS[form]), short)

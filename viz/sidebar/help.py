"""What the fields of a network mean, as help beside their widgets."""

from viz.language import N_

HELP = {
    "shortcut": N_(
        "Options A, B and C of He et al. 2015. Without shortcuts the network is plain: the same layers in a row."
    ),
    "stride_in": N_("v1.5 is torchvision's. v1, the paper's (He et al. 2015), has as many parameters and fewer MACs."),
    "widen": N_("Wide ResNet's k: every stage is k times as wide, the stem is not."),
    "groups": N_("ResNeXt's cardinality: the number of groups of the 3×3 convolution."),
    "group_width": N_("Inner width of a bottleneck block = planes * width per group / 64 * cardinality."),
    "growth_rate": N_("DenseNet's k: the channels that each layer adds."),
    "compression": N_("DenseNet's theta: the share of the channels that a transition keeps."),
    "hidden": N_("Width of the two hidden layers of VGG's classifier; 0: the classifier is a single layer."),
    "order": N_(
        "The orders that He et al. 2016 compared (figure 4). All but full pre-activation have the same weights."
    ),
    "stem_norm": N_("Pre-activation networks are published both ways: torchvision's layout has them, the paper's not."),
    "expansion": N_("Output channels of a bottleneck divided by its planes: 4 in ResNet."),
    "projection_pool": N_(
        "ResNet-D: average pooling has the stride, not the 1×1 convolution, which would skip 3 of 4 pixels."
    ),
    "raw_projection": N_("Projections read the block's input before its first norm and ReLU, not after them."),
    "stride_block": N_("TensorFlow's networks of He et al. 2016 have the stride in the last block of a stage."),
    "dilated": N_(
        "So many of the last stages keep height and width: the windows of their 3×3 convolutions grow instead."
    ),
    "skip_scale": N_("The skip is multiplied by this: 1 is the network, 0 the plain one."),
    "branch_scale": N_(
        "The branch is multiplied by this before the addition; in Inception-ResNet, on top of its own 0.17, 0.10 and "
        "0.20."
    ),
    "learned_scale": N_("One trained number per block multiplies the branch. It starts at zero (ReZero, SkipInit)."),
    "gate": N_("A gate is the sigmoid of a 1×1 convolution of the skip. Highway: skip * (1 - gate) + branch * gate."),
    "dropout": N_(
        "Share of the values that are set to zero in training: between the convolutions of a wide network's "
        "block, after each layer of a dense one."
    ),
    "drop_path": N_(
        "Stochastic depth: in training, the last block's branch is left out with this probability, earlier "
        "ones less often."
    ),
    "stages": N_("One number per stage, such as 3, 4, 6, 3: up to 5 stages, in Inception-ResNet 3."),
    "base_width": N_(
        "Output channels of the stem, or of VGG's first stage; residual and VGG stages double them. All widths of "
        "Inception-ResNet are multiples of it."
    ),
    "zero_init_residual": N_("The last norm of each branch starts at zero, so every block starts as its shortcut."),
}

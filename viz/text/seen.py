"""What a chart shows and how to read it, in two or three sentences, for somebody who sees it for the first time."""

from collections.abc import Mapping
from types import MappingProxyType

from viz.language import N_, _

_SEEN: Mapping[str, str] = MappingProxyType(  # key of a chart, or its beginning -> translatable
    {
        "gradients": N_(
            "Each point is a layer with weights, from the first on the left to the last on the right. Its height is "
            "the size of the gradient there after one backward pass, each line on the axis a power of ten; with "
            "several seeds the point is their median, and the band their range. Read it from right to left, as the "
            "gradient travels: a level line means that it arrives as it started, one that falls that it vanishes on "
            "its way back, one that rises that it explodes."
        ),
        "activation_rms": N_(
            "Each point is an output in the forward pass, first to last; its height is the root mean square of all "
            "values there. A line that keeps rising means that signals grow with depth, one that falls that they "
            "fade."
        ),
        "activation_std": N_(
            "Each point is an output in the forward pass, first to last; its height is the standard deviation of all "
            "values there: how much they differ, whatever their mean."
        ),
        "zero_fraction": N_(
            "Each point is an output in the forward pass, first to last; its height is the share of values that are "
            "exactly zero. About half is usual behind a ReLU; close to all means that little passes on."
        ),
        "histograms": N_(
            "Each curve is the distribution of the values that one layer puts out, the first layer at the top. Look "
            "whether the curves keep their width from top to bottom, get narrower, or spread."
        ),
        "stream": N_(
            "Each bar is an addition or concatenation, first to last. It is split into what came by the skip and what "
            "came by the branch, as shares of the sum of squares: a large share by the skip means that the block "
            "changes its input little."
        ),
        "back": N_(
            "Each bar is a block, first to last. It splits the squared gradient that reaches the block's input into "
            "what came back by the skip and what came back by the branch."
        ),
        "maps_": N_(
            "Each tile is one channel of the layer's output for one image, those with the largest values first. "
            "Bright is high and dark is low, in each tile on its own scale, so brightness can't be compared between "
            "tiles."
        ),
        "filters": N_(
            "Each tile is one filter of the first convolution: its weights, seen as a small image. Filters that were "
            "drawn at random look like noise; trained ones often show edges and spots of colour."
        ),
        "sweep": N_(
            "Each dot is one network: its depth to the right, and upwards how many times the gradient of its last "
            "convolution that of the first is. At 1 both are equal; the farther a line bends away from 1 with depth, "
            "the more the gradient explodes (up) or vanishes (down)."
        ),
        "sweeps": N_(
            "Each open marker is one network, above its value of this field, whatever its values of the others; the "
            "line joins the medians. Blue circles are with skip connections, orange squares without. At the dotted "
            "line, which is at 1, both ends are equal; all charts share their scale."
        ),
        "regimes": N_(
            "Four charts of the gradient by layer: on the left with skips and on the right without, above with one "
            "kind of norm and below with another. Charts in a row share their scale; compare their slopes."
        ),
        "strength": N_(
            "To the right, by how much the skips are weakened: 1 is the network itself, 0 the same network without "
            "them. Upwards, how many times the gradient of the last layer that of the first is; each dot is a seed, "
            "the line joins the medians."
        ),
        "alike_positions": N_(
            "Each point is a block, first to last; its height is how alike the positions of one image have become: "
            "the mean cosine of the angle between them. At 1 they all point the same way, and where things are in the "
            "image can no longer be told."
        ),
        "alike_images": N_(
            "Each point is a block, first to last; its height is how alike the images of the batch have become: the "
            "mean cosine of the angle between them. At 1 the network can't tell one image from another."
        ),
        "compare_accuracy": N_(
            "Each marker is a network: its cost to the right, its published accuracy on ImageNet upwards. Up and to "
            "the left is better: more accurate for less. Grey ones are other networks, for orientation."
        ),
        "compare_stages": N_(
            "Each group of bars is a stage, with a bar for every network: how many parameters lie there. In most "
            "ResNets the last stages hold most of them."
        ),
        "compare_counts": N_(
            "Each group of bars is a quantity, with a bar for every network, as a share of the largest. The networks "
            "can have different ranks in parameters, MACs and memory."
        ),
        "compare_channels": N_(
            "Each line is a network; its height is the number of channels that pass from block to block. Networks "
            "that add have steps, one at each stage; networks that concatenate climb with every layer."
        ),
        "compare_alive": N_(
            "Each line is a network; its height is how much memory its activations take at that moment of the forward "
            "pass of one image, if everything is freed that is no longer needed. The highest point is what must fit."
        ),
        "compare_timings": N_(
            "Each bar is a network, measured on this machine; the whiskers span the middle half of the runs. Less is "
            "better for the latency, more for images per second."
        ),
        "compare_weight_gradient_norm": N_(
            "Each line is a network: the size of the gradient of its weights along the depth, on a logarithmic axis. "
            "Solid with skips, dashed without: the distance of the two is what the skips changed."
        ),
        "compare_activation_rms": N_(
            "Each line is a network: the size of its outputs along the depth, on a logarithmic axis. Solid with "
            "skips, dashed without."
        ),
        "compare_shortcuts": N_(
            "Each group of bars is a kind of shortcut, compared with the same network without any: by how many "
            "percent it adds parameters, MACs and memory for training."
        ),
        "compare_difference": N_(
            "From left to right, the way from one network's parameters to the other's: each bar is one cause, and how "
            "much it adds or takes away. The bars at the ends are the totals."
        ),
        "params": N_(
            "Each bar is a layer that has parameters, first to last; its height is how many. Colours tell the kind of "
            "layer."
        ),
        "macs": N_(
            "Each bar is a layer that computes, first to last; its height is the number of its MACs for one image, "
            "each a multiplication and an addition."
        ),
        "shapes": N_(
            "Channels and height of what passes from block to block. In most networks one line goes up in steps while "
            "the other goes down: where the image gets smaller, there are more channels."
        ),
        "field": N_(
            "Each step is how much of the image one position of a layer depends on, in pixels; the level line is the "
            "whole image. Each kernel and each stride before a layer widens its view."
        ),
        "stages": N_(
            "For each stage two bars: its share of all parameters, and its share of all MACs. Early stages often "
            "compute much with few parameters, as their maps are large; late ones the other way round."
        ),
        "path_lengths": N_(
            "Each bar is a length: the number of branches that a path passes; everywhere else it takes the skip. Its "
            "height is the share of all paths that are as long."
        ),
        "curves": N_(
            "Each line is a network: the share of images that it gets wrong, or its loss, after each epoch; on the "
            "left on the images that it learns from, on the right on images that it has never seen. If a deeper "
            "network is worse on the left too, that is not overfitting."
        ),
        "heat_updates": N_(
            "Each row is a layer, the first at the top, each column an epoch; the colour is the share of its own size "
            "by which one step changes the layer's weights, the same scale for all networks. Dark rows are layers that "
            "hardly move."
        ),
        "heat_gradients": N_(
            "Each row is a layer, the first at the top, each column an epoch; the colour is the size of the gradient "
            "there, the same scale for all networks. Dark rows are layers that little gradient reaches."
        ),
        "training_path": N_(
            "Each panel is a network. The white line is the path of its weights, a point for each epoch that was kept; "
            "it ends at the cross. Colours and lines of equal loss show the loss around it, on one scale for all "
            "networks. The axes are the two directions that show most of the path."
        ),
        "cuts": N_(
            "Each line is a network whose weights move straight from one set to another, from the left to the right; "
            "its height is the loss there. A hump between two trainings means that no straight valley joins them."
        ),
        "lesions": N_(
            "Each marker is the test error when one block is taken out of the trained network, the level line that of "
            "the whole network. A marker near the line is a block that the network can do without."
        ),
        "responses": N_(
            "Each point is a convolution of the trained network; its height is how strongly its output varies. Low "
            "ones change little of what the skip carries past them."
        ),
        "reuse_": N_(
            "Each column is a layer of the dense block, each row an earlier output that it reads; the colour is how "
            "strongly its weights use it, relative to the largest. The diagonal is the output just before."
        ),
        "paths": N_(
            "A path takes the skip or the branch at every addition; its length is the number of branches. Most paths "
            "are of middle length (top). A point in the middle is the gradient that one path brings to the image, the "
            "line their mean. Below, both are multiplied: which lengths the gradient mainly comes along."
        ),
        "curvature": N_(
            "The largest eigenvalue of the loss's second derivatives, before and after training. The larger it is, the "
            "smaller a step must be: a learning rate that suits one network can be too large for another."
        ),
        "agreement": N_(
            "Above: two points on the way from one image to another, by their distance as a share of the way, and "
            "how alike the gradients are there; 1 is the same direction, 0 none in common. A line that falls at once"
            " is a gradient that says nothing about the next point. Below: the same for the weights' gradients of "
            "every two batches; each dot is a pair, the bar their mean."
        ),
        "units": N_(
            "Each point is an activation layer, the first at the left. Above, how many directions its outputs "
            "really use, as a share of all: at 100% they vary independently and equally. Below, the share of "
            "channels that are zero for every image."
        ),
        "landscape": N_(
            "The middle is the trained network; to the right and upwards its weights are moved along two random "
            "directions, at the edge by as much as their own size. The colour (or the height) is the loss there, on "
            "one scale for all networks. Closed rings around the middle are a valley."
        ),
        "maps": N_(
            "On the left an image, beside it the same under each network's map. Orange places speak for the network's "
            "answer: with Grad-CAM they raise its score, with covered patches its probability falls when they are "
            "hidden. Blue ones speak against it. A map says where, not why."
        ),
        "runs_compared": N_(
            "Each marker is a finished run, of whatever race: how many test images it gets wrong. Lines go through the "
            "mean of each colour. Runs can differ in more than what is drawn; the sentence above says in what."
        ),
        "confusion": N_(
            "Each row is a true class, each column what the network took it for. The diagonal is right; every other "
            "number is a mistake, the stronger the colour the more of them."
        ),
    }
)


def seen(key: str) -> str:
    """Return the explanation of a chart by its key or its longest beginning; "" if there is none."""
    found = max((name for name in _SEEN if key.startswith(name)), key=len, default="")
    return _(_SEEN[found]) if found else ""

"""Networks as PyTorch modules: blocks, building, pretrained weights, code export."""

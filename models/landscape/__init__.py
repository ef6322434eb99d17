"""The loss around weights: its surface on a plane, and its largest curvature."""

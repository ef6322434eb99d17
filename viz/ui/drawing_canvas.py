"""A canvas to draw on with the mouse, a finger or a pen: white on black, as in the data sets."""

import base64
import binascii

import streamlit as st

from viz.language import _

_HTML = """
<div class="sheet">
  <canvas width="280" height="280" tabindex="0" role="img"></canvas>
  <button type="button"></button>
</div>
"""
_CSS = """
.sheet { display: flex; flex-direction: column; gap: 0.5rem; width: 280px; }
canvas { background: #000; border-radius: 0.5rem; touch-action: none; cursor: crosshair; }
canvas:focus-visible { outline: 3px solid var(--st-primary-color); }
button {
  font: 400 1rem var(--st-font); padding: 0.3rem 0.75rem; border-radius: 0.5rem; cursor: pointer;
  color: var(--st-text-color); background: var(--st-background-color); border: 1px solid var(--st-border-color);
}
"""
_JS = """
export default function ({ data, parentElement, setStateValue }) {
  const canvas = parentElement.querySelector("canvas");
  canvas.setAttribute("aria-label", data.draw);
  parentElement.querySelector("button").textContent = data.clear;
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  pen.lineWidth = 34; pen.lineCap = pen.lineJoin = "round"; pen.strokeStyle = "#fff";
  const at = (event) => {
    const box = canvas.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  canvas.onpointerdown = (event) => {
    canvas.setPointerCapture(event.pointerId);
    pen.beginPath(); pen.moveTo(...at(event)); pen.lineTo(...at(event)); pen.stroke();
    canvas.onpointermove = (move) => { pen.lineTo(...at(move)); pen.stroke(); };
  };
  canvas.onpointerup = canvas.onpointercancel = () => {
    canvas.onpointermove = null;
    setStateValue("picture", canvas.toDataURL("image/png"));
  };
  parentElement.querySelector("button").onclick = () => {
    pen.clearRect(0, 0, canvas.width, canvas.height);
    setStateValue("picture", "");
  };
}
"""
_SHEET = st.components.v2.component("skipscope_sketch", html=_HTML, css=_CSS, js=_JS)
_MOST = 10**6  # characters


def show(key: str) -> bytes | None:
    """Draw the canvas; return the drawing as a PNG file, or None."""
    words = {"draw": _("Draw here"), "clear": _("Clear")}
    found = _SHEET(key=key, data=words, default={"picture": ""}, on_picture_change=lambda: None)
    text = str(found.picture or "")
    head, __, data = text.partition(",")
    if head != "data:image/png;base64" or len(data) > _MOST:
        return None
    try:
        return base64.b64decode(data, validate=True)
    except binascii.Error:
        return None

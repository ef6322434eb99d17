// Begins each step at the top of the page, and takes the keys of a lecture: arrows and Page Up, Page Down of clickers.
const states = new WeakMap();

export default function ({ data, parentElement }) {
  const before = states.get(parentElement);
  if (before) document.removeEventListener("keydown", before.keys);
  if (before && before.place !== data.place) {
    const main = document.querySelector('[data-testid="stMain"]'), title = main?.querySelector("h1");
    main?.scrollTo(0, 0);
    if (title) { title.tabIndex = -1; title.style.outline = "none"; title.focus({ preventScroll: true }); }
  }
  const press = (name) => document.querySelector(`.st-key-${name} button:not(:disabled)`)?.click();
  const moves = {
    ArrowRight: () => press("next"), PageDown: () => press("next"), ArrowLeft: () => press("back"), PageUp: () => press("back"),
    Enter: () => press("reveal"), Escape: () => press("leave"),
    f: () => (document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen?.()),
  };
  const keys = (event) => {
    const on = event.target.closest?.("button, a, input, textarea, select, [contenteditable]") || event.composedPath()[0]?.closest?.("button, input, select, .pane");
    if (!data.hall || on || event.ctrlKey || event.metaKey || event.altKey) return;
    const move = moves[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!move) return;
    event.preventDefault();
    move();
  };
  document.addEventListener("keydown", keys);
  states.set(parentElement, { place: data.place, keys });
  return () => { document.removeEventListener("keydown", keys); states.delete(parentElement); };
}

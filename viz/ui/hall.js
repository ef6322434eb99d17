// Begins each step at the top of the page, and takes the keys of a lecture: arrows, Page Up and Page Down of clickers.
const states = new WeakMap();

export default function ({ data, parentElement }) {
  const before = states.get(parentElement), main = document.querySelector('[data-testid="stMain"]');
  document.documentElement.lang = data.language;
  const app = document.querySelector(".stApp");
  const scheme = () => { document.documentElement.style.colorScheme = getComputedStyle(app).colorScheme; };  // dialogs lie outside the app
  const themes = new MutationObserver(scheme);
  scheme();
  themes.observe(app, { attributes: true, attributeFilter: ["class"] });
  if (before) document.removeEventListener("keydown", before.keys);
  if (before && before.place !== data.place) {
    const title = main?.querySelector("h1");
    main?.scrollTo(0, 0);
    if (title) { title.tabIndex = -1; title.style.outline = "none"; title.focus({ preventScroll: true }); }
  } else if (before && before.answers !== data.answers) {  // what was told comes into sight
    setTimeout(() => document.querySelector(".st-key-lesson_words .stAlert")?.scrollIntoView({ block: "nearest" }), 400);
  }
  const press = (name) => {
    const button = document.querySelector(`.st-key-${name} button:not(:disabled)`);
    button?.click();
    return Boolean(button);
  };
  const scroll = (by) => {               // false at the end of the page
    if (!main || (by > 0 ? main.scrollTop + main.clientHeight > main.scrollHeight - 24 : main.scrollTop < 24)) return false;
    main.scrollBy({ top: by * main.clientHeight });
    return true;
  };
  const moves = {
    ArrowRight: () => press("next"), ArrowLeft: () => press("back"),
    PageDown: () => scroll(0.75) || press("next"), PageUp: () => scroll(-0.75) || press("back"),  // all of a step, then the next
    Enter: () => press("reveal"), Escape: () => press("leave"),
    f: () => { document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen?.(); return true; },
  };
  const keys = (event) => {
    const on = event.composedPath()[0], control = on.closest?.("button, a, input, textarea, select, summary, [contenteditable], [role=slider], [role=tab], [role=option]");
    const own = on.closest?.(".pane") && event.key.startsWith("Arrow");  // the graph's arrows go from node to node
    if (!data.hall || event.ctrlKey || event.metaKey || event.altKey || own || (control && event.key !== "Escape" && !event.key.startsWith("Page"))) return;
    if (moves[event.key.length === 1 ? event.key.toLowerCase() : event.key]?.()) event.preventDefault();
  };
  document.addEventListener("keydown", keys);
  states.set(parentElement, { place: data.place, answers: data.answers, keys });
  return () => { themes.disconnect(); document.removeEventListener("keydown", keys); states.delete(parentElement); };
}

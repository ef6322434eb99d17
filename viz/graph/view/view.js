// Shows the SVG of a graph, with pan, zoom and keyboard control; picked nodes are reported to Python.
const states = new WeakMap();
const SMALLEST = 0.05, LARGEST = 8, DRAG = 4, NATURAL = 0.8, SMALL = 0.64, NARROW = 0.5;  // NATURAL: text of 15 px, SMALL: of 12 px

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".frame");
  if (!root || !data) return;
  if (!states.has(parentElement)) states.set(parentElement, { scale: 1, x: 0, y: 0, hash: null, network: null, focus: null });
  const state = states.get(parentElement);
  const pane = root.querySelector(".pane"), paper = root.querySelector(".paper");
  pane.style.height = data.height;
  const legend = root.querySelector(".legend");
  legend.innerHTML = data.legend;
  legend.hidden = !legend.textContent.trim();
  const note = root.querySelector(".note");
  note.textContent = data.note;
  root.classList.toggle("dark", isDark(root));
  pane.setAttribute("aria-label", `${data.alt} ${data.labels.keys}`);

  const find = (id) => [...paper.querySelectorAll("g.node, g.cluster")].find((g) => g.id === id);
  // a card of a stack, or the part of a frame in a later column, stands for the whole
  const owner = (g) => (g && !(g.id in data.words) ? find(g.id.replace(/ (card|part) \d+$/, "")) ?? g : g);
  const place = () => {
    paper.style.transform = `translate(${state.x}px, ${state.y}px)`;
    const svg = paper.firstElementChild;
    if (svg) { svg.style.width = `${state.width * state.scale}px`; svg.style.height = `${state.height * state.scale}px`; }
  };
  // The legend is beside a narrow graph and below a wide one, so that it never covers the beginning of the graph.
  const beside = () => (legend.classList.contains("row") ? 8 : legend.offsetWidth + 18);
  const below = () => (legend.classList.contains("row") ? legend.offsetHeight : 0);
  // Beside the graph or below it: wherever more of the picture is legible.
  const lay = () => {
    legend.classList.remove("row");
    const beside = Math.min((pane.clientWidth - legend.offsetWidth - 26) / state.width, (pane.clientHeight - 16) / state.height);
    legend.classList.add("row");
    legend.classList.toggle("row", whole() >= Math.min(beside, 1) || beside < SMALL);
  };
  const settle = (scale) => {            // the top of the graph, centred, so that reading begins at the image
    state.scale = scale;
    const wide = state.width * scale, high = state.height * scale, room = pane.clientHeight - below();
    state.x = Math.max((pane.clientWidth + beside() - 8 - wide) / 2, beside());
    state.y = Math.max((room - high) / 2, note.offsetHeight + 12);
    place();
  };
  const whole = () => Math.min((pane.clientWidth - beside() - 8) / state.width, (pane.clientHeight - below() - 16) / state.height);
  const fresh = () => {                  // the first view of a graph: all of it, if that is legible
    lay();
    const fit = whole();
    const across = (pane.clientWidth - beside() - 8) / state.width;  // on a phone: its whole width, if that is legible
    settle(fit > SMALL ? Math.min(fit, 1.1) : Math.min(NATURAL, Math.max(across, NARROW)));
    if (data.shown) into(find(data.shown));
  };
  const zoom = (by, at) => {
    state.moved = true;
    const box = pane.getBoundingClientRect();
    const px = at ? at.x - box.left : box.width / 2, py = at ? at.y - box.top : box.height / 2;
    const scale = Math.min(Math.max(state.scale * by, SMALLEST), LARGEST);
    state.x = px - (px - state.x) * (scale / state.scale);
    state.y = py - (py - state.y) * (scale / state.scale);
    state.scale = scale;
    place();
  };
  const into = (g, edge = 24) => {       // pan if a part of the node is out of sight
    if (!g) return;
    const box = pane.getBoundingClientRect(), own = g.getBoundingClientRect();
    if (own.left < box.left + edge || own.right > box.right - edge) {
      state.x += Math.abs(own.width) > box.width - 2 * edge ? box.left + edge - own.left : box.left + box.width / 2 - (own.left + own.width / 2);
    }
    if (own.top < box.top + edge || own.bottom > box.bottom - edge - below()) {
      state.y += Math.abs(own.height) > box.height - 2 * edge ? box.top + edge - own.top : box.top + (box.height - below()) / 2 - (own.top + own.height / 2);
    }
    place();
  };
  const mark = (name, id) => {
    paper.querySelectorAll(`.${name}`).forEach((g) => g.classList.remove(name));
    const g = id ? find(id) : null;
    if (g) g.classList.add(name);
    return g;
  };
  const pick = (g) => {
    mark("selected", g.id);
    state.moved = true;
    state.anchor = { id: g.id, box: g.getBoundingClientRect() };
    setTriggerValue("picked", g.id);
  };
  const go = (step) => {
    const at = data.order.indexOf(state.focus ?? data.shown);
    const next = data.order[Math.min(Math.max(at + step, 0), data.order.length - 1)];
    state.focus = next;
    into(mark("focus", next));
    root.querySelector(".live").textContent = data.words[next] ?? next;
  };

  const changed = data.hash !== state.hash;
  if (changed) {
    const svg = document.importNode(new DOMParser().parseFromString(data.svg, "image/svg+xml").documentElement, true);
    [state.width, state.height] = [parseFloat(svg.getAttribute("width")) * 4 / 3, parseFloat(svg.getAttribute("height")) * 4 / 3];
    svg.removeAttribute("width");
    svg.removeAttribute("height");
    svg.setAttribute("aria-hidden", "true");
    svg.querySelectorAll("g.node, g.cluster").forEach((g) => {
      const title = document.createElementNS("http://www.w3.org/2000/svg", "title");
      title.textContent = data.words[g.id] ?? g.id;
      g.prepend(title);
    });
    paper.replaceChildren(svg);
    const same = state.network === data.network, anchor = state.anchor;
    state.hash = data.hash;
    state.network = data.network;
    state.focus = null;
    lay();
    if (same && anchor && find(anchor.id)) {  // a group that was unfolded stays under the pointer
      place();
      const now = find(anchor.id).getBoundingClientRect();
      state.x += anchor.box.left - now.left;
      state.y += anchor.box.top - now.top;
      const over = now.width + anchor.box.left + 12 - pane.getBoundingClientRect().right;  // and in sight as far as possible
      if (over > 0) state.x -= Math.min(over, anchor.box.left - pane.getBoundingClientRect().left - 12);
      place();
    } else {
      state.moved = false;
      fresh();
    }
    state.anchor = null;
  }
  mark("selected", data.shown);

  if (changed) { state.player?.stop(); state.player = player({ data, root, find, into }); }
  paper.onpointerover = (event) => mark("partner", data.partners[owner(event.target.closest("g.node, g.cluster"))?.id]);
  paper.onpointerleave = () => mark("partner", null);

  const tools = root.querySelector(".tools");
  tools.setAttribute("aria-label", data.labels.zoom);
  root.querySelectorAll(".tools button").forEach((button) => {
    button.title = data.labels[button.dataset.do];
    button.setAttribute("aria-label", button.title);
    if (button.dataset.do === "fit") button.textContent = data.labels.whole;
    button.onclick = (event) => {
      event.stopPropagation();
      ({ in: () => zoom(1.25), out: () => zoom(0.8), fit: () => settle(whole()), natural: () => settle(NATURAL) })[button.dataset.do]();
    };
    button.onpointerdown = (event) => event.stopPropagation();
  });
  tools.hidden = false;  // until here its buttons have no names
  pane.onpointerdown = (event) => {
    if (event.button !== 0) return;
    state.drag = { x: event.clientX, y: event.clientY, fromX: state.x, fromY: state.y, far: false, on: owner(event.target.closest("g.node, g.cluster")) };
  };
  pane.onpointermove = (event) => {
    const drag = state.drag;
    if (drag && !event.buttons) state.drag = null;  // the button was released outside
    if (!state.drag) return;
    const dx = event.clientX - drag.x, dy = event.clientY - drag.y;
    if (!drag.far && Math.hypot(dx, dy) < DRAG) return;
    if (!drag.far) { drag.far = state.moved = true; pane.setPointerCapture(event.pointerId); }
    [state.x, state.y] = [drag.fromX + dx, drag.fromY + dy];
    paper.style.transform = `translate(${state.x}px, ${state.y}px)`;
  };
  pane.onpointerup = () => {
    const drag = state.drag;
    state.drag = null;
    if (drag && !drag.far && drag.on && data.words[drag.on.id]) pick(drag.on);
  };
  pane.onpointercancel = () => { state.drag = null; };
  pane.onwheel = (event) => {             // without Ctrl the wheel scrolls the page
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    zoom(event.deltaY < 0 ? 1.15 : 1 / 1.15, { x: event.clientX, y: event.clientY });
  };
  pane.onkeydown = (event) => {
    if (event.target !== pane) return;
    const moves = {
      ArrowDown: () => go(1), ArrowRight: () => go(1), ArrowUp: () => go(-1), ArrowLeft: () => go(-1),
      Home: () => go(-data.order.length), End: () => go(data.order.length),
      "+": () => zoom(1.25), "=": () => zoom(1.25), "-": () => zoom(0.8), 0: () => settle(whole()), 1: () => settle(NATURAL),
      Enter: () => { const g = find(state.focus ?? data.shown); if (g) pick(g); },
    };
    moves[" "] = moves.Enter;
    if (!(event.key in moves) || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    moves[event.key]();
  };
  state.refit = () => { if (!state.moved) fresh(); };
  if (!state.observer) {
    state.observer = new ResizeObserver(() => state.refit());
    state.observer.observe(pane);
  }
  return () => { state.player?.stop(); state.observer.disconnect(); states.delete(parentElement); };
}

function isDark(element) {
  const colour = getComputedStyle(element).getPropertyValue("--st-background-color").trim();
  const canvas = document.createElement("canvas").getContext("2d");
  canvas.fillStyle = colour || "#ffffff";
  canvas.fillRect(0, 0, 1, 1);
  const [red, green, blue] = canvas.getImageData(0, 0, 1, 1).data;
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue < 128;
}

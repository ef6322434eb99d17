// Draws the graph in the data of this page: boxes by the browser's own layout, edges over them.
"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const labels = data.labels, layers = data.layers.map((one) => ({ ...data.usual, ...one }));
const $ = (choice) => document.querySelector(choice);
const pane = $(".pane"), paper = $(".paper"), graph = $(".graph"), drawn = $(".edges"), card = $("#card");
const SVG = "http://www.w3.org/2000/svg", OPEN = { stages: [], blocks: ["stage"], layers: ["stage", "run", "block"] };
const groups = new Map();         // id -> group
const around = new Map();         // path of a layer or id of a group -> the groups around it, outer ones first
const number = new Map(layers.map((one, place) => [one.path, place]));
let open = new Set(), shown = new Map(), scale = 1, selected = "", colour = "", range = [];  // `range`: of the colours

function enter(parts, outer) {
  for (const [part] of parts) {
    if (typeof part === "number") { around.set(layers[part].path, outer); continue; }
    groups.set(part.id, part);
    around.set(part.id, outer);
    enter(part.parts, [...outer, part]);
  }
}
enter(data.tree, []);

const own = (group) => layers.slice(group.layers[0], group.layers[1] + 1);
const sum = (group, field) => own(group).reduce((total, one) => total + one[field], 0);
const several = (part) => part.blocks > 1;
const shape = (sides) => sides.join(" × ");
const written = (value) => value.toLocaleString(document.documentElement.lang);
const element = (tag, name, text = "") => {
  const made = document.createElement(tag);
  if (name) made.className = name;
  made.textContent = text;
  return made;
};

// ---- boxes

function box(part) {
  const layer = typeof part === "number" ? layers[part] : null;
  const path = layer ? layer.path : part.id;
  if (!layer && open.has(path)) return cluster(part);
  const sign = layer && data.signs[layer.kind];
  const made = element("button", layer ? `node kind-${layer.kind}` : "node group");
  made.dataset.path = path;
  if (sign) {
    made.classList.add("join");
    made.textContent = sign;
  } else {
    const inner = around.get(path).at(-1);
    const named = layer ? (inner && path.startsWith(`${inner.path}.`) ? path.slice(inner.path.length + 1) : path) : part.name;
    made.append(element("b", "", named));
    if (layer?.kernel) made.append(element("small", "", `${layer.kernel.join("×")}${Math.max(...(layer.stride ?? [1])) > 1 ? `/${layer.stride[0]}` : ""}`));
    if (several(part)) made.append(element("small", "times", `× ${part.blocks}`));
    made.append(element("small", "", shape(layer ? layer.output_shape : own(part).at(-1).output_shape)));
  }
  made.title = layer ? `${path}: ${data.kinds[layer.kind]}` : `${part.path}: ${labels.unfold}`;
  made.setAttribute("aria-label", sign ? made.title : `${made.title}, ${made.textContent}`);
  if (!layer) {
    made.setAttribute("aria-expanded", "false");
    if (several(part)) made.classList.add("several");
  }
  tint(made, layer, part);
  shown.set(path, made);
  return made;
}

function cluster(group) {
  const made = element("section", `cluster ${group.rank}`);
  const head = element("button", "head", `${group.name}${several(group) ? ` × ${group.blocks}` : ""}`);
  head.dataset.path = group.id;
  head.title = `${group.path}: ${labels.fold}`;
  head.setAttribute("aria-label", head.title);
  head.setAttribute("aria-expanded", "true");
  made.append(head, grid(group.parts, element("div", "parts")));
  made.dataset.cluster = group.id;
  if (group.skips) made.classList.add("skips");
  return made;
}

function grid(parts, into) {
  for (const [part, row, column] of parts) {
    const made = box(part);
    made.style.gridArea = `${row + 1} / ${column + 1}`;
    into.append(made);
  }
  return into;
}

function tint(made, layer, part) {
  if (!colour || made.classList.contains("join")) return;
  const value = layer ? layer[colour] : sum(part, colour);
  const [low, high] = range;
  const share = value > 0 ? (high > low ? Math.log(value / low) / Math.log(high / low) : 1) : null;
  const fill = share === null ? "var(--paper)" : mixed(Math.min(Math.max(share, 0), 1));
  made.style.background = fill;
  if (share !== null) made.style.color = bright(fill) ? "#000" : "#fff";
}

function ends() {
  const values = layers.map((one) => one[colour]).filter((value) => value > 0);
  const high = Math.max(...[...groups.values()].map((one) => sum(one, colour)), ...values);
  return [Math.min(...values), high];
}

function mixed(share) {
  const at = share * (data.scale.length - 1), low = Math.min(Math.floor(at), data.scale.length - 2);
  const parts = [low, low + 1].map((place) => [1, 3, 5].map((start) => parseInt(data.scale[place].slice(start, start + 2), 16)));
  return `rgb(${parts[0].map((one, place) => Math.round(one + (parts[1][place] - one) * (at - low))).join(",")})`;
}

function bright(fill) {
  const [red, green, blue] = fill.match(/\d+/g).map((one) => { const part = one / 255; return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4; });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.18;
}

function draw() {
  shown = new Map();
  const image = element("button", "node image");
  image.append(element("b", "", labels.image), element("small", "", shape(data.input_shape)));
  image.style.gridArea = "1 / 1";
  image.tabIndex = -1;
  graph.replaceChildren(image);
  shown.set("input", image);
  grid(data.tree.map(([part, row, column]) => [part, row + 1, column]), graph);
  mark();
  connect();
}

// ---- edges

function visible(path) {  // the box that shows a layer: its own, or the outermost folded group around it
  if (path === "input") return "input";
  const folded = around.get(path).find((group) => !open.has(group.id));
  return folded ? folded.id : path;
}

function connect() {
  const origin = paper.getBoundingClientRect();
  const place = (box) => {
    const at = box.getBoundingClientRect();
    const [left, top, right, bottom] = [at.left - origin.left, at.top - origin.top, at.right - origin.left, at.bottom - origin.top].map((one) => one / scale);
    return { left, top, right, bottom, x: (left + right) / 2, y: (top + bottom) / 2 };
  };
  const boxes = new Map([...shown].map(([path, box]) => [path, place(box)]));
  const all = [...boxes.values()].sort((one, other) => one.top - other.top);
  const arcs = [], lines = [], seen = new Set();
  for (const edge of data.edges) {
    const source = visible(edge.source), target = visible(edge.target);
    if (source === target) continue;
    const kind = target === edge.target ? edge.kind : "flow", key = `${source} ${target} ${kind}`;
    if (seen.has(key)) continue;
    seen.add(key);
    const from = boxes.get(source), to = boxes.get(target);
    const between = all.filter((one) => one.top > from.bottom - 1 && one.bottom < to.top + 1 && one !== from && one !== to);
    const x = (y) => from.x + (to.x - from.x) * (y - from.bottom) / (to.top - from.bottom || 1);
    const hidden = between.some((one) => one.left < x(one.y) + 4 && one.right > x(one.y) - 4);
    const aside = from.x > to.right + 12 && !between.some((one) => one.left < from.x && one.right > from.x);
    if (!hidden) lines.push({ from, to, kind });
    else if (aside && ["flow", "projection"].includes(kind)) lines.push({ from, to, kind, elbow: true });
    else arcs.push({ from, to, kind, between });
  }
  for (const [path, box] of boxes) {
    const group = groups.get(path);
    (group?.skips ?? []).forEach(([kind, label], place) => {  // one stroke for each kind, the later inside the first
      const inset = 5 + 5 * place;
      arcs.push({ from: { ...box, y: box.top + inset }, to: { ...box, y: box.bottom - inset }, kind, between: [], label, fold: true, line: group.skips.length > 1 ? place - 0.5 : 0 });
    });
  }
  arcs.sort((one, other) => (one.to.y - one.from.y) - (other.to.y - other.from.y));
  const lanes = [];
  const pieces = lines.map(({ from, to, kind, elbow }) => {
    if (elbow) {                      // down its own column, then into the side
      return path(`M ${from.x} ${from.bottom} V ${to.y - 10} Q ${from.x} ${to.y} ${from.x - 10} ${to.y} H ${to.right}`, kind);
    }
    const middle = (from.bottom + to.top) / 2;
    const bend = Math.abs(from.x - to.x) < 2 ? `V ${to.top}` : `C ${from.x} ${middle} ${to.x} ${middle} ${to.x} ${to.top}`;
    return path(`M ${from.x} ${from.bottom} ${bend}`, kind);
  });
  for (const arc of arcs) {
    const top = arc.from.y, end = arc.to.y;
    let right = Math.max(arc.from.right, arc.to.right, ...arc.between.map((one) => one.right)) + 16;
    for (const lane of lanes) if (lane.top < end && lane.end > top && Math.abs(lane.right - right) < 9) right = lane.right + 10;
    lanes.push({ top, end, right });
    const turn = Math.min(10, (end - top) / 2);
    pieces.push(path(`M ${arc.from.right} ${top} H ${right - turn} Q ${right} ${top} ${right} ${top + turn} V ${end - turn} Q ${right} ${end} ${right - turn} ${end} H ${arc.to.right}`, arc.kind));
    if (arc.label) {
      const text = document.createElementNS(SVG, "text");
      text.setAttribute("x", right + 6);
      text.setAttribute("y", (top + end) / 2 + 5 + 15 * (arc.line ?? 0));
      text.textContent = arc.label;
      pieces.push(text);
    }
  }
  drawn.replaceChildren(head("tip", ""), head("tip-skip", "skip"), ...pieces);
  const widest = Math.max(0, ...lanes.map((one) => one.right + 130));
  graph.style.paddingRight = `${Math.max(0, widest - graph.getBoundingClientRect().width / scale)}px`;
}

function path(line, kind) {
  const made = document.createElementNS(SVG, "path");
  made.setAttribute("d", line);
  made.setAttribute("class", kind);
  made.setAttribute("marker-end", `url(#${kind === "flow" ? "tip" : "tip-skip"})`);
  return made;
}

function head(id, name) {
  const made = document.createElementNS(SVG, "marker");
  for (const [key, value] of Object.entries({ id, class: name, viewBox: "0 0 10 10", refX: 9, refY: 5, markerWidth: 11, markerHeight: 11, markerUnits: "userSpaceOnUse", orient: "auto" })) made.setAttribute(key, value);
  const tip = document.createElementNS(SVG, "path");
  tip.setAttribute("d", "M 0 0 L 10 5 L 0 10 z");
  made.append(tip);
  return made;
}

// ---- the card

function tell() {
  const layer = layers[number.get(selected)], group = groups.get(selected);
  if (!layer && !group) { card.replaceChildren(element("p", "", labels.pick)); return; }
  const list = element("dl");
  const row = (name, ...values) => {
    list.append(element("dt", "", name));
    for (const value of values) if (value) list.append(element("dd", "", value));
  };
  const pieces = [element("h2", "", layer ? selected : group.path)];
  if (layer) {
    pieces.push(element("p", "", `${data.kinds[layer.kind]}${layer.counted ? `, ${labels.counted}` : ""}`));
    row(labels.input, layer.input_shapes.map(shape).join(" + "));
    row(labels.output, shape(layer.output_shape), layer.formulas?.output_shape);
    row(labels.parameters, layer.formulas?.params ?? written(layer.params));
    row(labels.macs, layer.formulas?.macs ?? written(layer.macs));
    row(labels.bytes, written(layer.activation_bytes));
    if (layer.receptive_field) row(labels.field, layer.formulas?.receptive_field ?? written(layer.receptive_field));
    pieces.push(list);
    for (const [name, side, other] of [[labels.from, "target", "source"], [labels.to, "source", "target"]]) {
      const near = new Map(data.edges.filter((edge) => edge[side] === selected && edge[other] !== "input").map((edge) => [edge[other], edge.kind]));
      if (!near.size) continue;
      pieces.push(element("b", "", name), document.createElement("br"));
      for (const [path, kind] of near) {
        const made = element("button", "", kind === "flow" ? path : `${path} (${labels[kind]})`);
        made.onclick = () => go(path);
        pieces.push(made);
      }
      pieces.push(document.createElement("br"));
    }
  } else {
    if (group.blocks) row(labels.blocks, written(group.blocks));
    row(labels.layers, written(own(group).length));
    row(labels.input, shape(own(group)[0].input_shapes[0]));
    row(labels.output, shape(own(group).at(-1).output_shape));
    row(labels.parameters, written(sum(group, "params")));
    row(labels.macs, written(sum(group, "macs")));
    row(labels.activations, written(sum(group, "activation_bytes")));
    pieces.push(list);
  }
  card.replaceChildren(...pieces);
}

function mark() {
  document.querySelectorAll(".selected").forEach((one) => one.classList.remove("selected"));
  const at = shown.get(selected) ?? [...document.querySelectorAll("[data-cluster]")].find((one) => one.dataset.cluster === selected);
  at?.classList.add("selected");
  return at;
}

// ---- what the reader does

function pick(path) {
  selected = path;
  history.replaceState(null, "", `#${encodeURIComponent(path)}`);
  mark();
  tell();
}

function go(path) {              // unfolds what is around a layer, and brings it into sight
  for (const group of around.get(path) ?? []) open.add(group.id);
  selected = path;
  draw();
  pick(path);
  mark()?.scrollIntoView({ block: "center", inline: "center" });
}

function level(name) {
  open = new Set([...groups.values()].filter((one) => OPEN[name].includes(one.rank)).map((one) => one.id));
  document.querySelectorAll("[data-level]").forEach((one) => one.setAttribute("aria-pressed", one.dataset.level === name));
  draw();
}

function zoom(to) {
  scale = Math.min(Math.max(to, 0.05), 4);
  paper.style.zoom = scale;
}

function fit() {
  zoom(1);
  const wide = paper.offsetWidth, high = paper.offsetHeight;
  zoom(Math.min(1, (pane.clientWidth - 8) / wide, (pane.clientHeight - 8) / high));
}

graph.addEventListener("click", (event) => {
  const at = event.target.closest("[data-path]");
  if (!at) return;
  const path = at.dataset.path;
  if (groups.has(path)) {
    const before = at.getBoundingClientRect();
    if (!open.delete(path)) open.add(path);
    draw();
    const now = [...graph.querySelectorAll("[data-path]")].find((one) => one.dataset.path === path);
    pane.scrollTop += now.getBoundingClientRect().top - before.top;   // it stays under the pointer
    pane.scrollLeft += now.getBoundingClientRect().left - before.left;
    now.focus({ preventScroll: true });
    document.querySelectorAll("[data-level]").forEach((one) => one.setAttribute("aria-pressed", false));
  }
  pick(path);
});
pane.addEventListener("keydown", (event) => {
  const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
  if (!step || event.ctrlKey || event.altKey || event.metaKey) return;
  const all = [...graph.querySelectorAll("[data-path]")], at = all.indexOf(document.activeElement);
  all[Math.min(Math.max(at + step, 0), all.length - 1)]?.focus();
  event.preventDefault();
});
pane.addEventListener("wheel", (event) => {
  if (!event.ctrlKey && !event.metaKey) return;
  event.preventDefault();
  zoom(scale * (event.deltaY < 0 ? 1.15 : 1 / 1.15));
}, { passive: false });
document.querySelectorAll("[data-level]").forEach((one) => { one.onclick = () => level(one.dataset.level); });
document.querySelectorAll("[data-zoom]").forEach((one) => { one.onclick = () => (one.dataset.zoom === "fit" ? fit() : zoom(scale * one.dataset.zoom)); });
$("#colour").onchange = (event) => {
  colour = event.target.value;
  document.querySelectorAll(".by-kind").forEach((one) => { one.hidden = Boolean(colour); });
  const value = $(".by-value");
  value.hidden = !colour;
  if (colour) range = ends();
  if (colour) [value.firstElementChild.textContent, value.lastElementChild.textContent] = range.map(written);
  draw();
};

function matcher(text) {
  if (/^\/.+\/$/.test(text)) try { const rule = new RegExp(text.slice(1, -1), "i"); return (said) => rule.test(said); } catch { return () => false; }
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return (said) => words.every((word) => said.toLowerCase().includes(word));
}

$("#find").oninput = (event) => {
  const text = event.target.value.trim(), hits = $("#hits"), fits = matcher(text);
  const found = !text ? [] : layers.filter((one) => fits(one.path) || fits(`${one.path} ${data.kinds[one.kind]} ${one.operation} ${shape(one.output_shape)} ${one.output_shape.join("x")}`));
  $("#found").textContent = text ? (found.length ? labels.found.replace("{n}", written(found.length)) : labels.none) : "";
  hits.replaceChildren(...found.slice(0, 200).map((one) => {
    const item = element("li"), made = element("button", "", one.path);
    made.type = "button";
    made.append(element("small", "", `${data.kinds[one.kind]} ${shape(one.output_shape)}`));
    made.onclick = () => { hits.replaceChildren(); go(one.path); };
    item.append(made);
    return item;
  }));
};
$("form").onsubmit = (event) => { event.preventDefault(); $("#hits button")?.click(); };
$("form").onkeydown = (event) => {
  const all = [$("#find"), ...document.querySelectorAll("#hits button")], at = all.indexOf(document.activeElement);
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step) { all[Math.min(Math.max(at + step, 0), all.length - 1)].focus(); event.preventDefault(); }
  if (event.key === "Escape") { $("#hits").replaceChildren(); $("#find").focus(); }
};
document.addEventListener("keydown", (event) => { if (event.key === "/" && event.target === document.body) { $("#find").focus(); event.preventDefault(); } });

level("stages");
fit();
window.onresize = connect;
let asked = "";
try { asked = decodeURIComponent(location.hash.slice(1)); } catch { /* an address that is not one of ours */ }
if (around.has(asked)) go(asked); else tell();

// The pass that plays: activations go down the picture, gradients come back up. Works on the values alone; view.js calls it.

function player({ data, root, find, into }) {
  const bar = root.querySelector(".player"), play = data.play, labels = data.labels.play;
  bar.hidden = !play;
  if (!play) return { stop() {} };
  const [toggle, back, on] = bar.querySelectorAll("button"), slider = bar.querySelector("input");
  const said = bar.querySelector("output"), speed = bar.querySelector("select");
  const paper = root.querySelector(".paper"), still = matchMedia("(prefers-reduced-motion: reduce)");
  const scale = bar.querySelector(".scale"), ends = scale.querySelectorAll("b");
  scale.querySelector("i").style.background = `linear-gradient(to right, ${play.scale.join(", ")})`;
  const rows = inRows(play.vertical, [...paper.querySelectorAll("g.node")].filter((g) => g.id in play.forward.of || g.id in play.backward.of));
  const ways = new Map();               // join -> the lines into it
  for (const way of paper.querySelectorAll("g.edge")) {
    const join = way.id.slice(0, way.id.lastIndexOf(" from "));
    if (join in play.forward.shares) ways.set(join, [...(ways.get(join) ?? []), way]);
  }
  const last = 2 * rows.length;         // 0: nothing yet; then a step for each row down, and one for each row up
  let at = 0, timer = null;
  bar.setAttribute("aria-label", labels.name);
  bar.querySelector("label span").textContent = labels.speed;
  speed.setAttribute("aria-label", labels.speed);
  slider.max = last;
  slider.setAttribute("aria-label", labels.step);
  for (const [button, name] of [[back, "back"], [on, "on"]]) { button.title = labels[name]; button.setAttribute("aria-label", labels[name]); }

  const show = (step) => {
    at = Math.min(Math.max(step, 0), last);
    slider.value = at;
    root.classList.toggle("playing", at > 0);
    const down = Math.min(at, rows.length), up = at - rows.length;  // rows that the gradient has reached, from below
    rows.forEach((row, place) => {
      const returned = up > 0 && place >= rows.length - up;
      const way = returned ? play.backward : place < down ? play.forward : null;
      const now = at > 0 && place === (up > 0 ? rows.length - up : down - 1);
      for (const g of row) {
        paint(g, at === 0 ? null : way ? colour(play, way, g.id) : "");
        tell(g, at === 0 ? null : way ? number(way.of[g.id]) : "");
        g.classList.toggle("now", now);
        if (way && way.shares[g.id] !== undefined && at > 0) widths(g.id, way.shares[g.id]);
        else widths(g.id, null);
      }
    });
    const row = at === 0 ? null : rows[up > 0 ? rows.length - up : down - 1];
    said.setAttribute("aria-live", timer ? "off" : "polite");  // not at each step while it plays
    said.textContent = row ? sentence(row, up > 0) : labels.start;
    scale.hidden = !row;
    if (row) [ends[0].textContent, ends[1].textContent] = (up > 0 ? play.backward : play.forward).ends.map(number);
    slider.setAttribute("aria-valuetext", said.textContent);
    if (row && at !== last) into(row[0], 2);
  };
  const sentence = (row, gradient) => {
    const way = gradient ? play.backward : play.forward;
    const named = row.filter((g) => !g.classList.contains("tag")), own = (g) => (data.prefix ? g.id.replace(data.prefix, "") : g.id);
    const boxes = named.length ? named : row, first = own(boxes[0]);
    const told = boxes.map((g) => {
      const side = labels.sides[data.prefix && g.id.startsWith(data.prefix) ? 1 : 0];
      return `${side && `${side} `}${own(g) === first ? "" : `${own(g)} `}${number(way.of[g.id])}${split(way.shares[g.id])}`;
    });
    return `${gradient ? labels.backward : labels.forward} ${first}: ${told.join("; ")}`;
  };
  const split = (share) => (share === undefined ? "" : ` (${labels.skip} ${percent(1 - share)}, ${labels.branch} ${percent(share)})`);
  const widths = (id, share) => {
    for (const way of ways.get(id) ?? []) {
      const path = way.querySelector("path");
      if (share === null) path.style.removeProperty("stroke-width");
      else path.style.strokeWidth = 1 + 7 * (way.classList.contains("edge-flow") ? share : 1 - share);
    }
  };
  const stop = () => { clearInterval(timer); timer = null; name(); };
  const name = () => { toggle.textContent = timer ? labels.pause : labels.play; };
  const start = () => {
    if (at === last) show(0);
    if (still.matches) { show(at + 1); return; }
    timer = setInterval(() => { show(at + 1); if (at === last) stop(); }, 420 / speed.value * Math.min(1, 40 / rows.length));
    name();
  };
  toggle.onclick = () => (timer ? stop() : start());
  back.onclick = () => { stop(); show(at - 1); };
  on.onclick = () => { stop(); show(at + 1); };
  slider.oninput = () => { stop(); show(Number(slider.value)); };
  speed.onchange = () => { if (timer) { stop(); start(); } };
  name();
  show(0);
  return { stop };
}

function inRows(vertical, nodes) {
  const rows = new Map();
  for (const g of nodes) {
    const box = g.getBBox(), middle = Math.round(vertical ? box.y + box.height / 2 : box.x + box.width / 2);
    const near = [...rows.keys()].find((one) => Math.abs(one - middle) < 3) ?? middle;
    rows.set(near, [...(rows.get(near) ?? []), g]);
  }
  return [...rows.entries()].sort((one, other) => one[0] - other[0]).map(([, row]) => row.sort((one, other) => (vertical ? one.getBBox().x - other.getBBox().x : one.getBBox().y - other.getBBox().y)));
}

function colour(play, way, id) {
  const value = way.of[id], [low, high] = way.ends;
  if (!(value > 0)) return "";
  const share = high > low ? Math.log(value / low) / Math.log(high / low) : 1;
  const at = Math.min(Math.max(share, 0), 1) * (play.scale.length - 1), from = Math.min(Math.floor(at), play.scale.length - 2);
  const [one, other] = [from, from + 1].map((place) => [1, 3, 5].map((start) => parseInt(play.scale[place].slice(start, start + 2), 16)));
  return `rgb(${one.map((part, place) => Math.round(part + (other[place] - part) * (at - from))).join(",")})`;
}

function paint(g, fill) {               // null: as drawn; "": no value yet
  const shape = g.querySelector("path, polygon, ellipse");
  if (fill === null) {
    shape.style.removeProperty("fill");
    g.querySelectorAll("text").forEach((text) => text.style.removeProperty("fill"));
    return;
  }
  shape.style.fill = fill || "var(--st-background-color)";
  const [red, green, blue] = (fill.match(/\d+/g) ?? []).map((one) => { const part = one / 255; return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4; });
  const ink = !fill ? "var(--st-text-color)" : 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.18 ? "#000" : "#fff";
  g.querySelectorAll("text").forEach((text) => { text.style.fill = ink; });
}

// The number in a box that shows measured values; null: as drawn.
function tell(g, text) {
  const value = g.matches(".value, .value-none") && [...g.querySelectorAll("text")].at(-1);
  if (!value) return;
  value.dataset.drawn ??= value.textContent;
  if (/^\d/.test(value.dataset.drawn)) value.textContent = text ?? value.dataset.drawn;
}

const number = (value) => (value === undefined ? "–" : value !== 0 && (value < 1e-3 || value >= 1e5) ? value.toExponential(1) : String(Number(value.toPrecision(3))));
const percent = (share) => `${Math.round(100 * share)} %`;

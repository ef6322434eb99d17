// Saves a chart by Plotly's own download button, which exports what is on the screen. During the export the chart has a
// print layout: light colours on white, a font that is available everywhere, and its finding as text above it.
const LINE = 20; // px

function dressed(value, shades, font) {
  if (typeof value === "string") {
    for (const [dark, light] of Object.entries(shades)) value = value.replace(dark, light);
    return value;
  }
  if (Array.isArray(value)) return value.map((part) => dressed(part, shades, font));
  if (value?.constructor !== Object) return value;
  const own = ([name, part]) => [name, name === "family" ? font : dressed(part, shades, font)];
  return Object.fromEntries(Object.entries(value).map(own));
}

function wrapped(text, letters) {
  const lines = [""];
  for (const word of text.split(/\s+/)) {
    const longer = `${lines.at(-1)} ${word}`.trim();
    if (longer.length > letters && lines.at(-1)) lines.push(word);
    else lines[lines.length - 1] = longer;
  }
  return lines;
}

function photograph(chart, camera, data, form) {
  const { width, height } = chart.getBoundingClientRect();
  const layout = dressed({ ...chart.layout, template: undefined }, data.shades, data.font);
  const titled = (layout.title?.text ?? "").replace(/<[^>]*>/g, ""); // Streamlit makes even an empty title bold
  const lines = titled ? [layout.title.text] : wrapped(data.words, width / 7.5);
  const made = wrapped(data.made, width / 5.5);
  const margin = layout.margin ?? {}, above = LINE * (lines.length + made.length + 1);
  Object.assign(layout, {
    template: data.template, paper_bgcolor: "#ffffff", plot_bgcolor: "#ffffff",
    height: height + above, width: width + LINE,
    margin: { ...margin, t: (margin.t ?? 40) + above, r: Math.max(margin.r ?? 0, LINE) },
  });
  const safe = (line) => line.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  const words = titled ? lines : lines.map(safe);
  const small = made.map((line) => `<span style="font-size:10px">${safe(line)}</span>`);
  const place = { x: 0, xref: "container", xanchor: "left", y: 1, yref: "container", yanchor: "top" };
  const font = { ...layout.title?.font, size: layout.title?.font?.size ?? 15 };
  layout.title = { text: [...words, ...small].join("<br>"), font, pad: { t: LINE, l: 10 }, ...place };
  const shown = { data: chart.data, layout: chart.layout };
  chart._context.toImageButtonOptions = {
    format: form, filename: data.name, scale: form === "png" ? 3 : 1, width: layout.width, height: layout.height,
  };
  chart.data = dressed(chart.data, data.shades, data.font);
  chart.layout = layout;
  try {
    camera.click();
  } finally {
    Object.assign(chart, shown);
  }
}

export default function ({ data, parentElement }) {
  parentElement.querySelectorAll("button").forEach((button) => {
    button.onclick = () => {
      const chart = document.querySelector(`.st-key-${data.chart} .js-plotly-plot`);
      const camera = chart?.querySelector('.modebar-btn[data-title*="ownload"]');
      if (camera) photograph(chart, camera, data, button.dataset.form);
    };
  });
}

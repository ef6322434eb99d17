// Underlines each term of the glossary where the page's text first has it; a click there opens the glossary.
// The texts stay as they are: the browser draws highlights over ranges of them.
const IN = 'p, li, td, h2, h3', OUT = 'button, a, code, pre, label, summary, [role="tab"], [data-testid="stSidebar"], [role="dialog"], .katex';
const states = new WeakMap();

const pattern = (words) => {
  const all = Object.entries(words).flatMap(([term, own]) => own.map((word) => [word.toLowerCase(), term]));
  const escaped = all.map(([word]) => word).sort((a, b) => b.length - a.length).map((word) => {
    const plain = word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
    return /^[\x20-\x7e]+$/.test(word) ? `(?<![\\p{L}\\p{N}_.-])${plain}(?![\\p{L}\\p{N}_.-]*[\\p{L}\\p{N}_])` : plain;  // not inside another word
  });
  return { found: new RegExp(escaped.join("|"), "giu"), terms: new Map(all) };
};

export default function ({ data, parentElement, setTriggerValue }) {
  states.get(parentElement)?.();
  const main = document.querySelector('[data-testid="stMain"]');
  if (!main || !globalThis.CSS?.highlights) return;
  const { found, terms } = pattern(data.terms);
  const marks = new Highlight();
  let ranges = [], timer = 0;

  const mark = () => {
    const seen = new Map();
    const walker = document.createTreeWalker(main, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const parent = node.parentElement;
      if (!parent?.closest(IN) || parent.closest(OUT) || !parent.closest('[data-testid="stMarkdownContainer"]')) continue;
      for (const match of node.data.matchAll(found)) {
        const term = terms.get(match[0].toLowerCase());
        if (seen.has(term)) continue;
        const range = document.createRange();
        range.setStart(node, match.index);
        range.setEnd(node, match.index + match[0].length);
        seen.set(term, range);
      }
    }
    ranges = [...seen];
    marks.clear();
    seen.forEach((range) => marks.add(range));
    CSS.highlights.set("term", marks);
  };
  const at = (event) => ranges.find(([, range]) => range.startContainer.isConnected && [...range.getClientRects()].some((box) =>
    event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom));
  const click = (event) => {
    const hit = !event.target.closest?.(OUT) && String(getSelection()) === "" && at(event);
    if (hit) setTriggerValue("term", hit[0]);
  };
  const move = (event) => { main.style.cursor = !event.target.closest?.(OUT) && at(event) ? "help" : ""; };
  const later = () => { clearTimeout(timer); timer = setTimeout(mark, 300); };

  const watch = new MutationObserver(later);
  watch.observe(main, { childList: true, characterData: true, subtree: true });
  main.addEventListener("click", click);
  main.addEventListener("mousemove", move, { passive: true });
  later();
  const stop = () => {
    watch.disconnect();
    clearTimeout(timer);
    main.removeEventListener("click", click);
    main.removeEventListener("mousemove", move);
    main.style.cursor = "";
    if (CSS.highlights.get("term") === marks) CSS.highlights.delete("term");
    states.delete(parentElement);
  };
  states.set(parentElement, stop);
  return stop;
}

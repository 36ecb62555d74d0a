// A histogram with two handles: drawn across, moved by keys, or written into its field.

const TALL = 100; // of the plot's own units

/** Three digits that count, without zeros behind them; next to nothing on an axis as long as `span` is nothing. */
function brief(value, span = 0) {
  const size = Math.abs(value);
  if (size < span / 1000) return "0";
  if (size >= 1e6 || (size && size < 1e-4)) return value.toExponential(1).replace("e+", "e").replace("-", "−");
  return (size >= 1000 ? grouped(Math.round(value)) : String(+value.toPrecision(3))).replace("-", "−");
}

export const grouped = (number) => number.toLocaleString("en-US");

const clips = (number) => `${grouped(number)} ${number === 1 ? "clip" : "clips"}`;

/** A histogram whose field holds the range that is brushed. */
export class Brush {
  constructor(place, facet) {
    this.place = place;
    this.facet = facet;
    this.field = place.querySelector(".range");
    this.plot = place.querySelector(".plot");
    this.about = place.querySelector(".about");
    this.said = this.about.textContent;
    this.step = stepOf(facet);
    this.veils = [veil(), veil()];
    this.handles = ["from", "to"].map((side) => this.handle(side));
    this.plot.append(...this.veils, ...this.handles);
    this.field.addEventListener("change", () => this.read());
    place.querySelector(".clear").addEventListener("click", () => this.set([null, null], true));
    this.listen();
    this.read();
    this.show(facet);
  }

  /** What the field says; texts that are no range, such as "none", leave the chart bare. */
  read() {
    const ends = this.field.value.split("..").map((text) => (text.trim() === "" || !Number.isFinite(+text) ? null : +text));
    this.range = ends.length === 2 ? ends : [ends[0], ends[0]];
    this.lay();
  }

  set(range, final) {
    let [from, to] = range;
    if (from !== null && to !== null && from > to) [from, to] = [to, from];
    if (this.facet.whole) [from, to] = whole(from, to);
    // At the ends of the axis the range is open: values beyond it are counted in the outermost bars.
    if (from !== null && from <= this.low) from = null;
    if (to !== null && to >= this.high) to = null;
    this.range = [from, to];
    const text = from === null && to === null ? "" : `${from ?? ""}..${to ?? ""}`;
    const changed = text !== this.field.value;
    this.field.value = text;
    this.lay();
    if (final || changed) this.field.dispatchEvent(new Event(final ? "change" : "input", { bubbles: true }));
  }

  /** Lay the handles and the veils where the range is. */
  lay() {
    const [from, to] = this.range;
    const half = this.facet.whole ? 0.5 : 0; // a whole number has the width of its bar
    const left = from === null ? 0 : this.part(from - half);
    const right = to === null ? 1 : this.part(to + half);
    this.veils[0].style.width = `${100 * left}%`;
    this.veils[1].style.width = `${100 * (1 - right)}%`;
    this.place.classList.toggle("on", this.field.value !== "");
    for (const [k, at] of [left, right].entries()) {
      const handle = this.handles[k];
      const value = this.range[k];
      handle.style.left = `${100 * at}%`;
      handle.setAttribute("aria-valuemin", this.low);
      handle.setAttribute("aria-valuemax", this.high);
      handle.setAttribute("aria-valuenow", value ?? (k ? this.high : this.low));
      handle.setAttribute("aria-valuetext", value === null ? (k ? "no upper limit" : "no lower limit")
        : `${k ? "at most" : "at least"} ${brief(value)} ${this.facet.unit}`.trim());
    }
  }

  show(facet) {
    this.facet = facet;
    const peak = ceiling(facet.all);
    const most = Math.max(...facet.now);
    // A small part of many clips would be too low to be seen: it is drawn higher, and the chart says so.
    const times = most > 0 && most < peak / 5 ? round125(peak / most) : 1;
    this.place.querySelector(".now").setAttribute("d", bars(facet.now, peak / times));
    this.place.querySelector(".times").textContent = times > 1 ? `drawn ${grouped(times)} × as high` : "";
    this.lay();
  }

  part(value) {
    const { edges } = this.facet;
    const bins = edges.length - 1;
    if (value <= edges[0]) return 0;
    if (value >= edges[bins]) return 1;
    const k = edges.findLastIndex((edge) => edge <= value);
    return (k + (value - edges[k]) / (edges[k + 1] - edges[k])) / bins;
  }

  value(part) {
    const { edges } = this.facet;
    const bins = edges.length - 1;
    const place = Math.max(0, Math.min(bins, part * bins));
    const k = Math.min(bins - 1, Math.floor(place));
    const value = edges[k] + (place - k) * (edges[k + 1] - edges[k]);
    return this.facet.whole ? value : this.rounded(value);
  }

  get low() {
    return this.facet.whole ? Math.ceil(this.facet.edges[0]) : this.facet.edges[0];
  }

  get high() {
    return this.facet.whole ? Math.floor(this.facet.edges.at(-1)) : this.facet.edges.at(-1);
  }

  rounded(value) {
    return +(Math.round(value / this.step) * this.step).toPrecision(6);
  }

  handle(side) {
    const handle = document.createElement("span");
    handle.className = `handle ${side}`;
    handle.tabIndex = 0;
    handle.setAttribute("role", "slider");
    handle.setAttribute("aria-label", `${this.facet.label}, ${side === "from" ? "lower" : "upper"} limit`);
    const k = side === "from" ? 0 : 1;
    handle.addEventListener("keydown", (event) => this.key(event, k));
    handle.addEventListener("keyup", (event) => KEYS.has(event.key) && this.set(this.range, true));
    return handle;
  }

  key(event, k) {
    if (!KEYS.has(event.key) || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const { edges } = this.facet;
    const ends = [this.low, this.high];
    const now = this.range[k] ?? ends[k];
    const bin = (edges.at(-1) - edges[0]) / (edges.length - 1);
    const far = event.shiftKey ? this.step : Math.max(this.step, this.rounded(bin));
    const to = {
      ArrowLeft: now - far, ArrowDown: now - far, ArrowRight: now + far, ArrowUp: now + far,
      PageDown: now - 5 * far, PageUp: now + 5 * far, Home: ends[0], End: ends[1], Escape: null, Delete: null,
    }[event.key];
    const range = [...this.range];
    range[k] = to === null ? null : to <= ends[0] ? ends[0] : to >= ends[1] ? ends[1] : this.rounded(to);
    // A handle does not pass the other one: it would become the other limit under the reader's fingers.
    const other = range[1 - k];
    if (range[k] !== null && other !== null && (k ? range[k] < other : range[k] > other)) range[k] = other;
    this.set(range, false);
  }

  listen() {
    const part = (event) => {
      const box = this.plot.getBoundingClientRect();
      return (event.clientX - box.left) / box.width;
    };
    let drag = null;
    this.plot.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      event.preventDefault();
      this.plot.setPointerCapture(event.pointerId);
      drag = this.grasp(part(event), event.target);
    });
    this.plot.addEventListener("pointermove", (event) => {
      this.point(part(event));
      if (!drag || (!drag.moved && Math.abs(part(event) - drag.start) < 0.012)) return;
      drag.moved = true;
      this.set(drag.to(part(event)), false);
    });
    const end = (event) => {
      if (!drag) return;
      if (event.type === "pointercancel") this.set(drag.range, true);
      else if (drag.moved) this.set(this.range, true);
      else if (drag.handle === undefined) this.set(drag.bare ? this.bin(drag.start) : [null, null], true);
      drag = null;
    };
    this.plot.addEventListener("pointerup", end);
    this.plot.addEventListener("pointercancel", end);
    this.plot.addEventListener("pointerleave", () => { this.about.textContent = this.said; });
  }

  /** What a press begins: moving a handle, moving the whole range, or a new range. */
  grasp(start, target) {
    const range = [...this.range];
    const bare = range[0] === null && range[1] === null;
    const handle = this.handles.indexOf(target);
    if (handle >= 0) {
      target.focus({ preventScroll: true });
      const other = range[1 - handle];
      return { start, range, handle, bare, to: (at) => (handle ? [other, this.value(at)] : [this.value(at), other]) };
    }
    const [left, right] = this.handles.map((one) => parseFloat(one.style.left) / 100);
    const inside = !bare && left < start && start < right;
    if (inside) {
      const by = (at) => Math.max(-left, Math.min(1 - right, at - start));
      return { start, range, bare, to: (at) => [this.value(left + by(at)), this.value(right + by(at))] };
    }
    return { start, range, bare, to: (at) => [this.value(start), this.value(at)] };
  }

  bin(part) {
    const { edges } = this.facet;
    const k = Math.max(0, Math.min(edges.length - 2, Math.floor(part * (edges.length - 1))));
    return this.facet.whole ? [edges[k], edges[k + 1]] : [this.rounded(edges[k]), this.rounded(edges[k + 1])];
  }

  /** The bar under the pointer, in words. */
  point(part) {
    const { edges, now, all } = this.facet;
    const k = Math.max(0, Math.min(now.length - 1, Math.floor(part * now.length)));
    const some = now[k] === all[k] ? "" : ` of ${grouped(all[k])}`;
    const span = edges.at(-1) - edges[0];
    const ends = this.facet.whole ? whole(edges[k], edges[k + 1]) : [edges[k], edges[k + 1]];
    const place = ends[0] === ends[1] ? brief(ends[0]) : ends.map((end) => brief(end, span)).join(" to ");
    this.about.textContent = `${place}: ${some ? grouped(now[k]) + some : clips(now[k])}`;
  }
}

const KEYS = new Set(["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "PageUp", "PageDown", "Home", "End", "Escape", "Delete"]);

/** The whole numbers between two places on the axis; at least one. */
function whole(from, to) {
  const ends = [from === null ? null : Math.ceil(from - 1e-9), to === null ? null : Math.floor(to + 1e-9)];
  return from !== null && to !== null && ends[0] > ends[1] ? [Math.round((from + to) / 2), Math.round((from + to) / 2)] : ends;
}

function veil() {
  const made = document.createElement("span");
  made.className = "veil";
  return made;
}

/** Bars as a path in a box as wide as there are bars; what is there at all is seen. */
function bars(counts, peak) {
  const height = (count) => Math.max(3, Math.min(TALL, (TALL * count) / peak));
  return counts.map((count, k) => (count ? `M${k + 0.06} ${TALL}v${-height(count).toFixed(1)}h.88V${TALL}` : "")).join("");
}

/** One bar that towers above the rest is cut off, or nothing else could be seen. */
function ceiling(counts) {
  const [first = 0, second = 0] = [...counts].sort((a, b) => b - a);
  return Math.max(1, second && first > 2.5 * second ? 1.6 * second : first);
}

function round125(rough) {
  const unit = 10 ** Math.floor(Math.log10(rough));
  return unit * [5, 2, 1].find((factor) => factor * unit <= rough);
}

/** Limits are rounded to about a two-hundredth of the axis, so that they read well. */
function stepOf({ edges, whole }) {
  if (whole) return 1;
  return round125((edges.at(-1) - edges[0]) / 100);
}

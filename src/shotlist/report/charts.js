// Charts of numbers: a histogram, the share that remains, and a line to drag

const WIDTH = 400, HEIGHT = 150, TOP = 14, FLOOR = 128;

class Histogram {
  constructor(chart) {
    this.chart = chart;
    this.side = "above";
    [this.low, this.high] = chart.edges;
    const marked = chart.rules.length ? chart.rules[0][1] : -Infinity;
    this.at = Math.max(0, chart.at.findIndex((value) => value >= marked));
    this.node = make("article", { class: "chart" }, this.head(), this.picture(), this.readout(), this.rule(), sheet(chart));
    this.show();
  }

  x(value) {
    const share = (value - this.low) / (this.high - this.low);
    return WIDTH * Math.max(0, Math.min(1, share));
  }

  head() {
    const chart = this.chart, unmeasured = data.all - chart.measured;
    const about = [chart.unit, unmeasured ? `not measured in ${grouped(unmeasured)}` : ""].filter(Boolean).join(" · ");
    const sides = make("span", { class: "sides", role: "radiogroup", "aria-label": `side of the threshold of ${chart.label}` });
    for (const [side, sign, words] of [["above", "≥", "at least"], ["below", "≤", "at most"]]) {
      const input = make("input", { type: "radio", name: `side ${chart.label}`, "aria-label": words });
      input.checked = side === this.side;
      input.addEventListener("change", () => this.turn(side));
      sides.append(make("label", {}, input, sign));
    }
    return make("header", {}, title(chart), make("small", {}, about), sides);
  }

  picture() {
    const chart = this.chart, tallest = ceiling(chart.bins);
    const svg = make("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}` });
    const width = WIDTH / chart.bins.length, height = (count) => count && Math.max(1.5, (FLOOR - TOP) * Math.min(1, count / tallest));
    this.bars = chart.bins.map((count, k) => {
      const all = height(count), kept = count ? all * chart.binsKept[k] / count : 0, inset = width > 4 ? 0.5 : 0;
      const box = { x: k * width + inset, width: Math.max(0.5, width - 2 * inset) };
      const span = [this.low + (this.high - this.low) * k / chart.bins.length, this.low + (this.high - this.low) * (k + 1) / chart.bins.length];
      const bar = make("g", {},
        make("title", {}, `${brief(span[0])} to ${brief(span[1])}: ${grouped(count)} clips, ${grouped(chart.binsKept[k])} kept`),
        make("rect", { ...box, class: "bin", y: FLOOR - all, height: Math.max(0, all - kept) }),
        make("rect", { ...box, class: "bin kept", y: FLOOR - kept, height: kept }));
      if (count > tallest) bar.append(...broken(box, count));
      svg.append(bar);
      return { bar, middle: (span[0] + span[1]) / 2 };
    });
    this.curve = make("path", { class: "yield" });
    svg.append(make("line", { class: "axis", x1: 0, x2: WIDTH, y1: FLOOR, y2: FLOOR }), this.curve, ...this.marks(), ...this.ticks());
    this.handle = make("g", { class: "handle", role: "slider", tabindex: 0, "aria-label": `threshold of ${chart.label}` },
      make("line", { y1: 4, y2: FLOOR }), make("circle", { cy: FLOOR, r: 6 }));
    svg.append(this.handle);
    this.listen(svg);
    return make("figure", { "aria-label": `Histogram of ${chart.label} over ${grouped(chart.measured)} clips` }, svg);
  }

  ticks() {
    const [least, most] = this.chart.range, step = niceStep((this.high - this.low) / 4, this.chart.decimals === 0);
    const label = (value, x, anchor, text) => make("text", { x, y: HEIGHT - 4, "text-anchor": anchor }, text ?? brief(value));
    const ticks = [];
    if (least < this.low) ticks.push(label(0, 0, "start", `≤ ${brief(this.low)}`));
    for (let k = Math.ceil(this.low / step); k * step <= this.high; k++) {
      const x = this.x(k * step), crowded = (least < this.low && x < 80) || (most > this.high && x > WIDTH - 80);
      if (!crowded) ticks.push(label(k * step, x, x < 12 ? "start" : x > WIDTH - 12 ? "end" : "middle"));
    }
    if (most > this.high) ticks.push(label(0, WIDTH, "end", `≥ ${brief(this.high)}`));
    return ticks;
  }

  marks() {
    return this.chart.rules.slice(0, 3).flatMap(([rule, value], k) => {
      const x = this.x(value), end = x > WIDTH * 0.7;
      return [
        make("line", { class: "rule-mark", x1: x, x2: x, y1: TOP, y2: FLOOR }),
        make("text", { class: "rule-name", x: x + (end ? -5 : 5), y: TOP + 8 + 12 * k, "text-anchor": end ? "end" : "start" }, rule),
      ];
    });
  }

  listen(svg) {
    const follow = (event) => {
      const box = svg.getBoundingClientRect();
      const value = this.low + (this.high - this.low) * (event.clientX - box.left) / box.width;
      this.at = nearest(this.chart.at, value);
      this.show();
    };
    svg.addEventListener("pointerdown", (event) => {
      svg.setPointerCapture(event.pointerId);
      follow(event);
      this.handle.focus({ preventScroll: true });
    });
    svg.addEventListener("mousedown", (event) => event.preventDefault()); // else the focus goes to the page
    svg.addEventListener("pointermove", (event) => svg.hasPointerCapture(event.pointerId) && follow(event));
    this.handle.addEventListener("keydown", (event) => {
      const last = this.chart.at.length - 1;
      const to = { ArrowLeft: this.at - 1, ArrowDown: this.at - 1, ArrowRight: this.at + 1, ArrowUp: this.at + 1,
        PageDown: this.at - 10, PageUp: this.at + 10, Home: 0, End: last }[event.key];
      if (to === undefined) return;
      event.preventDefault();
      this.at = Math.max(0, Math.min(last, to));
      this.show();
    });
  }

  readout() {
    this.output = make("output", { class: "readout" });
    return this.output;
  }

  rule() {
    this.code = make("code");
    const button = make("button", { type: "button" }, "Copy");
    button.addEventListener("click", () => copy(this.code, button));
    return make("div", { class: "copy" }, this.code, button);
  }

  turn(side) {
    const last = this.chart.at.length - 1;
    if (this.at === (side === "below" ? 0 : last)) this.at = last - this.at;
    this.side = side;
    this.show();
  }

  show() {
    const chart = this.chart, value = chart.at[this.at], above = this.side === "above";
    const sign = above ? "≥" : "≤", text = String(value);
    const [clips, seconds] = chart[this.side].map((series) => series[this.at]);
    const x = this.x(value);
    this.handle.setAttribute("transform", `translate(${x} 0)`);
    for (const { bar, middle } of this.bars) bar.classList.toggle("off", above ? middle < value : middle > value);
    this.drawCurve();
    const part = data.kept[1] ? Math.round(100 * seconds / data.kept[1]) : 0;
    this.output.replaceChildren(make("span", {}, make("b", {}, `${sign} ${text.replace("-", "−")}`), ` leaves ${grouped(clips)} of ${grouped(data.kept[0])} clips`),
      " ", make("span", {}, `${duration(seconds)}, ${part} %`));
    const condition = `${chart.condition} ${above ? ">=" : "<="} ${text}`;
    this.code.replaceChildren(`--set rules.${name(chart)}=`, make("wbr"), `"${condition.replace(/[\\"$`]/g, "\\$&")}"`);
    for (const [key, set] of [["min", chart.at[0]], ["max", chart.at.at(-1)], ["now", value], ["text", this.output.textContent]]) {
      this.handle.setAttribute(`aria-value${key}`, set);
    }
  }

  drawCurve() {
    if (this.drawn === this.side) return;
    this.drawn = this.side;
    const series = this.chart[this.side][1], whole = data.kept[1] || 1;
    this.curve.setAttribute("d", series.map((seconds, k) =>
      `${k ? "L" : "M"}${this.x(this.chart.at[k]).toFixed(1)} ${(FLOOR - (FLOOR - TOP) * seconds / whole).toFixed(1)}`).join(""));
  }
}

// One bin that towers above the rest is cut off and says its number, or nothing else could be seen.
function ceiling(bins) {
  const [first, second] = [...bins].sort((a, b) => b - a);
  return second && first > 2.5 * second ? 1.6 * second : first;
}

function broken({ x, width }, count) {
  const end = x > WIDTH / 2;
  return [
    make("path", { class: "break", d: `M${x - 1} ${TOP + 12}l${width + 2} -5v4l${-width - 2} 5z` }),
    make("text", { x: end ? x - 4 : x + width + 4, y: TOP + 9, "text-anchor": end ? "end" : "start" }, grouped(count)),
  ];
}

const title = (chart) => make("h3", {}, make("span", {}, `${chart.table}.`), chart.name);

// A rule is named like its column, with the table before it where two columns have the same name.
function name(chart) {
  const alone = data.charts.filter((other) => other.name === chart.name).length === 1;
  return (alone ? chart.name : `${chart.table}_${chart.name}`).replace(/\W/g, "_");
}

function nearest(sorted, value) {
  let best = 0;
  for (let k = 1; k < sorted.length; k++) if (Math.abs(sorted[k] - value) < Math.abs(sorted[best] - value)) best = k;
  return best;
}

async function copy(code, button) {
  try {
    await navigator.clipboard.writeText(code.textContent);
    button.textContent = "Copied";
  } catch {
    getSelection().selectAllChildren(code); // no clipboard here: leave it selected
    button.textContent = "Press Ctrl+C";
  }
  setTimeout(() => { button.textContent = "Copy"; }, 1600);
}

// Contact sheets

function sheet(chart) {
  const columns = chart.sheet
    ? chart.sheet.map(([from, to, picks]) => [`${brief(from)} to ${brief(to)}`, picks])
    : chart.bars.map(([value, , , , picks]) => [named(value), picks.map((clip) => [clip, null])]);
  const details = make("details", {}, make("summary", {}, chart.sheet ? "Contact sheet, from low to high" : "Contact sheet"));
  details.addEventListener("toggle", () => {
    details.parentNode.classList.toggle("open", details.open);
    if (details.childElementCount > 1) return;
    details.append(make("div", { class: "sheet", tabindex: 0, role: "group", "aria-label": `Clips by ${chart.label}` },
      ...columns.map(([label, picks]) => make("div", {}, make("p", {}, label), ...picks.map((pick) => sheetClip(chart, pick))))));
  });
  return details;
}

function sheetClip(chart, [clip, value]) {
  const [index, status, where, caption] = data.clips[clip];
  const figure = make("figure", { title: `${where}\n${caption}`, class: status === "kept" ? null : "out" }, still(index, caption || where));
  figure.append(make("figcaption", {}, value === null ? "" : brief(value)));
  return figure;
}

// Bars of names

const named = (value) => (value === "" ? "empty" : value ?? "no value");

function bars(chart) {
  const most = Math.max(...chart.bars.map(([, clips]) => clips));
  const rows = chart.bars.map(([value, clips, kept]) => {
    const bar = make("span", { class: "bar" }, make("i", { class: "left" }), make("i", { class: "lost" }));
    bar.firstChild.style.width = `${100 * kept / most}%`;
    bar.lastChild.style.width = `${100 * (clips - kept) / most}%`;
    for (const piece of [...bar.children]) if (parseFloat(piece.style.width) === 0) piece.remove();
    return make("div", { role: "listitem", title: `${grouped(clips)} clips, ${grouped(kept)} kept` }, make("span", value ? {} : { class: "void" }, named(value)), bar, make("span", {}, grouped(clips)));
  });
  const [values, clips] = chart.others;
  const more = values ? [make("p", {}, make("small", {}, `and ${grouped(values)} more values in ${grouped(clips)} clips`))] : [];
  return make("article", { class: "chart" },
    make("header", {}, title(chart), make("small", {}, "clips by value")),
    make("div", { class: "bars", role: "list", "aria-label": `Clips by ${chart.label}` }, ...rows), ...more, sheet(chart));
}


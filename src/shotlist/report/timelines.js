// Timelines

const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const level = (lane, share) => DIGITS.indexOf(lane[Math.min(lane.length - 1, Math.floor(share * lane.length))]) / 63;

// Lanes of spans, from top to bottom: what is written beside one, and in how many rows spans that overlap are drawn.
const LANES = [
  ["voice", "voice", 1, false],
  ["music", "music", 1, false],
  ["speech", "speech", 1, true],
  ["cues", "subtitles", 1, true],
  ["text", "text", 3, true],
  ["people", "people", 4, false],
];
const TOLD = 3; // lines of one lane in the tip

class Timeline {
  constructor(video) {
    this.video = video;
    this.length = video.length / 1000;
    this.chosen = -1;
    const head = this.head();
    this.node = make("article", { class: "video" }, head);
    if (!(this.length > 0)) {
      this.node.classList.add("quiet");
      return;
    }
    this.cursor = make("div", { class: "cursor" });
    this.cursor.hidden = true;
    this.area = make("div", { class: "area" }, this.cursor);
    this.lanes = make("div", { role: "slider", tabindex: 0, "aria-label": `Clips of ${video.name}`, "aria-valuemin": 1, "aria-valuemax": Math.max(1, video.clips.length), "aria-valuenow": 1, "aria-valuetext": `${video.kept} of ${video.number} clips kept` },
      lane("", this.film()), lane("clips", this.strip()), lane("movement, light", this.plot(["movement", "light"])),
      lane("sound", this.wave()), ...LANES.map((kind) => this.spans(...kind)), lane("", this.ticks()), this.area);
    this.lanes.style.width = `${Math.min(4200, video.clips.length * 14)}px`;
    this.listen();
    this.node.append(make("div", { class: "lanes" }, this.lanes));
  }

  percent(ms) {
    return 100 * Math.max(0, Math.min(1, ms / this.length));
  }

  head() {
    const video = this.video, badge = video.status === "ok" ? [] : [make("span", { class: `badge ${video.status}` }, video.status)];
    const kept = video.number ? `${grouped(video.kept)} of ${grouped(video.number)} clips kept` : "";
    const cut = video.clips && video.clips.length < video.number ? `, the first ${grouped(video.clips.length)} drawn` : "";
    return make("header", {}, make("h3", {}, video.name), ...badge,
      make("p", {}, [...video.facts, video.reason].filter(Boolean).join(" · ")), make("p", {}, kept + cut));
  }

  film() {
    return make("div", { class: "film" }, ...this.video.film.map(([start, end, index]) =>
      spot(still(index, ""), this.percent(start), this.percent(end) - this.percent(start))));
  }

  strip() {
    this.clips = this.video.clips.map(([start, end, status, mark]) => {
      const width = this.percent(end) - this.percent(start);
      return spot(make("div", { class: `clip ${status}` }, status === "kept" || width < 5 ? "" : mark), this.percent(start), width);
    });
    const cuts = this.video.cuts.filter(([start, end]) => end > start).map(([start, end, kind]) =>
      spot(make("div", { class: kind === "fade" ? "fade" : "dissolve" }), this.percent(start), this.percent(end) - this.percent(start)));
    return make("div", { class: "strip" }, ...cuts, ...this.clips);
  }

  plot(lanes) {
    const there = lanes.filter((lane) => this.video[lane]);
    return there.length && drawing("plot", there.map((lane) => make("path", { class: lane, d: outline(this.video[lane], lane !== "light") })));
  }

  wave() {
    return this.video.sound && drawing("plot wave", [make("path", { class: "sound", d: mirrored(this.video.sound) })]);
  }

  spans(name, label, most, written) {
    const spans = this.video[name];
    if (!spans.length) return "";
    const rows = inRows(spans, most);
    const drawn = spans.map(([start, end, text, kind], k) => {
      const bar = spot(make("i", { class: name === "text" ? `k-${kind.replace(/\W/g, "-")}` : null }), this.percent(start), this.percent(end) - this.percent(start));
      bar.style.setProperty("--row", rows[k]);
      if (written && text) bar.append(make("span", {}, text));
      return bar;
    });
    const box = make("div", { class: `spans ${written ? "written" : "plain"} ${name}` }, ...drawn);
    box.style.setProperty("--rows", Math.max(...rows) + 1);
    return lane(label, box);
  }

  ticks() {
    const wanted = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200];
    const step = 1000 * (wanted.find((seconds) => this.length / 1000 / seconds <= 10) ?? 14400);
    const row = make("div", { class: "ticks", "aria-hidden": "true" });
    for (let at = 0; at < this.length * 0.985; at += step) row.append(spot(make("span", {}, clock(at, 0)), this.percent(at)));
    return row;
  }

  listen() {
    const point = (event) => {
      const box = this.area.getBoundingClientRect();
      const ms = this.length * Math.max(0, Math.min(0.9999, (event.clientX - box.left) / box.width));
      this.point(ms, ms, ms, event.clientX);
    };
    this.lanes.addEventListener("pointermove", point);
    this.lanes.addEventListener("pointerdown", point);
    this.lanes.addEventListener("pointerleave", () => this.leave());
    this.lanes.addEventListener("blur", () => this.leave());
    this.lanes.addEventListener("keydown", (event) => {
      const last = this.video.clips.length - 1;
      const to = { ArrowLeft: this.chosen - 1, ArrowRight: this.chosen + 1, Home: 0, End: last, Escape: -1 }[event.key];
      if (to === undefined || last < 0) return;
      event.preventDefault();
      if (to < 0 && event.key === "Escape") return this.leave();
      this.walk(Math.max(0, Math.min(last, to)));
    });
  }

  walk(to) {
    const [start, end, status, , , caption] = this.video.clips[to];
    const box = this.area.getBoundingClientRect();
    this.point((start + end) / 2, start, end, box.left + box.width * (start + end) / 2 / this.length);
    const told = ["speech", "cues", "text"].flatMap((name) => within(this.video[name], start, end)).map(([, , text]) => text);
    this.lanes.setAttribute("aria-valuenow", to + 1);
    this.lanes.setAttribute("aria-valuetext", `Clip ${to + 1}, ${clock(start)} to ${clock(end)}, ${status}. ${[caption, ...told].filter(Boolean).join(" · ").slice(0, 500)}`);
  }

  // The tip tells what is there from one time to the other: at a place, or during a clip.
  point(ms, from, to, x) {
    const chosen = this.video.clips.findIndex(([start, end]) => ms >= start && ms < end);
    this.clips[this.chosen]?.classList.remove("here");
    this.clips[chosen]?.classList.add("here");
    this.chosen = chosen;
    this.cursor.hidden = false;
    spot(this.cursor, this.percent(ms));
    tip(this.describe(ms, from, to), x, this.lanes.getBoundingClientRect());
  }

  leave() {
    this.cursor.hidden = true;
    this.clips[this.chosen]?.classList.remove("here");
    document.getElementById("tip").hidden = true;
  }

  describe(ms, from, to) {
    const video = this.video, share = ms / this.length, lines = [];
    const piece = video.film.find(([start, end]) => ms >= start && ms < end);
    if (piece) lines.push(make("img", { class: "still", alt: "", src: address(piece[2]) }));
    const clip = video.clips[this.chosen], cut = video.cuts.find(([start, end]) => ms >= start && ms < end);
    if (clip) {
      const [start, end, status, mark, why, caption] = clip;
      lines.push(make("div", {}, make("b", {}, `${clock(start)}–${clock(end)}`), ` · ${duration((end - start) / 1000)} · `, make("span", { class: status }, status), mark ? ` · ${mark}` : ""));
      if (why) lines.push(make("div", { class: "dropped" }, why));
      lines.push(make("div", {}, caption));
    } else {
      lines.push(make("div", {}, make("b", {}, clock(ms)), cut ? ` · ${cut[2]}` : " · in no clip"));
    }
    const facts = LANES.map(([name, label]) => this.told(name, label, from, to)).filter(Boolean);
    const loud = video.sound ? level(video.sound, share) : -1;
    if (loud > 0) facts.unshift(fact("sound", `${brief(Math.round(60 * loud - 60))} LUFS`));
    if (facts.length) lines.push(make("dl", { class: "facts" }, ...facts));
    return lines;
  }

  told(name, label, from, to) {
    const found = within(this.video[name], from, to);
    if (!found.length) return null;
    if (name === "people") return fact(label, `${found.length}${sizes(found)}`);
    const texts = [...new Set(found.map(([, , text, kind]) => (name === "text" ? `${text || "can't be read"} (${kind})` : text)).filter(Boolean))];
    const more = texts.length > TOLD ? ` and ${texts.length - TOLD} more` : "";
    return fact(label, texts.length ? texts.slice(0, TOLD).join(" · ") + more : "heard");
  }
}

const fact = (label, value) => make("div", {}, make("dt", {}, label), make("dd", {}, value));

const within = (spans, from, to) => spans.filter(([start, end]) => start <= to && end > from && (from === to || start < to));

function sizes(people) {
  const found = [...new Set(people.map(([, , size]) => size).filter(Boolean))];
  return found.length ? `, ${found.join(" and ")}` : "";
}

const lane = (label, content) => content && make("div", { class: "lane" }, make("span", { class: "label", "aria-hidden": "true" }, label), content);

const drawing = (kind, paths) => make("svg", { class: kind, viewBox: "0 0 100 100", preserveAspectRatio: "none", "aria-hidden": "true" }, ...paths);

// A row for each span: the first that is free, or the last of all.
function inRows(spans, most) {
  const free = [];
  return spans.map(([start, end]) => {
    let row = free.findIndex((until) => until <= start);
    if (row < 0) row = Math.min(free.length, most - 1);
    free[row] = Math.max(end, free[row] ?? 0);
    return row;
  });
}

// Loudness on both sides of a line, as sound is mostly drawn; squared, so that its rise and fall is seen.
function mirrored(lane) {
  const there = [...lane].map((digit, k) => [k, DIGITS.indexOf(digit)]).filter(([, value]) => value >= 0);
  const edge = (side) => ([k, value]) => `${(100 * k / (lane.length - 1)).toFixed(2)} ${(50 + side * (1 + 47 * (value / 63) ** 2)).toFixed(1)}`;
  return `M${there.map(edge(-1)).join("L")}L${there.reverse().map(edge(1)).join("L")}Z`;
}

function outline(lane, filled) {
  let path = "", open = false;
  [...lane].forEach((digit, k) => {
    const value = DIGITS.indexOf(digit), x = (100 * (k + 0.5) / lane.length).toFixed(2), y = (98 - 94 * value / 63).toFixed(1);
    if (value < 0) {
      if (open && filled) path += `V100`;
      open = false;
    } else {
      path += open ? `L${x} ${y}` : filled ? `M${x} 100L${x} ${y}` : `M${x} ${y}`;
      open = true;
    }
  });
  return open && filled ? `${path}V100` : path;
}

function tip(lines, x, box) {
  const node = document.getElementById("tip");
  node.replaceChildren(...lines);
  node.hidden = false;
  const { width, height } = node.getBoundingClientRect();
  const above = box.top - height - 10, below = box.bottom + 8;
  const covers = above <= 50 && below + height > innerHeight - 8; // then it stands beside the place
  const side = x + 24 + width < innerWidth ? x + 24 : x - 24 - width;
  node.style.left = `${Math.max(12, Math.min(innerWidth - width - 12, covers ? side : x - width / 2))}px`;
  node.style.top = `${above > 50 ? above : Math.max(8, Math.min(innerHeight - height - 8, below))}px`;
}

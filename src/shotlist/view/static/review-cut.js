// The task "cut": start and end of a clip, moved frame by frame on a strip of the frames around them.
//
// `clip.edges` are times between which frames a cut may lie; the player spans all of them, and is kept here to what is
// wanted: the clip itself, or a second to both sides of a cut.

import { ask, link, make } from "./base.js";

const SIDE = 4; // frames of a strip on each side of the cut
const ACROSS = 1e6; // microseconds played before and after a cut
const AHEAD = 14; // frames that are fetched on each side
const LONGEST = 3e6; // microseconds of frames in one answer
const NAMES = { start: "Start", end: "End" };

/** Pictures of single frames, fetched some at a time around a cut. */
class Frames {
  constructor(sample, clip) {
    Object.assign(this, { sample, clip, known: new Map(), asked: new Set(), broken: "" });
  }

  /** The picture of the frame that begins at a time; null while it is on its way or can't be had. */
  at(time_us) {
    return this.known.get(time_us) ?? null;
  }

  /** Make sure that the frames around a place of the edges are there, or coming. */
  async around(place) {
    const { edges } = this.clip;
    const near = edges.slice(Math.max(0, place - SIDE), place + SIDE).filter((time) => time !== edges.at(-1));
    if (this.broken || near.every((time) => this.asked.has(time))) return;
    const start_us = edges[Math.max(0, place - AHEAD)];
    const end_us = Math.min(edges[Math.min(edges.length - 1, place + AHEAD)], start_us + LONGEST);
    for (const time of edges) if (time >= start_us && time < end_us) this.asked.add(time);
    for (const time of near) this.asked.add(time); // what is not in the answer is not asked for again
    try {
      const { sample, clip } = this;
      const { frames } = await ask(link(`/review/${sample}/frames/${encodeURIComponent(clip.clip_id)}`, { start_us, end_us }));
      for (const { time_us, picture } of frames) this.known.set(time_us, picture);
    } catch (error) {
      this.broken = error.message;
    }
    this.onChange?.();
  }
}

/** The strip of one cut: the frames before it and after it, and controls to move it. */
class Strip {
  constructor(side, task) {
    Object.assign(this, { side, task });
    this.cells = Array.from({ length: 2 * SIDE }, () => make("button", { type: "button", class: "cell", tabindex: "-1" }));
    this.cells.forEach((cell, k) => cell.addEventListener("click", () => task.move(side, task.at[side] + k - SIDE + (side === "start" ? 0 : 1))));
    this.range = make("input", { type: "range", min: "0", max: String(task.edges.length - 1), "aria-label": `${NAMES[side]} of the clip` });
    this.range.addEventListener("input", () => task.move(side, Number(this.range.value)));
    this.range.addEventListener("focus", () => task.turn(side));
    this.told = make("span", { class: "when" });
    const nudge = (frames, text, label) => {
      const button = make("button", { type: "button", "aria-label": label }, text);
      button.addEventListener("click", () => task.move(side, task.at[side] + frames));
      return button;
    };
    const title = make("button", { type: "button", class: "side" }, make("kbd", {}, side === "start" ? "1" : "2"), ` ${NAMES[side]}`);
    title.addEventListener("click", () => task.turn(side, true));
    this.element = make(
      "div",
      { class: `strip ${side}`, role: "group", "aria-label": NAMES[side] },
      make("div", { class: "strip-head" }, title, this.told, nudge(-10, "−10", "ten frames earlier"), nudge(-1, "−1", "a frame earlier"), nudge(1, "+1", "a frame later"), nudge(10, "+10", "ten frames later")),
      (this.row = make("div", { class: "cells" }, ...this.cells)),
      this.range,
    );
  }

  draw() {
    const { edges, at, frames, clip } = this.task;
    this.row.style.setProperty("--shape", String(Math.max(0.8, clip.width / clip.height || 16 / 9)));
    const here = at[this.side];
    this.cells.forEach((cell, k) => {
      const number = here + k - SIDE;
      const time = edges[number];
      const after = k >= SIDE;
      cell.classList.toggle("outside", after !== (this.side === "start"));
      const missing = time === undefined || number === edges.length - 1;
      cell.disabled = missing;
      cell.setAttribute("aria-label", missing ? "no frame" : this.side === "start" ? `begin with the frame at ${seconds(time)}` : `end with the frame at ${seconds(time)}`);
      const picture = missing ? null : frames.broken ? still(clip, time) : frames.at(time);
      if (cell.dataset.picture === (picture ?? "")) return;
      cell.dataset.picture = picture ?? "";
      cell.replaceChildren(...(picture ? [make("img", { src: picture, alt: "" })] : []));
    });
    const moved = here - this.task.before[this.side];
    const by = `${moved > 0 ? "+" : "−"}${Math.abs(moved)}`;
    this.told.textContent = seconds(edges[here]) + (moved ? ` (${by})` : "");
    this.range.value = String(here);
    this.range.setAttribute("aria-valuetext", `${seconds(edges[here])}${moved ? `, moved by ${by} frames` : ""}`);
    this.element.classList.toggle("now", this.task.side === this.side);
  }
}

const seconds = (time_us) => `${(time_us / 1e6).toFixed(3)} s`;
/** Where frames can't be had: the stored still that is nearest. */
const still = (clip, time) => link(`/stills/${encodeURIComponent(clip.video_id)}/${time}.jpg`, { width: 160 });

class Cut {
  constructor({ sample, clip, answer, player, choose }) {
    Object.assign(this, { clip, player, choose, edges: clip.edges, side: "start" });
    this.before = { start: this.edges.indexOf(clip.start_us), end: this.edges.indexOf(clip.end_us) };
    this.at = { start: this.nearest(answer?.start_us ?? clip.start_us), end: this.nearest(answer?.end_us ?? clip.end_us) };
    this.frames = new Frames(sample, clip);
    this.frames.onChange = () => this.draw();
    this.strips = [new Strip("start", this), new Strip("end", this)];
    this.state = make("p", { class: "cut-state", role: "status" });
    const button = (key, text, run) => {
      const made = make("button", { type: "button" }, text, " ", make("kbd", {}, key));
      made.addEventListener("click", run);
      return made;
    };
    this.element = make(
      "div",
      { class: "desk-cut" },
      make("h2", {}, "Begins and ends in the right place?"),
      ...this.strips.map((strip) => strip.element),
      make("div", { class: "acts" }, button("x", "Play across the cut", () => this.across()), button("c", "Play the clip", () => this.whole()), button("0", "As it was", () => this.reset())),
      this.state,
    );
    this.keys = [["1 2", "the start, the end"], ["↑ ↓", "ten frames later, earlier"], ["x", "play across the cut"], ["c", "play the clip as it is now cut"], ["0", "as it was"]];
    player.on("time", ({ time_us, playing }) => this.watch(time_us, playing));
  }

  begin() {
    this.whole();
    this.draw();
  }

  nearest(time_us) {
    let best = 0;
    this.edges.forEach((time, k) => {
      if (Math.abs(time - time_us) < Math.abs(this.edges[best] - time_us)) best = k;
    });
    return best;
  }

  get start_us() {
    return this.edges[this.at.start];
  }

  get end_us() {
    return this.edges[this.at.end];
  }

  /** Play only from one time to another, again and again. */
  play(from, to) {
    this.loop = [Math.max(from, this.edges[0]), Math.min(to, this.edges.at(-1))];
    this.player.seek(this.loop[0]);
    this.player.play();
  }

  whole() {
    this.play(this.start_us, this.end_us);
  }

  across() {
    const cut = this.side === "start" ? this.start_us : this.end_us;
    this.play(cut - ACROSS, cut + ACROSS);
  }

  watch(time_us, playing) {
    const inside = time_us >= this.start_us && time_us < this.end_us;
    this.player.element.classList.toggle("outside", !inside);
    if (playing && this.loop && (time_us + 12e3 >= this.loop[1] || time_us < this.loop[0] - 100e3)) this.player.seek(this.loop[0]);
  }

  turn(side, look = false) {
    this.side = side;
    if (look) this.look();
    this.draw();
  }

  /** Show the clip's first or last frame. */
  look() {
    this.player.pause();
    this.loop = null;
    const last = Math.max(0, this.at.end - 1);
    this.player.seek(this.side === "start" ? this.start_us : this.edges[last]);
  }

  /** Move a cut to another place of the edges; start stays before end. */
  move(side, place) {
    const most = this.edges.length - 1;
    const inside = side === "start" ? Math.min(place, this.at.end - 1) : Math.max(place, this.at.start + 1);
    this.at[side] = Math.max(0, Math.min(most, inside));
    this.side = side;
    this.look();
    this.draw();
    this.choose();
  }

  reset() {
    this.at = { ...this.before };
    this.look();
    this.draw();
  }

  get same() {
    return this.at.start === this.before.start && this.at.end === this.before.end;
  }

  draw() {
    this.strips.forEach((strip) => strip.draw());
    this.frames.around(this.at.start);
    this.frames.around(this.at.end);
    const length = ((this.end_us - this.start_us) / 1e6).toFixed(3);
    this.state.textContent = this.same ? `${length} s; Enter says that it is right as it is.` : `${length} s; Enter keeps the new cut.`;
    document.querySelector("#confirm").textContent = this.same ? "Right as it is" : "Keep this cut";
  }

  key(event) {
    const by = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: 10, ArrowDown: -10 }[event.key];
    const run = { 1: () => this.turn("start", true), 2: () => this.turn("end", true), x: () => this.across(), c: () => this.whole(), 0: () => this.reset(), " ": () => this.space() }[event.key];
    if (by) this.move(this.side, this.at[this.side] + by);
    else if (run) run();
    return Boolean(by || run);
  }

  space() {
    if (!this.player.playing && !this.loop) this.across();
    else this.player.toggle();
  }

  answer() {
    return { choice: this.same ? "right" : "moved", start_us: this.start_us, end_us: this.end_us };
  }
}

export function cutTask(options) {
  return new Cut(options);
}

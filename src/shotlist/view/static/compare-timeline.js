// A video over time as two datasets have it: A's clips above, B's below, and the cuts of both between them.
import { clock, make } from "./base.js";
import { Timeline } from "./timeline.js";

const SECOND = 1e6;
const HEIGHT = 26; // of the row of cuts

export class DoubleTimeline extends Timeline {
  /** As Timeline; ``sides`` are two lists of clips, ``cuts`` {time_us, who} with who "a", "b" or "both". */
  constructor(node, settings) {
    super(node, { clips: true, zoom: true, ...settings });
  }

  build() {
    super.build();
    for (const { canvas } of this.lanes) canvas.parentElement.remove();
    this.lanes = []; // what is heard and seen is on the video's own page
    this.told = { spans: { clips: [] } };
    this.marks = make("canvas", { role: "img" });
    this.strips = this.sides.map(() => make("div", { class: "tl-clips" }));
    const rows = [this.row("A", this.strips[0]), this.row("cuts", this.marks), this.row("B", this.strips[1])];
    rows[0].firstChild.classList.add("a");
    rows[2].firstChild.classList.add("b");
    this.strip.parentElement.replaceWith(...rows);
  }

  /** Everything is here already. */
  fetch() {}

  drawClips() {
    this.sides.forEach((clips, k) => this.strips[k].replaceChildren(...this.bars(clips)));
    this.drawCuts();
  }

  bars(clips) {
    const drawn = [];
    let last = null;
    for (const clip of clips) {
      const [from, to] = [this.x(clip.start_us), this.x(clip.end_us)];
      if (to < -2 || from > this.width + 2) continue;
      const status = clip.status ?? "undecided";
      // Clips of a few pixels that became the same are one bar; a closer look takes them apart.
      if (last && to - from < 3 && last.status === status && from - last.to < 1.5) {
        last.to = Math.max(last.to, to);
        continue;
      }
      last = { from, to, status, why: clip.status === "kept" ? "" : clip.rule ?? status };
      drawn.push(last);
    }
    return drawn.map(({ from, to, status, why }) => {
      const bar = make("span", { class: status }, to - from > 40 ? why : "");
      bar.style.left = `${from}px`;
      bar.style.width = `${Math.max(2, to - from)}px`;
      return bar;
    });
  }

  /** A cut that both have goes through the whole row, one that only one has is on that one's side. */
  drawCuts() {
    const ratio = devicePixelRatio || 1;
    const { marks } = this;
    marks.width = Math.round(this.width * ratio);
    marks.height = Math.round(HEIGHT * ratio);
    marks.style.height = `${HEIGHT}px`;
    const ctx = marks.getContext("2d");
    ctx.scale(ratio, ratio);
    const seen = this.cuts.filter(({ time_us }) => this.visible(time_us));
    for (const who of ["both", "a", "b"]) {
      ctx.fillStyle = this.paint.colour(who === "both" ? "--soft" : `--${who}`);
      const [top, height, wide] = { both: [3, HEIGHT - 6, 1.25], a: [0, HEIGHT / 2, 2.5], b: [HEIGHT / 2, HEIGHT / 2, 2.5] }[who];
      for (const cut of seen) if (cut.who === who) ctx.fillRect(this.x(cut.time_us) - wide / 2, top, wide, height);
    }
    const count = (who) => seen.filter((cut) => cut.who === who).length;
    marks.setAttribute("aria-label", `Cuts in what is shown: ${count("both")} in both, ${count("a")} only in A, ${count("b")} only in B`);
  }

  describe(us) {
    const lines = [make("p", {}, make("b", {}, clock(us / SECOND, 2)))];
    this.sides.forEach((clips, k) => {
      const clip = clips.find((each) => us >= each.start_us && us < each.end_us);
      const fate = clip ? `${clip.status ?? "undecided"}${clip.rule ? ` by ${clip.rule}` : ""}` : "in no clip";
      lines.push(make("p", {}, make("b", { class: "ab"[k] }, "AB"[k]), ` ${fate}`));
    });
    return lines;
  }
}

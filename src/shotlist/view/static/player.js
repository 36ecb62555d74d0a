// Plays spans of videos: one clip with controls, and the clips of a grid while they are pointed at.
//
// spanPlayer(container, options) puts a player into `container` and returns it:
//   options  video_id, start_us, end_us   the span, in microseconds on the video's own clock; required
//            clip_id     the clip that the span belongs to, if it is one
//            type        what `/sources/…` holds, as canPlayType wants it (kinds.playable_type on the server): spares
//                        a try that would fail
//            fps         frames per second, for stepping through them (30)
//            shape       width / height of the picture, so that nothing moves when it arrives (16 / 9)
//            poster      address of a picture to show before; the stored still at the start by default
//            label       the player's name for screen readers ("Clip")
//            muted, loop, autoplay (false), controls (true)
//            keys        where keys are listened to: the player itself, or e.g. `document` for the whole page
//   player   element, video              the elements
//            time_us                     where it is, on the video's clock; `playing` whether it plays
//            play(), pause(), toggle(), seek(time_us), step(frames), mute(muted), repeat(loop), close()
//            span(start_us, end_us)      play another span of the same video from now on
//            on(name, listener)          "time" {time_us, clip_us, playing}: at every picture while it plays, after
//                                        every seek and when it starts and stops; "problem" {sentence}: nothing
//                                        helps; "end" {}: the span is over and is not looped. Returns the player
//   keys     space, k: play and pause; ← →: a second (with shift: five); , and .: a frame; Home, End; m: sound; l: loop
//
// hoverPlay(root, {delay}) plays elements below `root` that have
//            data-video data-clip data-start data-end (and data-type, if it is known)
//   silently and in a loop over their picture (their first img, else themselves) while they are pointed at or hold the
//   focus; on touch screens from the first tap, the second follows the link. One at a time. Elements that are added
//   later work, too. Returns a function that ends it.
//
// The page needs player.css. What can't be played as it is comes from `/cuts/…`, made on the fly.

import { clock, draw, link, make, writing } from "./base.js";
import { Reel, SECOND } from "./reel.js";

export { hoverPlay } from "./hover.js";

// Drawn, because not every system has signs for them: of a button's two the second is for its other state.
const ICONS = {
  play: ["M4 2.5v11l9-5.5z", "M3.5 2.5h3v11h-3zM9.5 2.5h3v11h-3z"],
  mute: ["M2 6h2.5L8 3v10L4.5 10H2zM10 5.5q2 2.5 0 5M11.5 3.5q4 4.5 0 9", "M2 6h2.5L8 3v10L4.5 10H2zM10.5 6l4 4M14.5 6l-4 4"],
  loop: ["M3 9V7q0-2 2-2h7M10 2.5 12.5 5 10 7.5M13 7v2q0 2-2 2H4M6 8.5 3.5 11 6 13.5"],
};

const KEYS = {
  " ": (player) => player.toggle(),
  k: (player) => player.toggle(),
  ArrowLeft: (player, far) => player.seek(player.time_us - (far ? 5 : 1) * SECOND),
  ArrowRight: (player, far) => player.seek(player.time_us + (far ? 5 : 1) * SECOND),
  ",": (player) => player.step(-1),
  ".": (player) => player.step(1),
  Home: (player) => player.seek(player.source.start_us),
  End: (player) => player.seek(player.source.end_us),
  m: (player) => player.mute(!player.video.muted),
  l: (player) => player.repeat(!player.source.loop),
};

class Player {
  constructor(container, options) {
    this.options = { label: "Clip", controls: true, ...options };
    this.frame_us = SECOND / (options.fps || 30);
    this.listeners = new EventTarget();
    this.source = new Reel(options, {
      onTime: () => this.tell(),
      onEnd: () => this.ended(),
      onShown: () => this.say(""),
      onWait: (copy) => this.say(copy ? "Making a copy that this browser plays …" : "Loading …"),
      onProblem: (address) => this.problem(address),
    });
    this.video = this.source.video;
    this.video.muted = Boolean(options.muted);
    this.draw();
    this.listen(options.keys ?? this.element);
    container.append(this.element);
    this.source.wantsPlay = Boolean(options.autoplay);
    this.source.load(this.source.start_us);
  }

  get playing() {
    return this.source.playing;
  }

  get time_us() {
    return this.source.time_us;
  }

  on(name, listener) {
    this.listeners.addEventListener(name, (event) => listener(event.detail));
    return this;
  }

  emit(name, detail) {
    this.listeners.dispatchEvent(new CustomEvent(name, { detail }));
  }

  play() {
    this.source.play();
    this.tell();
  }

  pause() {
    this.source.pause();
  }

  toggle() {
    if (this.playing) this.pause();
    else this.play();
  }

  /** Go to a time on the video's clock, at most to the span's last picture. */
  seek(time_us) {
    const last = Math.max(this.source.start_us, this.source.end_us - this.frame_us / 2);
    this.source.seek(Math.round(Math.max(this.source.start_us, Math.min(time_us, last))));
    this.tell();
  }

  step(frames) {
    this.pause();
    const { shown_us, time_us, isFresh } = this.source;
    const settled = isFresh && !this.video.seeking && Math.abs(shown_us - time_us) < 2 * this.frame_us;
    const here = settled ? shown_us + this.frame_us / 4 : time_us; // well inside of a frame, wherever it begins
    this.seek(here + frames * this.frame_us);
  }

  span(start_us, end_us) {
    const { source } = this;
    const time = source.time_us;
    Object.assign(source, { start_us: Number(start_us), end_us: Number(end_us) });
    this.range?.setAttribute("max", String(source.end_us - source.start_us));
    const inside = Math.max(source.start_us, Math.min(time, source.end_us - this.frame_us / 2));
    if (source.isCopy) source.load(inside);
    else if (inside !== time) this.seek(inside);
    this.tell();
  }

  mute(muted) {
    this.video.muted = muted;
  }

  repeat(loop) {
    this.source.loop = loop;
    this.loopButton?.setAttribute("aria-pressed", String(loop));
  }

  ended() {
    // A copy ends where the span does, and as long as it is in the making it can't be searched.
    if (!this.source.isCopy) this.video.currentTime = this.source.at(this.source.end_us - this.frame_us / 2);
    this.tell();
    this.emit("end", {});
  }

  async problem(address) {
    const sentence = await reason(address);
    this.source.wantsPlay = false;
    this.say(sentence, true);
    this.tell();
    this.emit("problem", { sentence });
  }

  say(sentence, bad = false) {
    this.note.textContent = sentence;
    this.note.classList.toggle("bad", bad);
  }

  tell() {
    const { time_us, playing } = this;
    const clip_us = time_us - this.source.start_us;
    if (this.range) this.show(time_us, clip_us);
    this.element?.classList.toggle("playing", playing);
    this.emit("time", { time_us, clip_us, playing });
  }

  show(time_us, clip_us) {
    const length_us = Math.max(1, this.source.end_us - this.source.start_us);
    const [within, length, place] = [clip_us, length_us, time_us].map((us) => clock(us / SECOND));
    const elsewhere = this.source.start_us >= SECOND / 10;
    this.range.value = String(clip_us);
    this.range.style.setProperty("--done", `${(100 * clip_us) / length_us}%`);
    this.range.setAttribute("aria-valuetext", `${within} of ${length}${elsewhere ? `, ${place} in the video` : ""}`);
    this.within.textContent = `${within} / ${length}`;
    this.place.textContent = elsewhere ? `${place} in the video` : "";
    this.playButton.setAttribute("aria-label", this.playing ? "Pause" : "Play");
  }

  draw() {
    const { video_id, start_us, end_us } = this.source;
    const poster = this.options.poster ?? link(`/stills/${encodeURIComponent(video_id)}/${start_us}.jpg`, { start_us, end_us });
    this.note = make("p", { class: "player-note", role: "status" });
    this.stage = make("div", { class: "player-stage" }, make("img", { src: poster, alt: "" }), this.video, this.note);
    if (this.options.shape) this.stage.style.aspectRatio = String(this.options.shape);
    this.element = make("div", { class: "player", role: "group", "aria-label": this.options.label, tabindex: "0" }, this.stage);
    if (this.options.controls) this.element.append(this.controls());
  }

  controls() {
    const length_us = this.source.end_us - this.source.start_us;
    const button = (name, label, act, attributes = {}) => {
      const icons = ICONS[name].map((d) => draw("svg", { viewBox: "0 0 16 16", "aria-hidden": "true" }, draw("path", { d })));
      const made = make("button", { type: "button", class: `player-${name}`, "aria-label": label, title: label, ...attributes }, ...icons);
      made.addEventListener("click", act);
      return made;
    };
    this.range = make("input", { type: "range", min: 0, max: length_us, step: "any", value: 0, "aria-label": "Position" });
    this.range.addEventListener("input", () => this.seek(this.source.start_us + Number(this.range.value)));
    this.within = make("span", { class: "player-time" });
    this.place = make("span", { class: "player-place" });
    this.playButton = button("play", "Play", () => this.toggle());
    const muted = { "aria-pressed": String(this.video.muted) };
    this.muteButton = button("mute", "Mute", () => this.mute(!this.video.muted), muted);
    this.loopButton = button("loop", "Loop", () => this.repeat(!this.source.loop), { "aria-pressed": String(this.source.loop) });
    return make("div", { class: "player-bar" }, this.range, this.playButton, this.within, this.place, this.muteButton, this.loopButton);
  }

  listen(keys) {
    this.listening = new AbortController();
    const { signal } = this.listening;
    this.stage.addEventListener("click", () => this.toggle(), { signal });
    this.video.addEventListener("volumechange", () => this.muteButton?.setAttribute("aria-pressed", String(this.video.muted)), { signal });
    keys.addEventListener("keydown", (event) => this.key(event), { signal });
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (event.target !== this.range && writing(event.target)) return;
    if (event.key === " " && event.target instanceof Element && event.target.closest("button, a, summary")) return; // it presses that
    const act = KEYS[event.key];
    if (!act) return;
    event.preventDefault();
    act(this, event.shiftKey);
  }

  close() {
    this.listening.abort();
    this.source.close();
    this.element.remove();
  }
}

/** What the server says about an address that does not play. */
async function reason(address) {
  try {
    const answer = await fetch(address, { headers: { accept: "application/json", range: "bytes=0-0" } });
    if (answer.ok) return "This browser can't play the video.";
    return (await answer.json()).error;
  } catch {
    return "The video can't be reached; is the viewer still running?";
  }
}

export function spanPlayer(container, options) {
  return new Player(container, options);
}

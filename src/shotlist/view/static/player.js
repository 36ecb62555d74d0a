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

import { clock, link, make, writing } from "./base.js";

const SECOND = 1e6;
const NUDGE = 0.0005; // seconds; lands inside the frame: a time on its very edge may be rounded to the one before
const EARLY = 0.012; // seconds; less than a refresh of the screen: what would come next belongs to another shot
const SLOW = 350; // milliseconds after which waiting is told
const WINDOW = 60 * SECOND; // of spans much longer than this, copies are made piece by piece

/** A video element that plays one span of a video, from its file or, where that does not play, from a copy. */
class Reel {
  constructor({ video_id, clip_id, start_us, end_us, type, rows = null, loop = false }, listeners) {
    this.listeners = { onTime() {}, onEnd() {}, onShown() {}, onWait() {}, onProblem() {}, ...listeners };
    Object.assign(this, { video_id, name: clip_id || video_id, rows, loop: Boolean(loop) });
    this.start_us = Number(start_us);
    this.end_us = Number(end_us);
    this.video = make("video", { playsinline: true, preload: "auto", tabindex: "-1", "aria-hidden": "true" });
    this.isCopy = type !== undefined && type !== null && this.video.canPlayType(type) === "";
    this.wanted = null; // the time to go to once the file is open
    this.wantsPlay = false;
    this.isOver = false;
    this.listening = new AbortController();
    const on = (name, act) => this.video.addEventListener(name, act, { signal: this.listening.signal });
    on("loadedmetadata", () => this.opened());
    on("error", () => this.failed());
    on("play", () => this.watch());
    on("seeked", () => this.look());
    on("timeupdate", () => this.look());
    on("pause", () => this.listeners.onTime());
    on("ended", () => this.over());
    this.follow();
  }

  get playing() {
    return this.wantsPlay && !this.isOver;
  }

  /** Where the file's zero lies on the video's clock. */
  get zero() {
    return this.isCopy ? this.from : 0;
  }

  get time_us() {
    if (this.isOver) return this.end_us;
    const time = this.wanted ?? Math.round(this.video.currentTime * SECOND) + this.zero;
    return Math.min(this.end_us, Math.max(this.start_us, time));
  }

  at(time_us) {
    return Math.max(0, (time_us - this.zero) / SECOND + NUDGE);
  }

  address(whole) {
    if (!this.isCopy) return `${link(`/sources/${encodeURIComponent(this.video_id)}`)}#t=${this.at(this.wanted)}`;
    const query = { start_us: this.from, end_us: this.to, rows: this.rows, whole: whole ? 1 : null };
    return link(`/cuts/${encodeURIComponent(this.name)}.mp4`, query);
  }

  /** Open the file at a time. A copy in the making can't be searched: `whole` waits for all of it. */
  load(time_us, whole = false) {
    this.wanted = time_us;
    this.isOver = false;
    const long = this.end_us - this.start_us > 2 * WINDOW;
    this.from = long ? Math.max(this.start_us, Math.min(time_us, this.end_us - WINDOW)) : this.start_us;
    this.to = long ? Math.min(this.end_us, this.from + WINDOW) : this.end_us;
    this.video.classList.remove("shown");
    clearTimeout(this.slow);
    this.slow = setTimeout(() => this.listeners.onWait(this.isCopy), SLOW);
    this.video.src = this.address(whole || (this.isCopy && time_us > this.from));
    if (this.wantsPlay) this.start();
    this.listeners.onTime();
  }

  opened() {
    if (this.video.videoWidth === 0) {
      this.failed(); // there is sound, but a picture that this browser can't decode
      return;
    }
    const wanted = this.at(this.wanted ?? this.start_us);
    this.wanted = null;
    if (Math.abs(wanted - this.video.currentTime) > 0.001 && wanted > NUDGE) this.video.currentTime = wanted;
  }

  failed() {
    if (!this.video.getAttribute("src")) return;
    clearTimeout(this.slow);
    if (this.isCopy) {
      this.listeners.onProblem(this.video.src);
      return;
    }
    const time = this.time_us;
    this.isCopy = true;
    this.load(time);
  }

  start() {
    // A browser that wants a click first leaves it paused.
    this.video.play().catch((error) => {
      if (error.name === "NotAllowedError") this.pause();
    });
  }

  play() {
    this.wantsPlay = true;
    if (this.isOver) this.seek(this.start_us);
    this.start();
  }

  pause() {
    this.wantsPlay = false;
    this.video.pause();
    this.listeners.onTime();
  }

  /** Go to a time, as it is told: the caller keeps it inside of the span. */
  seek(time_us) {
    this.isOver = false;
    if (this.wanted !== null) this.wanted = time_us;
    else if (this.isCopy && (time_us < this.from || time_us >= this.to)) this.load(time_us);
    else if (this.isCopy && !this.canSeek(this.at(time_us))) this.load(time_us, true);
    else {
      this.video.currentTime = this.at(time_us);
      if (this.wantsPlay && this.video.paused) this.start();
    }
  }

  canSeek(seconds) {
    const { seekable } = this.video;
    return seekable.length > 0 && seekable.end(seekable.length - 1) >= seconds - 0.1;
  }

  /** Look at every refresh of the screen, as long as it plays. */
  watch() {
    cancelAnimationFrame(this.request);
    this.request = requestAnimationFrame(() => {
      this.look();
      if (!this.video.paused) this.watch();
    });
  }

  look() {
    if (this.video.seeking || this.wanted !== null) return;
    if (!this.video.requestVideoFrameCallback) this.reveal();
    if (!this.video.paused && this.video.currentTime * SECOND + this.zero + EARLY * SECOND >= this.end_us) this.over();
    this.listeners.onTime();
  }

  /** Pictures as they are shown: the first may be one from before the span, which nobody is to see. */
  follow() {
    this.video.requestVideoFrameCallback?.((now, { mediaTime }) => {
      if (this.listening.signal.aborted) return;
      const before = this.shown_us;
      this.shown_us = Math.round(mediaTime * SECOND) + this.zero;
      if (this.wanted === null && this.shown_us >= this.start_us - SECOND / 10 && this.shown_us < this.end_us) this.reveal();
      // At the span's last picture, if the next is as far away as the one before: later may be too late.
      const isLast = this.shown_us + Math.min(this.shown_us - before, SECOND / 10) * 1.02 >= this.end_us;
      if (isLast && this.shown_us > before && !this.video.paused && !this.video.seeking) this.over();
      this.follow();
    });
  }

  reveal() {
    clearTimeout(this.slow);
    if (this.video.classList.contains("shown")) return;
    this.video.classList.add("shown");
    this.listeners.onShown();
  }

  /** The span, or the piece of it that was copied, has come to its end. */
  over() {
    if (this.isOver) return;
    if (this.isCopy && this.to < this.end_us) this.load(this.to);
    else if (this.loop) this.seek(this.start_us);
    else {
      this.wantsPlay = false;
      this.video.pause();
      this.isOver = true;
      this.listeners.onEnd();
    }
  }

  close() {
    clearTimeout(this.slow);
    cancelAnimationFrame(this.request);
    this.listening.abort();
    this.video.pause();
    this.video.removeAttribute("src"); // lets go of the connection
    this.video.load();
    this.video.remove();
  }
}

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
    const { shown_us, time_us } = this.source;
    const settled = !this.video.seeking && Math.abs(shown_us - time_us) < 2 * this.frame_us;
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
    this.video.currentTime = this.source.at(this.source.end_us - this.frame_us / 2);
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
      const made = make("button", { type: "button", class: `player-${name}`, "aria-label": label, title: label, ...attributes });
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

/** A silent, looping video over the picture of an element. */
class Preview {
  constructor(element) {
    const { video, clip, start, end, type } = element.dataset;
    this.element = element;
    this.source = new Reel({ video_id: video, clip_id: clip, start_us: start, end_us: end, type, rows: 360, loop: true });
    this.source.video.muted = true;
    this.source.video.classList.add("player-preview");
    this.place(element.querySelector("img, .still") ?? element);
    this.source.wantsPlay = true;
    this.source.load(this.source.start_us);
  }

  /** Exactly over the picture. */
  place(picture) {
    const holder = picture === this.element ? picture : picture.parentElement;
    if (getComputedStyle(holder).position === "static") holder.style.position = "relative";
    holder.append(this.source.video);
    const [box, around] = [picture, holder].map((one) => one.getBoundingClientRect());
    Object.assign(this.source.video.style, {
      left: `${box.left - around.left - holder.clientLeft}px`,
      top: `${box.top - around.top - holder.clientTop}px`,
      width: `${box.width}px`,
      height: `${box.height}px`,
      borderRadius: getComputedStyle(picture).borderRadius,
      objectFit: picture instanceof HTMLImageElement ? getComputedStyle(picture).objectFit : "contain",
    });
  }

  close() {
    this.source.close();
  }
}

export function hoverPlay(root = document, { delay = 150 } = {}) {
  const listening = new AbortController();
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  let waiting = 0;
  let next = null;
  let now = null;

  const of = (target) => (target instanceof Element ? target.closest("[data-video][data-start][data-end]") : null);

  function stop() {
    clearTimeout(waiting);
    now?.close();
    next = now = null;
  }

  function begin(element, after) {
    if (!element || now?.element === element || next === element) return;
    stop();
    next = element;
    waiting = setTimeout(() => {
      next = null;
      now = new Preview(element);
    }, after);
  }

  const on = (name, act) => root.addEventListener(name, act, { signal: listening.signal });
  on("pointerover", (event) => event.pointerType !== "touch" && !calm.matches && begin(of(event.target), delay));
  on("pointerout", (event) => {
    const element = of(event.target);
    if (event.pointerType !== "touch" && element && !element.contains(event.relatedTarget)) stop();
  });
  on("focusin", (event) => event.target.matches(":focus-visible") && !calm.matches && begin(of(event.target), delay));
  on("focusout", (event) => of(event.target) && stop());
  on("click", (event) => {
    const element = of(event.target);
    if (event.pointerType !== "touch" || !element || now?.element === element) return;
    event.preventDefault(); // the first tap plays, the second follows the link
    begin(element, 0);
  });
  return () => {
    stop();
    listening.abort();
  };
}

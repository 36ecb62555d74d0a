// A video element that is kept to one span of a video, for player.js and hover.js.

import { link, make } from "./base.js";

export const SECOND = 1e6;
const NUDGE = 0.0005; // seconds; lands inside the frame: a time on its very edge may be rounded to the one before
const EARLY = 0.012; // seconds; less than a refresh of the screen: what would come next belongs to another shot
const SLOW = 350; // milliseconds after which waiting is told
const WINDOW = 60 * SECOND; // of spans much longer than this, copies are made piece by piece

/** A video element that plays one span of a video, from its file or, where that does not play, from a copy. */
export class Reel {
  constructor({ video_id, clip_id, start_us, end_us, type, rows = null, loop = false }, listeners) {
    this.listeners = { onTime() {}, onEnd() {}, onShown() {}, onWait() {}, onProblem() {}, ...listeners };
    Object.assign(this, { video_id, name: clip_id || video_id, rows, loop: Boolean(loop) });
    this.start_us = Number(start_us);
    this.end_us = Number(end_us);
    this.video = make("video", { playsinline: true, preload: "auto", tabindex: "-1", "aria-hidden": "true" });
    this.isCopy = type !== undefined && type !== null && this.video.canPlayType(type) === "";
    this.wanted = null; // the time to go to once the file is open
    this.isFresh = false; // whether `shown_us` is of where it is now: the picture comes after the place
    this.wantsPlay = false;
    this.isOver = false;
    this.listening = new AbortController();
    const on = (name, act) => this.video.addEventListener(name, act, { signal: this.listening.signal });
    on("loadedmetadata", () => this.opened());
    on("error", () => this.failed());
    on("play", () => this.watch());
    on("seeked", () => { this.look(); this.trust(); });
    on("canplay", () => this.trust());
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
    this.isFresh = false;
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
      this.isFresh = !this.video.seeking;
      if (this.wanted === null && this.shown_us >= this.start_us - SECOND / 10 && this.shown_us < this.end_us) this.reveal();
      // At the span's last picture, if the next is as far away as the one before: later may be too late.
      const isLast = this.shown_us + Math.min(this.shown_us - before, SECOND / 10) * 1.02 >= this.end_us;
      if (isLast && this.shown_us > before && !this.video.paused && !this.video.seeking) this.over();
      this.follow();
    });
  }

  /** A busy browser may tell of no picture: what is there after a while is taken to be the right one. */
  trust() {
    clearTimeout(this.late);
    this.late = setTimeout(() => {
      if (this.wanted === null && !this.video.seeking && this.video.readyState > 1) this.reveal();
    }, SLOW);
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
    clearTimeout(this.late);
    cancelAnimationFrame(this.request);
    this.listening.abort();
    this.video.pause();
    this.video.removeAttribute("src"); // lets go of the connection
    this.video.load();
    this.video.remove();
  }
}

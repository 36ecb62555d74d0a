// Plays the clips of a grid while they are pointed at: see player.js, which hands this on.

import { Reel } from "./reel.js";

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

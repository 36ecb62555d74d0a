// A transcript that follows what is played: the line and the word that are said are marked, a click goes there.
import { make } from "./base.js";

/** Whether a node can scroll without the page. */
const scrolls = (node) => node.scrollHeight > node.clientHeight + 1;

export class Transcript {
  /** ``list`` holds items with data-start and data-end, in order of time; ``seek`` is called with microseconds. */
  constructor(list, seek) {
    this.list = list;
    this.now = null;
    this.word = null;
    this.read();
    list.addEventListener("click", (event) => {
      const place = event.target.closest("[data-start]");
      if (place && !String(getSelection())) seek(Number(place.dataset.start));
    });
  }

  read() {
    this.lines = [...this.list.querySelectorAll("li[data-start]")].map((node) => ({
      node,
      start: Number(node.dataset.start),
      end: Number(node.dataset.end),
    }));
  }

  /** The line at a time: the last one that has begun and not ended. */
  at(us) {
    let [low, high] = [0, this.lines.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.lines[middle].start <= us) low = middle + 1;
      else high = middle;
    }
    for (let k = low - 1; k >= Math.max(0, low - 4); k--) if (us < this.lines[k].end) return this.lines[k].node;
    return null;
  }

  moveTo(us, follow = true) {
    const line = this.at(us);
    if (line !== this.now) {
      this.now?.removeAttribute("aria-current");
      line?.setAttribute("aria-current", "true");
      this.now = line;
      if (line && follow) this.reveal(line);
    }
    const words = line ? [...line.querySelectorAll(".word")] : [];
    const word = words.find((each) => us >= Number(each.dataset.start) && us < Number(each.dataset.end)) ?? null;
    if (word === this.word) return;
    this.word?.classList.remove("now");
    word?.classList.add("now");
    this.word = word;
  }

  /** Leave only the lines with a text, with the text marked; how many there are. */
  filter(wanted) {
    let hits = 0;
    for (const { node } of this.lines) {
      const text = node.querySelector("p");
      const at = wanted ? text.textContent.toLowerCase().indexOf(wanted) : -1;
      node.hidden = Boolean(wanted) && at < 0;
      if (at >= 0) hits += 1;
      if (text.querySelector("mark")) text.replaceChildren(text.textContent);
      if (at >= 0 && !text.querySelector("b")) {
        const whole = text.textContent;
        text.replaceChildren(whole.slice(0, at), make("mark", {}, whole.slice(at, at + wanted.length)), whole.slice(at + wanted.length));
      }
    }
    return hits;
  }

  /** Scrolls inside the list only, so that the page stays where people read. */
  reveal(line) {
    if (!scrolls(this.list)) return;
    const top = line.offsetTop - this.list.offsetTop;
    const room = this.list.clientHeight - line.offsetHeight;
    if (top < this.list.scrollTop || top > this.list.scrollTop + room) this.list.scrollTop = top - room / 3;
  }
}

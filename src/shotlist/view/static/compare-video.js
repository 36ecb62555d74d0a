// The page of a video in two datasets: player, double timeline and the list of differences go together.
import { ask, clock, link, make, writing } from "./base.js";
import "./compare.js";
import { DoubleTimeline } from "./compare-timeline.js";
import { spanPlayer } from "./player.js";

const SECOND = 1e6;
const LEAD = 0.6 * SECOND; // how long before a cut it is played from
const stage = document.getElementById("video");
const path = location.pathname.slice(link("").length);
const places = [...document.querySelectorAll("li[data-kind]")].map((node) => ({
  node,
  kind: node.dataset.kind,
  start: Number(node.dataset.start),
  end: Number(node.dataset.end),
}));

if (stage) begin().catch((error) => document.getElementById("timeline").replaceChildren(make("p", { class: "notice bad" }, error.message)));

async function begin() {
  const { video, start, end, type, fps, shape } = stage.dataset;
  const [start_us, end_us] = [Number(start), Number(end)];
  const aspect = shape ? Number(shape) : 16 / 9;
  const player = spanPlayer(document.getElementById("player"), { video_id: video, start_us, end_us, type, fps: Number(fps), shape: aspect, keys: document, label: "Video" });
  const query = new URLSearchParams(location.search);
  query.set("format", "json");
  const told = await ask(`${link(path)}?${query}`);
  const timeline = new DoubleTimeline(document.getElementById("timeline"), { video_id: video, start_us, end_us, aspect, sides: [told.a.clips, told.b.clips], cuts: told.cuts });
  player.on("time", ({ time_us, playing }) => timeline.moveTo(time_us, playing));
  timeline.addEventListener("seek", ({ detail }) => player.seek(detail.us));
  timeline.addEventListener("view", ({ detail }) => {
    const whole = detail.to - detail.from >= end_us - start_us;
    document.getElementById("window").textContent = whole ? "" : `${clock(detail.from / SECOND)}–${clock(detail.to / SECOND)} of ${clock((end_us - start_us) / SECOND, 0)}`;
  });
  tools(timeline, player, { start_us, end_us });
}

function tools(timeline, player, { start_us, end_us }) {
  let now = -1;

  function choose(k) {
    const place = places[k];
    if (!place) return;
    places[now]?.node.removeAttribute("aria-current");
    place.node.setAttribute("aria-current", "true");
    now = k;
    const from = place.kind === "cut" ? Math.max(start_us, place.start - LEAD) : place.start;
    if (!timeline.visible(from) || !timeline.visible(place.end)) look(place);
    player.seek(from);
    show(place);
    remember(place.start);
  }

  /** The place in the middle of what is seen. */
  function look({ start, end }) {
    const around = Math.max(2 * SECOND, (end - start) * 0.3);
    timeline.view(start - around, end + around);
  }

  document.getElementById("before").addEventListener("click", () => choose(Math.max(0, now - 1)));
  document.getElementById("after").addEventListener("click", () => choose(Math.min(places.length - 1, now + 1)));
  document.getElementById("zoom-in").addEventListener("click", () => timeline.scale(0.5));
  document.getElementById("zoom-out").addEventListener("click", () => timeline.scale(2));
  document.getElementById("zoom-all").addEventListener("click", () => timeline.view(start_us, end_us));
  document.getElementById("zoom-place").addEventListener("click", () => places[now] && look(places[now]));
  for (const id of ["before", "after", "zoom-place"]) document.getElementById(id).disabled = !places.length;
  places.forEach(({ node }, k) => node.querySelector(".go, .pic")?.addEventListener("click", () => {
    choose(k);
    reveal();
    player.play();
  }));
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || writing(event.target)) return;
    const to = { n: Math.min(places.length - 1, now + 1), p: Math.max(0, now - 1) }[event.key];
    if (to === undefined) return;
    choose(to);
    reveal();
  });
  const asked = Number(new URLSearchParams(location.search).get("at") ?? NaN) * SECOND;
  if (Number.isFinite(asked)) choose(places.findIndex(({ start }) => Math.abs(start - asked) < SECOND / 50));
}

/** What is chosen is looked at where it plays. */
function reveal() {
  if (stage.getBoundingClientRect().top < 0 || stage.getBoundingClientRect().bottom > innerHeight) stage.scrollIntoView({ block: "start" });
}

let looking = null;

/** What there is to see at a place: of a cut every frame around it. */
async function show({ node, kind, start }) {
  const panel = document.getElementById("now");
  looking?.abort();
  const what = node.querySelector(".what")?.textContent ?? "what they say";
  const head = make("p", { class: "when" }, make("b", {}, clock(start / SECOND, 2)), ` ${what}`);
  if (kind !== "cut") {
    panel.replaceChildren(head, ...[...node.querySelectorAll(".why, .said")].map((told) => told.cloneNode(true)));
    return;
  }
  looking = new AbortController();
  panel.replaceChildren(head);
  try {
    const { frames } = await ask(link(path, { part: "frames", at: start, format: "json" }), { signal: looking.signal });
    const first = frames.findIndex(({ time_us }) => time_us >= start - 500);
    const pictures = frames.map(({ time_us, picture }, k) => make("img", { src: picture, alt: `${clock(time_us / SECOND, 3)}${k < first ? ", before" : ", after"}`, title: clock(time_us / SECOND, 3), class: k === first ? "first" : null }));
    const strip = make("div", { class: "frames", tabindex: 0, role: "group", "aria-label": "Frames before and after the cut" }, ...pictures);
    panel.replaceChildren(head, strip);
    const line = pictures[first];
    if (line) line.decode().then(() => (strip.scrollLeft = line.offsetLeft - strip.offsetLeft - strip.clientWidth / 2), () => {});
  } catch (error) {
    if (error.name !== "AbortError") panel.append(make("p", { class: "note" }, error.message));
  }
}

function remember(us) {
  const query = new URLSearchParams(location.search);
  query.set("at", (us / SECOND).toFixed(3));
  history.replaceState(null, "", `${location.pathname}?${query}${location.hash}`);
}

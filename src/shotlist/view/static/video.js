// The page of a video: player, timeline, transcript and clips go together; a link holds the place and what is seen.
import { ask, clock, link, make } from "./base.js";
import { spanPlayer } from "./player.js";
import { Timeline, told } from "./timeline.js";
import { Transcript } from "./transcript.js";

const SECOND = 1e6;
const { video, start, end, fps, shape, type } = document.getElementById("video").dataset;
const [start_us, end_us] = [Number(start), Number(end)];
const asked = new URLSearchParams(location.search);
const aspect = shape ? Number(shape) : 16 / 9;
let transcripts = [];

const timeline = new Timeline(document.getElementById("timeline"), { video_id: video, start_us, end_us, clips: true, zoom: true, aspect });
document.getElementById("player").replaceChildren();
const player = spanPlayer(document.getElementById("player"), {
  video_id: video,
  start_us,
  end_us,
  type,
  fps: Number(fps),
  shape: aspect,
  keys: document,
  label: "Video",
  poster: poster(),
});
player.on("time", ({ time_us, playing }) => {
  timeline.moveTo(time_us, playing);
  for (const transcript of transcripts) if (!transcript.list.hidden) transcript.moveTo(time_us);
  const clip = timeline.clipAt(time_us);
  if (clip) timeline.choose(clip.clip_id);
  mark(time_us);
  remember(time_us);
});

/** A picture from where one comes in: films often begin with black. */
function poster() {
  const at = asked.has("t") ? Number(asked.get("t")) * SECOND : (start_us + end_us) / 2;
  return link(`/stills/${encodeURIComponent(video)}/${Math.max(0, Math.round(at || 0))}.jpg`);
}

// The list of clips marks the one that is played.

const rows = [...document.querySelectorAll(".cliplist li")].map((node) => ({ node, start: Number(node.dataset.start), end: Number(node.dataset.end) }));
function mark(us) {
  for (const { node, start, end } of rows) {
    if (us >= start && us < end) node.setAttribute("aria-current", "true");
    else node.removeAttribute("aria-current");
  }
}

// The address holds where one is.

let waiting = 0;
function remember(us) {
  clearTimeout(waiting);
  waiting = setTimeout(() => {
    const query = new URLSearchParams(location.search);
    const whole = timeline.from === start_us && timeline.to === end_us;
    put(query, "t", us > start_us ? (us / SECOND).toFixed(2) : null);
    put(query, "from", whole ? null : (timeline.from / SECOND).toFixed(2));
    put(query, "to", whole ? null : (timeline.to / SECOND).toFixed(2));
    const text = query.toString();
    history.replaceState(null, "", location.pathname + (text ? `?${text}` : "") + location.hash);
  }, 400);
}

function put(query, name, value) {
  if (value === null) query.delete(name);
  else query.set(name, value);
}

// Timeline and its tools

const chosen = document.getElementById("chosen");
const scroll = document.getElementById("scroll");
timeline.addEventListener("seek", ({ detail }) => player.seek(detail.us));
timeline.addEventListener("told", () => {
  const clip = timeline.chosen ?? timeline.clipAt(timeline.at);
  if (clip) timeline.choose(clip.clip_id);
});
timeline.addEventListener("view", ({ detail }) => seen(detail.from, detail.to));
timeline.addEventListener("choose", ({ detail }) => show(detail.clip));
document.getElementById("zoom-in").addEventListener("click", () => timeline.scale(0.5));
document.getElementById("zoom-out").addEventListener("click", () => timeline.scale(2));
document.getElementById("zoom-all").addEventListener("click", () => timeline.view(start_us, end_us));
document.getElementById("zoom-clip").addEventListener("click", () => {
  const clip = timeline.chosen ?? timeline.clipAt(timeline.at);
  if (clip) timeline.view(clip.start_us - (clip.end_us - clip.start_us) * 0.2, clip.end_us + (clip.end_us - clip.start_us) * 0.2);
});
scroll.addEventListener("input", () => {
  const length = timeline.to - timeline.from;
  const from = start_us + (Number(scroll.value) / 1000) * (end_us - start_us - length);
  timeline.view(from, from + length);
});

function seen(from, to) {
  const room = end_us - start_us - (to - from);
  scroll.hidden = room <= 0;
  scroll.value = room > 0 ? Math.round((1000 * (from - start_us)) / room) : 0;
  document.getElementById("window").textContent = room > 0 ? `${clock(from / SECOND)}–${clock(to / SECOND)} of ${clock((end_us - start_us) / SECOND, 0)}` : "";
  remember(player.time_us);
}

let telling = null;
async function show(clip) {
  const address = link(`/clips/${encodeURIComponent(clip.clip_id)}`);
  const status = make("span", { class: `chip ${clip.status ?? ""}` }, clip.rule ?? clip.status ?? "undecided");
  const text = make("p", { class: "text" });
  const play = make("button", { type: "button" }, "Play");
  play.addEventListener("click", () => {
    timeline.seek(clip.start_us);
    player.play();
  });
  chosen.replaceChildren(
    make("img", { class: "still", alt: "", src: link(`/stills/${encodeURIComponent(video)}/${Math.max(0, Math.round((clip.start_us + clip.end_us) / 2))}.jpg`, { width: 320 }) }),
    make("p", { class: "when" }, make("b", {}, `${clock(clip.start_us / SECOND)}–${clock(clip.end_us / SECOND)}`), status, clip.mark ? make("span", { class: "chip" }, clip.mark) : null),
    make("p", { class: "acts" }, play, make("a", { class: "button", href: address, "aria-label": `Open the clip ${told(clip)}` }, "Open")),
    text,
  );
  telling?.abort();
  telling = new AbortController();
  try {
    const { signal } = telling;
    await new Promise((wait) => setTimeout(wait, 150)); // who walks from clip to clip does not want every text
    if (signal.aborted) return;
    const found = await ask(link("/clips", { clip_id: clip.clip_id, format: "json" }), { signal });
    text.textContent = (found.clips?.[0]?.caption ?? []).map(([part]) => part).join("");
  } catch {
    text.textContent = "";
  }
}

// What is said

async function transcribe(place) {
  try {
    const answer = await fetch(link(location.pathname.slice(link("").length), { part: "transcript" }), { headers: { accept: "text/html" } });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (!answer.ok) throw new Error(page.querySelector(".empty p")?.textContent ?? "The transcript can't be read.");
    place.replaceChildren(...page.querySelectorAll("ol.lines"));
    transcripts = [...place.children].map((list) => new Transcript(list, (us) => { timeline.seek(us); player.play(); }));
    await tracks();
  } catch (error) {
    place.replaceChildren(make("p", { class: "note" }, error.message));
  }
  place.removeAttribute("aria-busy");
}

async function tracks() {
  transcripts.forEach((transcript, k) => (transcript.list.hidden = k > 0));
  const select = document.getElementById("track");
  select.hidden = transcripts.length < 2;
  select.replaceChildren(...transcripts.map(({ list }, k) => make("option", { value: k }, list.dataset.name ?? `track ${k + 1}`)));
  select.addEventListener("change", () => {
    transcripts.forEach((transcript, k) => (transcript.list.hidden = k !== Number(select.value)));
    find();
  });
}

const field = document.getElementById("find-said");
function find() {
  const wanted = field.value.trim().toLowerCase();
  const transcript = transcripts.find(({ list }) => !list.hidden);
  if (!transcript) return;
  const hits = transcript.filter(wanted);
  document.getElementById("found-said").textContent = wanted ? `${hits} of ${transcript.lines.length}` : "";
}
field?.addEventListener("input", find);

const place = document.getElementById("transcript");
if (place) transcribe(place);
if (asked.has("from") && asked.has("to")) timeline.view(Number(asked.get("from")) * SECOND, Number(asked.get("to")) * SECOND);
if (asked.has("t")) {
  const us = Math.max(start_us, Math.min(end_us, Number(asked.get("t")) * SECOND));
  if (Number.isFinite(us)) {
    timeline.seek(us);
    // A copy in the making has no such place yet: once its first picture is there, it is asked for again.
    player.video.addEventListener("loadeddata", () => timeline.seek(us), { once: true });
  }
}

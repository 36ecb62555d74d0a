// The page of a clip: player, timeline and transcript go together; captions are compared without leaving the page.
import { writing } from "./base.js";
import { copyLines } from "./copy.js";
import { spanPlayer } from "./player.js";
import { markSought } from "./sought.js";
import { Timeline } from "./timeline.js";
import { Transcript } from "./transcript.js";

const stage = document.getElementById("clip");
const { video, clip, start, end, fps, shape, stills, type } = stage.dataset;
const [start_us, end_us] = [Number(start), Number(end)];

const place = document.getElementById("player");
place.replaceChildren();
const player = spanPlayer(place, {
  video_id: video,
  clip_id: clip,
  start_us,
  end_us,
  type,
  fps: Number(fps),
  shape: shape ? Number(shape) : null,
  keys: document,
});
const timeline = new Timeline(document.getElementById("timeline"), {
  video_id: video,
  start_us,
  end_us,
  stills: stills === "1",
  aspect: shape ? Number(shape) : 16 / 9,
});
const transcripts = [...document.querySelectorAll("ol.lines")].map((list) => new Transcript(list, (us) => { go(us); player.play(); }));

function go(us) {
  player.seek(us);
}

/** What was searched for is marked, and its first line in view. */
function mark() {
  const search = new URLSearchParams(location.search).get("q");
  const [line] = markSought(search, document.querySelectorAll(".lines p, .final, .captions .text")).map((node) => node.closest(".lines li")).filter(Boolean);
  return line;
}

const said = mark();
if (said) transcripts.find(({ list }) => list.contains(said)).reveal(said);

player.on("time", ({ time_us }) => {
  timeline.moveTo(time_us);
  for (const transcript of transcripts) if (!transcript.list.hidden) transcript.moveTo(time_us);
});
timeline.addEventListener("seek", ({ detail }) => go(detail.us));

document.getElementById("track")?.addEventListener("change", (event) => {
  for (const transcript of transcripts) transcript.list.hidden = transcript.list.dataset.track !== event.target.value;
});

document.getElementById("pieces")?.addEventListener("click", (event) => {
  const piece = event.target.closest("button.frame")?.closest("[data-start]");
  if (!piece) return;
  go(Number(piece.dataset.start));
  player.play();
  stage.scrollIntoView({ block: "start" });
});

// Another caption to compare with: the same page's captions are exchanged, so that what plays goes on.
document.addEventListener("click", async (event) => {
  const choice = event.target.closest("a.against");
  if (!choice || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const address = choice.href;
  try {
    const answer = await fetch(address, { headers: { accept: "text/html" } });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById("captions");
    if (!answer.ok || !fresh) throw new Error();
    document.getElementById("captions").replaceWith(fresh);
    mark();
    history.replaceState(null, "", address);
    fresh.querySelector(`[data-table="${CSS.escape(choice.dataset.against)}"]`)?.scrollIntoView({ block: "nearest" });
  } catch {
    location.assign(address);
  }
});

copyLines();

const STEPS = { n: "next", p: "prev", "]": "next", "[": "prev" };
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || writing(event.target)) return;
  const to = STEPS[event.key] && document.querySelector(`.steps a[rel="${STEPS[event.key]}"]`);
  if (to) location.assign(to.href);
});

// The desk: one clip at a time. A decision is sent, and only when the server has it on its disk the next clip comes.

import { ask, clock, link, make, writing } from "./base.js";
import { cutTask } from "./review-cut.js";
import { Post } from "./review-post.js";
import { editTask, judgeTask, pickTask } from "./review-tasks.js";
import { spanPlayer } from "./player.js";

const desk = document.querySelector("#desk");
const { sample, task: kind, who } = desk.dataset;
const address = link(`/review/${sample}`);
const film = document.querySelector("#film");
const panel = document.querySelector("#task");
const said = document.querySelector("#said");
const acts = document.querySelector("#acts");
const dialog = document.querySelector("#keys");
const quick = document.querySelector("#quick");
const TASKS = { pick: pickTask, judge: judgeTask, edit: editTask, cut: cutTask };
const NOWHERE = new EventTarget(); // the players' own keys are not wanted here

let now = null; // what is on the screen: {values, clip, task, player, since}
let ahead = null; // what comes next, already on its way: {at, stage, values, player}
let busy = false;
let muted = true;

const post = new Post(address, (sentence, bad) => say(sentence, bad));

function say(sentence, bad = false) {
  said.textContent = sentence;
  said.hidden = !sentence;
  said.classList.toggle("bad", bad);
}

/** The page's values for a number, or for the first clip without an answer. */
const asked = (at) => ask(link(`/review/${sample}`, { who, at, format: "json" }));

/** A clip with its player, which loads but does not play yet. */
function staged(values) {
  const { clip } = values;
  const stage = make("div", { class: "desk-stage" });
  if (!clip || clip.gone) return { values, stage, player: null };
  const cut = kind === "cut";
  const player = spanPlayer(stage, {
    video_id: clip.video_id,
    clip_id: clip.clip_id,
    start_us: cut ? clip.edges[0] : clip.start_us,
    end_us: cut ? clip.edges.at(-1) : clip.end_us,
    fps: clip.fps || 30,
    shape: clip.width && clip.height ? clip.width / clip.height : null,
    poster: link(`/stills/${encodeURIComponent(clip.video_id)}/${clip.start_us}.jpg`),
    muted: true,
    loop: !cut,
    controls: !cut,
    keys: NOWHERE,
    label: clip.name,
  });
  if (cut) player.seek(clip.start_us);
  return { values, stage, player };
}

/** Fetch what comes next while this clip is looked at. */
async function prepare(at) {
  if (ahead?.at === at) return;
  ahead?.player?.close();
  ahead?.stage?.remove();
  ahead = null;
  if (!at || at === now.values.at) return;
  const mine = (ahead = { at });
  try {
    const found = staged(await asked(at));
    if (ahead !== mine) {
      found.player?.close();
      return;
    }
    found.stage.classList.add("waiting"); // in the page but out of sight, or browsers would not load it
    film.append(found.stage);
    Object.assign(ahead, found);
  } catch {
    if (ahead === mine) ahead = null; // it is asked for again when its turn comes
  }
}

async function go(at, known = {}, answer = null) {
  const ready = ahead?.values && ahead.at === at ? ahead : null;
  if (ready) ahead = null;
  const found = ready ?? staged(await asked(at));
  found.values = { ...found.values, ...known, at: found.values.at, next: found.values.next };
  show(found, answer);
}

function show(found, answer) {
  now?.player?.close();
  now?.stage?.remove();
  now = { ...found, clip: found.values.clip, since: performance.now(), task: null };
  const { values, clip, stage, player } = now;
  count(values);
  say("");
  const query = { who, at: values.at };
  history.replaceState(null, "", link(`/review/${sample}`, query));
  desk.dataset.at = values.at ?? "end"; // for styles and scripts of others
  acts.hidden = !clip;
  document.querySelector("#body").classList.toggle("finished", !clip);
  if (!clip) {
    film.replaceChildren();
    panel.replaceChildren(finished(values));
    ahead = null;
    return;
  }
  stage.classList.remove("waiting");
  film.prepend(stage);
  film.querySelector(".desk-about")?.remove();
  if (clip.gone) {
    panel.replaceChildren(make("p", { class: "notice" }, `${clip.gone} Enter skips it.`));
  } else {
    const seconds = (clip.end_us - clip.start_us) / 1e6;
    const about = make("p", { class: "desk-about" }, make("bdi", {}, clip.name), ` · ${clock(clip.start_us / 1e6)}, ${seconds.toFixed(1)} s`);
    stage.after(about);
    now.task = TASKS[kind]({ clip, answer: answer ?? clip.answer, player, choose, reasons: values.sample.reasons, sample });
    panel.replaceChildren(now.task.element);
    player.mute(muted);
    if (kind !== "cut") player.play();
    now.task.begin?.();
  }
  panel.scrollTop = 0;
  prepare(values.next);
}

function count(values) {
  const { total, decided, left, skipped } = values;
  document.querySelector("#bar").value = decided;
  document.querySelector("#far").textContent = `${decided} of ${total}, ${left} left${skipped ? `, ${skipped} skipped` : ""}`;
}

function finished({ total, decided, skipped, first_skipped: again }) {
  const text = decided === total ? `All ${total} clips are decided. Thank you.` : `${decided} of ${total} clips are decided, ${skipped} skipped.`;
  const look = make("button", { type: "button", class: "main" }, "Look at the skipped ones");
  look.addEventListener("click", () => attempt(() => go(again)));
  return make(
    "div",
    { class: "desk-done" },
    make("h2", { tabindex: "-1" }, text),
    make("p", { class: "acts" }, again ? look : null, make("a", { class: again ? "button" : "button main", href: link("/review") }, "To the samples"), make("a", { class: "button", href: link(`/review/${sample}/decisions.csv`), download: true }, "Decisions as CSV")),
  );
}

/** What a task calls when something was chosen; ``sure`` confirms at once. */
function choose(sure = false) {
  say("");
  if (sure || quick?.checked) act("confirm");
}

/** Run something that may fail for want of the server, one at a time. */
async function attempt(run) {
  if (busy) return;
  busy = true;
  desk.classList.add("busy");
  try {
    await run();
  } catch (error) {
    say(error.message, true);
  } finally {
    busy = false;
    desk.classList.remove("busy");
  }
}

async function decide(what) {
  const seconds = (performance.now() - now.since) / 1000;
  const { clip } = now;
  return post.send({ who, clip_id: clip.clip_id, seen: clip.seen, seconds, ...what }, now.values.at);
}

const ACTS = {
  async confirm() {
    if (now.clip.gone) return ACTS.skip();
    const what = now.task.answer();
    if (typeof what === "string") return say(what, true);
    return move(await decide(what));
  },
  async skip() {
    return move(await decide({ choice: "skipped" }));
  },
  async undo() {
    const { last } = now.values;
    if (!last) return say("There is nothing to undo.");
    const before = last === now.values.at ? now.values : await asked(last);
    const { clip } = before;
    const known = await post.send({ who, clip_id: clip.clip_id, choice: "withdrawn" }, last);
    await go(last, known, clip.answer);
    return say("Taken back: decide again.");
  },
  async back() {
    const { at, total } = now.values;
    return go(at > 1 ? at - 1 : total, standing());
  },
  async on() {
    const { at, total } = now.values;
    return go(at < total ? at + 1 : 1, standing());
  },
};

/** How far the person is, as the server last said. */
function standing() {
  const { decided, left, skipped, first_skipped, last } = now.values;
  return { decided, left, skipped, first_skipped, last };
}

/** On to what the server says is next. */
function move({ next, ...rest }) {
  return go(next, rest);
}

function act(name) {
  if (!now?.clip) return;
  attempt(ACTS[name]);
}

acts.addEventListener("click", (event) => {
  const button = event.target.closest("[data-act]");
  if (button) act(button.dataset.act);
});

// Keys

const SHARED = [
  ["Enter", "confirm and go on"],
  ["Space", "play, pause"],
  ["← →", kind === "cut" ? "move the cut by a frame" : "a frame back, on"],
  ["Shift ← →", "the clip before, after, without deciding"],
  ["u", "undo: take the last decision back"],
  ["s", "skip this clip"],
  ["m", "sound on, off"],
  ["?", "these keys"],
];

function help() {
  if (dialog.open) return dialog.close();
  const own = now?.task?.keys ?? [];
  const shared = kind === "edit" ? [["Ctrl Enter", "save and go on"], ["Esc", "out of the text, so that the other keys work"], ...SHARED.slice(1)] : SHARED;
  const rows = [...own, ...shared].map(([keys, text]) => make("div", {}, make("dt", {}, ...keys.split(" ").map((key) => make("kbd", {}, key))), make("dd", {}, text)));
  const close = make("button", { type: "button", class: "main", autofocus: true }, "Close");
  close.addEventListener("click", () => dialog.close());
  dialog.replaceChildren(make("h2", { id: "keystitle" }, "Keys"), make("dl", {}, ...rows), close);
  return dialog.showModal();
}

const PLAIN = {
  s: () => act("skip"),
  u: () => act("undo"),
  m: () => {
    muted = !muted;
    now?.player?.mute(muted);
  },
  " ": () => now?.player?.toggle(),
  ArrowLeft: () => now?.player?.step(-1),
  ArrowRight: () => now?.player?.step(1),
  Enter: () => act("confirm"),
};

/** Whether a control has a use of its own for the key. */
function itsOwn(target, key) {
  if (key !== "Enter" && key !== " ") return false;
  if (target.closest(".choice")) return key === "Enter" ? target.getAttribute("aria-pressed") !== "true" : true;
  return Boolean(target.closest("a, button, summary, input"));
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing || event.altKey || dialog.open) return;
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    act("confirm");
    return;
  }
  if (event.ctrlKey || event.metaKey) return;
  if (event.key === "?" && !writing(event.target)) {
    event.preventDefault();
    help();
    return;
  }
  if (!now?.clip) return;
  if (writing(event.target) && event.target !== quick) {
    const own = event.target.type === "range" ? PLAIN[event.key] && event.key === " " : false;
    if (event.key === "Escape") event.target.blur();
    else if (event.key === "Enter" && event.target.tagName === "INPUT") act("confirm");
    else if (own) PLAIN[event.key]();
    else return;
    event.preventDefault();
    return;
  }
  if (itsOwn(event.target, event.key)) return;
  const turn = event.shiftKey && { ArrowLeft: "back", ArrowRight: "on" }[event.key];
  if (turn) act(turn);
  else if (!now.task?.key(event)) {
    if (!PLAIN[event.key]) return;
    PLAIN[event.key]();
  }
  event.preventDefault();
});

document.querySelector("#help").addEventListener("click", help);

if (quick) {
  try {
    quick.checked = localStorage.getItem("shotlist.quick") === "true";
    quick.addEventListener("change", () => localStorage.setItem("shotlist.quick", String(quick.checked)));
  } catch {
    // It is asked for again next time.
  }
}

function begin() {
  attempt(async () => {
    await post.resume(who);
    const at = new URLSearchParams(location.search).get("at");
    await go(at ? Number(at) : undefined);
  });
}

begin();

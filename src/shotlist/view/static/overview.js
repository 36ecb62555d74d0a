// The overview: whatever is brushed or ticked, the counts, the pictures and all other charts follow at once.

import { ask, clock, link, make } from "./base.js";
import { asked, enliven, grouped, nameFilter, refresh, rewrite } from "./facets.js";
import { hoverPlay } from "./player.js";

const form = document.getElementById("facets");
const place = (id) => document.getElementById(id);

if (form) {
  enliven(form);
  listen();
  watch();
  nameFilter(place("names"), form);
  form.addEventListener("filtered", () => { place("none").hidden = [...groups()].some((group) => !group.hidden); });
}
hoverPlay();

function groups() {
  return form.querySelectorAll("[data-group]");
}

function listen() {
  form.addEventListener("input", (event) => event.target.classList.contains("range") && !event.isTrusted && ask_anew(false));
  form.addEventListener("change", () => { remember(); ask_anew(true); });
  form.addEventListener("submit", (event) => event.preventDefault());
  addEventListener("popstate", () => {
    rewrite(form, new URLSearchParams(location.search));
    ask_anew(true);
  });
  place("clear").addEventListener("click", (event) => {
    event.preventDefault();
    rewrite(form, new URLSearchParams());
    remember();
    ask_anew(true);
  });
}

function remember() {
  const query = asked(form);
  const address = link("/") + (query.size ? `?${query}` : "");
  if (address !== location.pathname + location.search) history.pushState(null, "", address);
}

// One question at a time: while a brush moves, the newest waits for the answer before it; what is final does not wait.

let running = null;
let again = false;

async function ask_anew(final) {
  if (running && !final) {
    again = true;
    return;
  }
  running?.abort();
  const mine = (running = new AbortController());
  again = false;
  const query = asked(form);
  const seen = [...groups()].filter((group) => group.seen && !("later" in group.dataset));
  for (const group of groups()) group.stale = !seen.includes(group);
  place("selection").classList.add("waiting");
  try {
    const found = await ask(address(query, seen.map((group) => group.dataset.group)), { signal: mine.signal });
    show(found, query);
  } catch (error) {
    if (error.name !== "AbortError") tell(error.message);
  } finally {
    if (running === mine) {
      running = null;
      place("selection").classList.remove("waiting");
      if (again) ask_anew(false);
    }
  }
}

function address(query, names, extra = {}) {
  const whole = new URLSearchParams(query);
  for (const name of names.length ? names : ["none"]) whole.append("facets", name);
  for (const [name, value] of Object.entries({ format: "json", ...extra })) whole.append(name, value);
  return `${link("/")}?${whole}`;
}

function tell(sentence) {
  place("failed").textContent = sentence;
  place("failed").hidden = !sentence;
}

function show(found, query) {
  tell("");
  refresh(form, found.groups.flatMap((group) => group.facets ?? []));
  const { clips, told } = found.selection;
  place("now").textContent = `${grouped(clips)} ${clips === 1 ? "clip" : "clips"}`;
  place("much").textContent = told;
  place("show").href = link("/clips") + (query.size ? `?${query}` : "");
  place("show").textContent = clips === 1 ? "Show this clip" : "Show these clips";
  place("clear").hidden = query.size === 0;
  // The strip on top is of the whole dataset; what is selected shows beside its count.
  place("mini").replaceChildren(...(query.size ? found.stills.map((clip) => picture(clip)) : []));
}

function picture(clip) {
  const still = make("img", { class: "still", width: 320, height: 180, alt: "", decoding: "async",
    src: link(`/stills/${encodeURIComponent(clip.video_id)}/${clip.still_us}.jpg`, { width: 320 }) });
  const words = `${clip.name}, ${clock(clip.start_us / 1e6)}`;
  return make("a", { href: link(`/clips/${encodeURIComponent(clip.clip_id)}`), "data-video": clip.video_id, "data-clip": clip.clip_id,
    "data-start": clip.start_us, "data-end": clip.end_us, "aria-label": words, tabindex: -1 }, still);
}

// Groups are asked for when they come near the window, and again if something was brushed since.

function watch() {
  const near = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      target.seen = isIntersecting;
      if (isIntersecting && "later" in target.dataset) fill(target);
      else if (isIntersecting && target.stale) update(target);
    }
  }, { rootMargin: "300px" });
  for (const group of groups()) near.observe(group);
}

async function fill(group) {
  delete group.dataset.later;
  try {
    const query = asked(form);
    const answer = await fetch(address(query, [group.dataset.group], { format: "html", part: "facets" }));
    if (!answer.ok) throw new Error(`the viewer answered ${answer.status}`);
    const found = new DOMParser().parseFromString(await answer.text(), "text/html");
    const now = asked(form); // before the new fields say the same once more
    group.querySelector(".grid").replaceChildren(...found.body.children);
    enliven(group);
    rewrite(form, now);
    place("names").dispatchEvent(new Event("input"));
    if (String(now) !== String(query)) update(group);
  } catch (error) {
    group.dataset.later = "";
    tell(`${group.dataset.group}: ${error.message}`);
  }
}

async function update(group) {
  group.stale = false;
  try {
    const found = await ask(address(asked(form), [group.dataset.group]));
    refresh(group, found.groups.flatMap((one) => one.facets ?? []));
  } catch (error) {
    tell(error.message);
  }
}

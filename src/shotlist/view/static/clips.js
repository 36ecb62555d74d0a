// The grid of clips: filters without a new page, keys to walk through the cards, and pictures that play.

import { link, writing } from "./base.js";
import { asked, enliven, facetsIn, nameFilter, refresh, rewrite } from "./facets.js";
import { hoverPlay } from "./player.js";

const form = document.getElementById("facets");
const results = () => document.getElementById("results");

enliven(form);
settle();
hoverPlay();
nameFilter(document.getElementById("names"), form);
form.addEventListener("filtered", ({ target, detail }) => {
  document.getElementById("none").hidden = [...form.querySelectorAll("[data-group]")].some((group) => !group.hidden);
  if (detail && !target.hidden) target.open = true;
});

/** What every new set of cards needs. */
function settle() {
  document.getElementById("copy").addEventListener("click", copy);
  const sort = results().querySelector(".sort input");
  // An emptied field lets the browser show all names; leaving it as it was changes nothing.
  let before = sort.value;
  sort.addEventListener("focus", () => { before = sort.value; sort.placeholder = before || sort.placeholder; sort.value = ""; });
  sort.addEventListener("blur", () => { sort.value ||= before; });
  sort.addEventListener("change", () => { before = sort.value; if (sort.value) sort.form.requestSubmit(); });
}

// Filters

form.addEventListener("change", () => go(address(asked(form))));
form.addEventListener("submit", (event) => {
  event.preventDefault();
  go(address(asked(form)));
});
addEventListener("popstate", () => {
  if (shown !== location.pathname + location.search) go(location.pathname + location.search, false);
});
document.addEventListener("click", (event) => {
  const anchor = event.target.closest?.("#results a[href]");
  if (!anchor || anchor.hasAttribute("download") || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  const to = new URL(anchor.href);
  if (to.pathname !== location.pathname || to.hash) return;
  event.preventDefault();
  go(to.pathname + to.search);
});
document.addEventListener("submit", (event) => {
  if (!event.target.matches(".sort, .mend")) return;
  event.preventDefault();
  go(address(asked(event.target)));
});

function address(query) {
  return link("/clips") + (query.size ? `?${query}` : "");
}

let shown = location.pathname + location.search;
let running = null;

/** Shows another query in place of this one; what cannot be had that way is opened as a page. */
async function go(to, push = true) {
  running?.abort();
  const mine = (running = new AbortController());
  results().classList.add("waiting");
  try {
    const answer = await fetch(withOpen(to), { signal: mine.signal, headers: { accept: "text/html" } });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (!page.getElementById("results")) throw new Error("another page");
    if (answer.redirected) to = without(answer.url, "facets");
    if (push) history.pushState(null, "", to);
    shown = to;
    put(page);
    rewrite(form, new URL(to, location).searchParams);
  } catch (error) {
    if (error.name !== "AbortError") location.assign(to);
  } finally {
    if (running === mine) running = null;
  }
}

function without(address, name) {
  const url = new URL(address);
  url.searchParams.delete(name);
  return url.pathname + url.search;
}

function withOpen(to) {
  const open = [...form.querySelectorAll("details[open]")].map((group) => group.dataset.group);
  const whole = new URL(to, location);
  whole.searchParams.delete("facets");
  for (const name of open.length ? open : ["none"]) whole.searchParams.append("facets", name);
  return whole;
}

function put(page) {
  document.title = page.title;
  results().replaceWith(page.getElementById("results"));
  document.getElementById("count").textContent = page.getElementById("count").textContent;
  const find = document.querySelector(".find");
  find.elements.q.value = page.querySelector(".find").elements.q.value;
  for (const hidden of find.querySelectorAll("[type=hidden]")) hidden.remove();
  find.append(...page.querySelectorAll(".find [type=hidden]"));
  document.querySelector("footer a").href = page.querySelector("footer a").href;
  refresh(form, facetsIn(page));
  settle();
  if (results().getBoundingClientRect().top < 0) results().scrollIntoView();
}

// Groups that are opened

form.addEventListener("toggle", (event) => {
  const group = event.target;
  if (group.open && !group.querySelector("[data-facet]")) fill(group);
}, true);

async function fill(group) {
  const query = asked(form);
  const whole = new URL(address(query), location);
  whole.searchParams.append("facets", group.dataset.group);
  whole.searchParams.append("part", "facets");
  const answer = await fetch(whole).catch(() => null);
  const place = group.querySelector(".grid");
  if (!answer?.ok) {
    place.textContent = "These could not be read; close this group and open it again.";
    return;
  }
  const found = new DOMParser().parseFromString(await answer.text(), "text/html");
  const now = asked(form); // something else may have been ticked meanwhile
  place.replaceChildren(...found.body.children);
  enliven(group);
  rewrite(form, now);
  document.getElementById("names").dispatchEvent(new Event("input"));
  if (String(now) !== String(query)) fill(group);
}

// Keys

document.addEventListener("keydown", (event) => {
  if (writing(event.target) || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest?.("[role=slider], summary, [role=menu]")) return;
  const cards = [...document.querySelectorAll("#cards .shot")];
  const now = cards.indexOf(document.activeElement);
  const to = { j: now + 1, k: now < 0 ? 0 : now - 1 }[event.key] ?? (now >= 0 ? beside(cards, now, event.key) : undefined);
  const page = { n: "next", p: "prev" }[event.key];
  if (page) {
    results().querySelector(`[rel=${page}]`)?.click();
  } else if (to !== undefined && cards[to]) {
    event.preventDefault();
    cards[to].focus();
    cards[to].scrollIntoView({ block: "nearest" });
  }
});

/** The card to the left, to the right, above or below. */
function beside(cards, now, key) {
  const tops = cards.map((card) => Math.round(card.getBoundingClientRect().top));
  const columns = tops.filter((top) => top === tops[0]).length || 1;
  return { ArrowLeft: now - 1, ArrowRight: now + 1, ArrowUp: now - columns, ArrowDown: now + columns }[key];
}

async function copy(event) {
  const button = event.target;
  const url = new URL(location.href);
  url.hash = "";
  try {
    await navigator.clipboard.writeText(url.href);
    button.textContent = "Copied";
  } catch {
    prompt("The address of this query", url.href); // no clipboard here
  }
  setTimeout(() => { button.textContent = "Copy link"; }, 1600);
}

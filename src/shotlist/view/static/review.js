// The start page of Review: remembers who is here, and draws samples.

import { link, send } from "./base.js";

const name = document.querySelector("#name");
const hint = document.querySelector("#namehint");
const form = document.querySelector("#new");
const people = [...document.querySelectorAll("#people option")].map((option) => option.value);

function remembered(value) {
  try {
    if (value === undefined) return localStorage.getItem("shotlist.who");
    localStorage.setItem("shotlist.who", value);
  } catch {
    // A browser that keeps nothing asks for the name each time.
  }
  return null;
}

const cleaned = () => name.value.normalize("NFC").trim().replace(/\s+/g, " ");

/** Whoever writes the own name in another way would be a second person. */
function advise() {
  const who = cleaned();
  const near = people.find((other) => other !== who && other.toLowerCase() === who.toLowerCase());
  hint.textContent = near ? `There is already “${near}”: that is somebody else.` : "";
  name.closest(".who")?.classList.remove("missing");
  for (const field of document.querySelectorAll(".whois")) field.value = who;
  for (const button of document.querySelectorAll("[data-done]")) {
    const among = (list) => who && list.split("\n").includes(who);
    button.textContent = among(button.dataset.whole) ? "Look again" : among(button.dataset.done) ? "Go on" : "Begin";
  }
}

/** Whether there is a name; says so if not. */
function known() {
  if (cleaned()) return true;
  name.closest(".who")?.classList.add("missing");
  hint.textContent = "First say who you are.";
  name.focus();
  return false;
}

if (!name.value) name.value = remembered() ?? "";
advise();
name.addEventListener("input", advise);
name.form.addEventListener("submit", (event) => {
  if (cleaned()) remembered(cleaned());
  if (name.form.id === "who") event.preventDefault();
});
for (const begin of document.querySelectorAll(".sample form")) {
  begin.addEventListener("submit", (event) => {
    if (!known()) event.preventDefault();
    else remembered(cleaned());
  });
}

// Whoever has just drawn a sample wants to begin with it.
document.getElementById(decodeURIComponent(location.hash.slice(1)))?.querySelector("button.main")?.focus();

const chosen = (field) => form.querySelector(`[name=${field}]:checked`)?.value;

/** Shows the fields of the task, and a name that is free. */
function suit() {
  const task = chosen("task");
  for (const part of form.querySelectorAll("[data-for]")) {
    const ours = part.dataset.for.split(" ").includes(task);
    part.hidden = !ours;
    if (part instanceof HTMLOptionElement) part.disabled = !ours;
  }
  const select = form.elements.shown;
  if (select.selectedOptions[0]?.disabled) select.value = [...select.options].find((o) => !o.disabled)?.value ?? "";
  const title = form.elements.name;
  if (!title.value || title.value === title.dataset.made) {
    const taken = new Set([...document.querySelectorAll(".sample h2")].map((h) => h.textContent.toLowerCase()));
    let number = 1;
    while (taken.has(`${task} ${number}`)) number += 1;
    title.value = title.dataset.made = `${task} ${number}`;
  }
}

function asked() {
  const task = chosen("task");
  const from = chosen("from");
  const teachers = [...form.querySelectorAll("[name=teachers]:checked")].map((box) => box.value);
  return {
    task,
    by: cleaned(),
    name: form.elements.name.value,
    number: form.elements.number.value,
    query: from === "query" ? form.elements.query.value : from,
    random: chosen("order") === "random",
    seed: form.elements.seed.value.trim() || null,
    balanced: form.elements.balanced.checked,
    teachers: task === "pick" ? teachers : [form.elements.shown.value].filter(Boolean),
    reasons: form.elements.reasons.value.split("\n"),
  };
}

async function drawSample(event) {
  event.preventDefault();
  if (!known()) return;
  remembered(cleaned());
  const said = document.querySelector("#drawn");
  const button = event.submitter;
  said.textContent = "";
  if (button) button.disabled = true;
  try {
    const made = await send(link("/review"), asked());
    const place = `${link("/review")}#${made.key}`;
    if (location.pathname === link("/review") && !location.search) {
      location.hash = made.key;
      location.reload();
    } else location.assign(place);
  } catch (error) {
    said.textContent = error.message;
    if (button) button.disabled = false;
  }
}

if (form) {
  suit();
  form.addEventListener("change", suit);
  form.elements.query.addEventListener("input", () => {
    form.querySelector("[name=from][value=query]").checked = true;
  });
  form.elements.seed.addEventListener("input", () => {
    form.querySelector("[name=order][value=random]").checked = true;
  });
  form.addEventListener("submit", drawSample);
}

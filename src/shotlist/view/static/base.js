// What every page has: the switch between light and dark, "/" for the search field, and a way to ask the server.

const root = document.documentElement.dataset.root ?? "";

/** An address of the viewer; values of null or undefined are left out, lists repeat the name. */
export function link(path, query = {}) {
  const told = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    for (const one of Array.isArray(value) ? value : [value]) if (one !== null && one !== undefined) told.append(name, one);
  }
  const text = told.toString();
  return root + path + (text ? `?${text}` : "");
}

/** The JSON at an address; throws an Error with the server's sentence. */
export async function ask(address, options = {}) {
  let answer;
  try {
    answer = await fetch(address, { headers: { accept: "application/json" }, ...options });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Error("the viewer does not answer; is it still running?");
  }
  let found = {};
  try {
    found = await answer.json();
  } catch (error) {
    if (error.name === "AbortError" || answer.ok) throw error;
  }
  if (!answer.ok) throw new Error(found.error ?? `the viewer answered ${answer.status}`);
  return found;
}

/** Send JSON to an address of the viewer. */
export function send(address, value) {
  return ask(address, {
    method: "POST",
    headers: { accept: "application/json", "content-type": "application/json" },
    body: JSON.stringify(value),
  });
}

/** An element with attributes and children; texts are texts, never markup. */
export function make(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === true) made.setAttribute(key, "");
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(key, value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

/** The same for SVG. */
export function draw(name, attributes = {}, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

/** Whether the keyboard belongs to a field in which people write. */
export function writing(target) {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}

/** 83.25 as "1:23.2". */
export function clock(seconds, digits = 1) {
  const unit = 10 ** digits;
  const tenths = Math.round(seconds * unit);
  const rest = (tenths % (60 * unit)) / unit;
  const minutes = Math.floor(tenths / (60 * unit));
  const hours = Math.floor(minutes / 60);
  const tail = rest.toFixed(digits).padStart(digits ? digits + 3 : 2, "0");
  return hours ? `${hours}:${String(minutes % 60).padStart(2, "0")}:${tail}` : `${minutes}:${tail}`;
}

function remembered(name, value) {
  try {
    if (value === undefined) return localStorage.getItem(name);
    localStorage.setItem(name, value);
  } catch {
    // A browser that keeps nothing still shows everything.
  }
  return null;
}

function theme(name) {
  if (name) document.documentElement.dataset.theme = name;
}

theme(remembered("theme"));
document.querySelector(".theme")?.addEventListener("click", () => {
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  const now = document.documentElement.dataset.theme ?? (dark ? "dark" : "light");
  const next = now === "dark" ? "light" : "dark";
  theme(next);
  remembered("theme", next);
});

document.addEventListener("keydown", (event) => {
  if (event.key === "/" && !writing(event.target) && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    document.querySelector(".find input")?.focus();
  }
});

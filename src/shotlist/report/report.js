"use strict";
// Draws the report from the JSON beside it. All text is set as text, never as markup.

const data = JSON.parse(document.getElementById("data").textContent);

// Elements

function make(tag, attributes = {}, ...children) {
  const svg = ["svg", "g", "rect", "line", "path", "circle", "text", "title"].includes(tag);
  const node = svg ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== null) node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
}

const spot = (node, left, width) => {
  node.style.left = `${left}%`;
  if (width !== undefined) node.style.width = `${width}%`;
  return node;
};

// Pictures are decoded when they come near the window: there may be a thousand.

const address = (index) => `data:image/jpeg;base64,${data.stills[index]}`;

const near = new IntersectionObserver((entries) => {
  for (const entry of entries) if (entry.isIntersecting) load(entry.target);
}, { rootMargin: "800px" });

function load(image) {
  near.unobserve(image);
  if (image.dataset.still in data.stills) image.src = address(image.dataset.still);
}

function still(index, text) {
  const image = make("img", { class: "still", alt: text, decoding: "async" });
  if (index === null || index === undefined) return image;
  image.dataset.still = index;
  near.observe(image);
  return image;
}

document.querySelectorAll("img[data-still]").forEach((image) =>
  "eager" in image.dataset ? load(image) : near.observe(image));
addEventListener("beforeprint", () => document.querySelectorAll("img[data-still]:not([src])").forEach(load));

// Words

const grouped = (number) => number.toLocaleString("en-US");

function duration(seconds) {
  if (seconds < 0.1) return `${+seconds.toPrecision(1)} s`;
  if (seconds < 59.95) return `${+seconds.toFixed(1)} s`;
  const whole = Math.round(seconds), minutes = Math.round(seconds / 60), two = (n) => String(n).padStart(2, "0");
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${two(whole % 60)} s`;
  if (minutes < 6000) return `${Math.floor(minutes / 60)} h ${two(minutes % 60)} min`;
  return `${grouped(Math.round(seconds / 3600))} h`;
}

function clock(ms, decimals = 1) {
  const tenths = Math.round(ms / 100), minutes = Math.floor(tenths / 600), rest = tenths % 600;
  const seconds = (decimals ? (rest / 10).toFixed(1) : String(Math.floor(rest / 10)));
  const padded = rest < 100 ? `0${seconds}` : seconds;
  if (minutes < 60) return `${minutes}:${padded}`;
  return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}:${padded}`;
}

// Three digits that count, without zeros behind them.
function brief(value) {
  const size = Math.abs(value);
  if (size >= 1e6 || (size && size < 1e-4)) return value.toExponential(1).replace("e+", "e").replace("-", "−");
  const text = size >= 1000 ? grouped(Math.round(value)) : String(+value.toPrecision(3));
  return text.replace("-", "−");
}

function niceStep(rough, whole) {
  const unit = 10 ** Math.floor(Math.log10(rough));
  const step = unit * [1, 2, 5, 10].find((factor) => factor * unit >= rough);
  return whole ? Math.max(1, Math.round(step)) : step;
}


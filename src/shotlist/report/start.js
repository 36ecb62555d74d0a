// Put everything in place

for (const chart of data.charts) {
  chart.node = chart.bars ? bars(chart) : new Histogram(chart).node;
  document.getElementById(chart.bars ? "kinds" : "charts").append(chart.node);
}
document.getElementById("videos")?.append(...data.videos.map((video) => new Timeline(video).node));

document.getElementById("find")?.addEventListener("input", (event) => {
  const wanted = event.target.value.trim().toLowerCase();
  for (const { node, label } of data.charts) node.hidden = !label.toLowerCase().includes(wanted);
});

const links = new Map([...document.querySelectorAll("nav a")].map((link) => [link.hash.slice(1), link]));
const seen = new IntersectionObserver((entries) => {
  for (const entry of entries) {
    if (!entry.isIntersecting) continue;
    for (const [id, link] of links) link.toggleAttribute("aria-current", id === entry.target.id);
  }
}, { rootMargin: "-20% 0px -75%" });
for (const id of links.keys()) seen.observe(document.getElementById(id));

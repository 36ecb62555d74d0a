// What the server tells of a video's lanes.
import { ask, link } from "./base.js";

const PIECES = 8; // requests in which a long video's spans come whole

/** What is known of a span. A long one has more than comes at once: then its parts are asked for side by side. */
export async function read(video_id, start_us, end_us, points, signal) {
  const one = (from, to, n) => ask(link(`/lanes/${encodeURIComponent(video_id)}`, { start_us: from, end_us: to, points: n }), { signal });
  const found = await one(start_us, end_us, points);
  if (signal.aborted || !Object.values(found.left_out ?? {}).some((number) => number > 0)) return found;
  const edges = Array.from({ length: PIECES + 1 }, (_, k) => Math.round(start_us + ((end_us - start_us) * k) / PIECES));
  const parts = await Promise.all(edges.slice(1).map((to, k) => one(edges[k], to, 2)));
  return signal.aborted ? found : joined(found, parts);
}

/** The spans of parts that follow each other; one that reaches over an edge is in both. */
function joined(found, parts) {
  const spans = Object.fromEntries(
    Object.keys(found.spans).map((name) => {
      const all = parts.flatMap((part, k) => part.spans[name].filter((span) => k === 0 || span.start_us >= part.start_us));
      return [name, all];
    }),
  );
  const left_out = {};
  for (const part of parts) for (const [lane, number] of Object.entries(part.left_out ?? {})) left_out[lane] = (left_out[lane] ?? 0) + number;
  return { ...found, spans, left_out };
}

/** What is too small to be drawn at this zoom. */
export function leftOut(found) {
  const some = Object.entries(found.left_out ?? {}).filter(([, number]) => number > 0);
  return some.length ? [`Not drawn, because they are too short to be seen here: ${some.map(([lane, number]) => `${number.toLocaleString("en")} of ${lane}`).join(", ")}.`] : [];
}

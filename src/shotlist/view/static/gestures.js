// What hands do with a timeline: press or drag to go somewhere, two fingers or the wheel with Ctrl to zoom, one finger
// or the wheel sideways to move along.

const SLIP = 3; // pixels that a press may move

export function hands(timeline) {
  const { rows } = timeline;
  const down = new Map();
  let moved = false;

  function move(event) {
    const before = down.get(event.pointerId);
    if (before === undefined) return;
    const far = Math.abs(event.clientX - before) > SLIP;
    const touch = event.pointerType === "touch";
    if (down.size === 2) pinch(timeline, down, event);
    else if (touch && timeline.zoom && (far || moved)) timeline.pan((before - event.clientX) / timeline.width);
    else if (far || moved) timeline.seek(timeline.us(event.clientX));
    if (!far && !moved && down.size < 2) return;
    moved = true;
    if (touch) down.set(event.pointerId, event.clientX);
  }

  function up(event) {
    if (!down.delete(event.pointerId) || event.type !== "pointerup" || moved || down.size) return;
    if (!event.target.closest?.("a.clip")) timeline.seek(timeline.us(event.clientX)); // a clip's link is clicked
  }

  rows.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    down.set(event.pointerId, event.clientX);
    moved = down.size > 1;
  });
  addEventListener("pointermove", move);
  addEventListener("pointerup", up);
  addEventListener("pointercancel", up);
  rows.addEventListener("wheel", (event) => wheel(timeline, event), { passive: false });
  rows.addEventListener("pointermove", (event) => event.pointerType === "mouse" && timeline.point(event));
  rows.addEventListener("pointerleave", () => timeline.point(null));
}

function pinch(timeline, down, event) {
  const [[, other]] = [...down].filter(([id]) => id !== event.pointerId);
  const before = Math.abs(down.get(event.pointerId) - other);
  const now = Math.abs(event.clientX - other);
  if (before > 8 && now > 8) timeline.scale(before / now, timeline.us((event.clientX + other) / 2));
}

function wheel(timeline, event) {
  if (!timeline.zoom) return;
  const sideways = event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY);
  if (event.ctrlKey || event.metaKey) {
    const notch = Math.max(-60, Math.min(60, event.deltaY)); // touch pads send many small ones, wheels few large ones
    timeline.scale(Math.exp(notch / 120), timeline.us(event.clientX));
  } else if (sideways) timeline.pan((event.deltaX || event.deltaY) / timeline.width);
  else return;
  event.preventDefault();
}

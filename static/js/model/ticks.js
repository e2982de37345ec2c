/* Ticks of a loop: its sleep in the selector, and what it ran after that; pure. */

const KEPT = 50;
const SELECTS = new Set(["select", "poll", "epoll"]);

/**
 * Ticks of a loop that is seen by its calls alone: [[slept_us, ran_us, calls, null]], the newest last.
 * A call of the selector begins one; what the same thread called until the next one belongs to it.
 */
export function ticksOf(points) {
  const last = points.findLast(({ call }) => SELECTS.has(call));
  if (!last) return [];
  const ticks = [];
  let open = null;
  for (const point of points) {
    if (point.gap) open = null;
    else if (point.thread === last.thread) open = taken(ticks, open, point);
  }
  return ticks.slice(-KEPT);
}

function taken(ticks, open, point) {
  if (!SELECTS.has(point.call)) return open && { ...open, calls: open.calls + 1 };
  const began = point.at - point.waited_us / 1e6;
  if (open) ticks.push([open.slept_us, Math.max(0, Math.round((began - open.at) * 1e6)), open.calls, null]);
  return { at: point.at, slept_us: point.waited_us, calls: 0 };
}

/** The height of a bar for a time, 0..1 by its logarithm: 1 µs is nothing, ten seconds are all. */
export const tall = (us) => (us > 0 ? Math.min(1, Math.max(0.04, Math.log10(us + 1) / 7)) : 0);

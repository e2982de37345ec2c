/* The lifecycle as a picture: where each state stands, and how each edge of the table runs; pure. */

/* Column and row of the states; one that is not here stands in a row below. */
const PLACES = {
  STARTING: [1, 0],
  RUNNING: [2, 0],
  STOPPED: [0, 1],
  BACKOFF: [1, 1],
  FROZEN: [2, 1],
  STOPPING: [1, 2],
  FAILED: [2, 2],
};
const COLUMNS = 3;
const ROW = 104;
const HEIGHT = 28;
const WIDEST = 128;
const GAP = 12; // between a line and a box that it passes, and between the two ways of a pair
const HEAD = 5;

/**
 * The picture of a table {states, edges} at a width in pixels: {height, nodes: [{state, x, y, w, h}],
 * arrows: [{from, to, events, d, head, x, y}]}; x, y of a node is its middle, of an arrow that of its words.
 */
export function picture({ states, edges }, width) {
  const nodes = states.map((state, index) => placed(state, index, width));
  const arrows = pairs(edges).map((pair) => arrow(pair, nodes, edges, width / 2));
  return { height: Math.max(...nodes.map(({ y, h }) => y + h / 2)) + 2, nodes, arrows };
}

function placed(state, index, width) {
  const [column, row] = PLACES[state] ?? [index % COLUMNS, COLUMNS];
  const w = Math.min(WIDEST, width / COLUMNS - GAP);
  return { state, x: w / 2 + 1 + ((width - w - 2) / (COLUMNS - 1)) * column, y: HEIGHT / 2 + 2 + ROW * row, w, h: HEIGHT };
}

/* Edges between the same two states are one arrow. */
function pairs(edges) {
  const found = new Map();
  for (const { from, event, to } of edges) {
    const key = `${from} ${to}`;
    if (found.has(key)) found.get(key).events.push(event);
    else found.set(key, { from, to, events: [event] });
  }
  return [...found.values()];
}

function arrow({ from, to, events }, nodes, edges, centre) {
  const [a, b] = [from, to].map((state) => nodes.find((node) => node.state === state));
  const bend = bent(a, b, nodes, edges, centre);
  const [dx, dy] = [b.x - a.x, b.y - a.y];
  const long = Math.hypot(dx, dy);
  const control = { x: (a.x + b.x) / 2 - (dy / long) * bend * 2, y: (a.y + b.y) / 2 + (dx / long) * bend * 2 };
  const [start, end] = [border(a, control), border(b, control)];
  const part = Math.abs(dx) > 1 && Math.abs(dy) > ROW ? 0.62 : 0.5; // long ways cross in their middle
  const along = (axis) => Math.round((1 - part) ** 2 * start[axis] + 2 * part * (1 - part) * control[axis] + part ** 2 * end[axis]);
  const d = `M${at(start)}Q${at(control)} ${at(end)}`;
  return { from, to, events, d, head: head(control, end), x: along("x"), y: along("y") };
}

/* How far the middle of a line stands off: around a box in its way, or at its side of a pair. */
function bent(a, b, nodes, edges, centre) {
  const way = nodes.find((node) => node !== a && node !== b && crosses(a, b, node));
  if (way) return a.x === b.x ? (way.w / 2 + GAP) * (b.y > a.y === a.x >= centre ? 1 : -1) : way.h / 2 + GAP;
  return edges.some(({ from, to }) => from === b.state && to === a.state) ? GAP : 0;
}

const crosses = (a, b, { x, y, w, h }) =>
  Array.from({ length: 39 }, (_, step) => (step + 1) / 40).some(
    (part) => Math.abs(a.x + (b.x - a.x) * part - x) < w / 2 && Math.abs(a.y + (b.y - a.y) * part - y) < h / 2,
  );

/* Where the way from the middle of a box to a point leaves the box. */
function border({ x, y, w, h }, to) {
  const [dx, dy] = [to.x - x, to.y - y];
  const part = Math.min(w / 2 / Math.abs(dx || 1e-9), h / 2 / Math.abs(dy || 1e-9));
  return { x: x + dx * part, y: y + dy * part };
}

function head(from, to) {
  const long = Math.hypot(to.x - from.x, to.y - from.y);
  const [ux, uy] = [(to.x - from.x) / long, (to.y - from.y) / long];
  const wing = (side) => ({ x: to.x - ux * HEAD * 1.6 + uy * HEAD * side, y: to.y - uy * HEAD * 1.6 - ux * HEAD * side });
  return `M${at(wing(1))}L${at(to)}L${at(wing(-1))}z`;
}

const at = ({ x, y }) => `${x.toFixed(1)} ${y.toFixed(1)}`;

/** The newest move along each edge of the table: "FROM event" -> move. */
export const taken = (moves) => Object.fromEntries(moves.map((move) => [`${move.from} ${move.event}`, move]));

/** The edges that leave a state. */
export const leaving = ({ edges }, state) => edges.filter(({ from }) => from === state);

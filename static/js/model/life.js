/* The lifecycle as a picture: where each state stands, and how each edge of the table runs; pure. */

/*
 * Place and side of the states. Places are counted in thirds of the picture's length; two rows lie along it. Nothing
 * stands between the rows but the first state, so that no straight line from row to row meets a third box.
 */
const PLACES = {
  STOPPED: [0, 0],
  STARTING: [0.8, -1],
  RUNNING: [1.9, -1],
  FROZEN: [3, -1],
  BACKOFF: [0.8, 1],
  STOPPING: [1.9, 1],
  FAILED: [3, 1],
};
const THIRDS = 3;
/* In rem. Where there is no width, the picture stands on end: the rows become columns. */
const TALL_BELOW = 38;
const BOX = { height: 3.5, widest: 10.5 };
const HEIGHT = { wide: 18, tall: 27 };
const SHARE = { wide: 0.225, tall: 0.4 }; // of the width, for a box
const HEAD = 9; // pixels
const WING = 4.5;

/**
 * The picture of a table {states, edges} in pixels: {height, nodes: [{state, x, y, w, h}], arrows: [{from, to, events,
 * d, head}]}. x, y of a node is its middle. `rem`: pixels.
 */
export function picture({ states, edges }, width, rem) {
  const tall = width < TALL_BELOW * rem;
  const nodes = states.map((state, index) => placed(state, index, measures(tall, width, rem)));
  const ways = pairs(edges).map((pair) => ({ ...pair, a: of(nodes, pair.from), b: of(nodes, pair.to) }));
  const ports = spread(ways);
  const turned = ({ u, v }) => (tall ? { x: v, y: u } : { x: u, y: v });
  const boxes = nodes.map(({ state, u, v, long, deep }) => ({ state, ...turned({ u, v }), w: tall ? deep : long, h: tall ? long : deep }));
  return {
    height: Math.max(...boxes.map(({ y, h }) => y + h / 2)) + 1,
    nodes: boxes,
    arrows: ways.map(({ from, to, events, a, b }, index) => ({ from, to, events, ...line(turned(ports[index].get(a)), turned(ports[index].get(b))) })),
  };
}

/* Lengths along the rows (u) and across them (v). */
function measures(tall, width, rem) {
  const [height, wide] = [BOX.height * rem, Math.min(BOX.widest * rem, SHARE[tall ? "tall" : "wide"] * width)];
  return tall
    ? { tall, length: HEIGHT.tall * rem, depth: width, long: height, deep: wide }
    : { tall, length: width, depth: HEIGHT.wide * rem, long: wide, deep: height };
}

/* `inner`: what of its inner side faces the room between the rows. A state without a place of its own stands below. */
function placed(state, index, { tall, length, depth, long, deep }) {
  const [place, side] = PLACES[state] ?? (tall ? [THIRDS + 0.8, 1] : [index % (THIRDS + 1), 3]);
  const u = long / 2 + 1 + ((length - long - 2) / THIRDS) * place;
  return { state, side, u, v: depth / 2 + (side * (depth - deep - 2)) / 2, long, deep, inner: side ? long : Math.min(deep, depth - 2 * deep) };
}

const of = (nodes, state) => nodes.find((node) => node.state === state);

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

/* Where each arrow leaves its boxes: the ends at one side of a box share its length, sorted so that they do not cross. */
function spread(ways) {
  const ports = ways.map(() => new Map());
  const sides = new Map();
  ways.forEach(({ a, b }, index) => {
    for (const [node, other] of [[a, b], [b, a]]) {
      const key = `${node.state} ${inRow(node, other)}`;
      if (!sides.has(key)) sides.set(key, []);
      sides.get(key).push({ node, other, index, slant: slant(node, other) });
    }
  });
  for (const ends of sides.values()) {
    ends.sort((one, two) => one.slant - two.slant || one.index - two.index);
    ends.forEach(({ node, other, index }, place) => ports[index].set(node, port(node, other, (place + 1) / (ends.length + 1) - 0.5)));
  }
  return ports;
}

/* The direction of a neighbour in the same row, -1 or 1; 0 for all others, who are reached by the inner side. */
const inRow = (node, other) => (node.side && node.side === other.side ? Math.sign(other.u - node.u) : 0);

function slant(node, other) {
  if (inRow(node, other)) return 0;
  const [along, away] = node.side ? [other.u - node.u, other.v - node.v] : [other.v - node.v, other.u - node.u];
  return along / Math.abs(away);
}

function port(node, other, share) {
  const { u, v, long, deep, side, inner } = node;
  const direction = inRow(node, other);
  if (direction) return { u: u + (direction * long) / 2, v: v + share * deep };
  return side ? { u: u + share * inner, v: v - (Math.sign(side) * deep) / 2 } : { u: u + long / 2, v: v + share * inner };
}

function line(start, end) {
  const long = Math.hypot(end.x - start.x, end.y - start.y) || 1;
  const [ux, uy] = [(end.x - start.x) / long, (end.y - start.y) / long];
  const neck = { x: end.x - ux * HEAD, y: end.y - uy * HEAD };
  const wing = (side) => ({ x: neck.x + uy * WING * side, y: neck.y - ux * WING * side });
  return { d: `M${at(start)}L${at(neck)}`, head: `M${at(wing(1))}L${at(end)}L${at(wing(-1))}z` };
}

const at = ({ x, y }) => `${x.toFixed(1)} ${y.toFixed(1)}`;

/** The newest move along each edge of the table: "FROM event" -> move. */
export const taken = (moves) => Object.fromEntries(moves.map((move) => [`${move.from} ${move.event}`, move]));

/** The edges that leave a state. */
export const leaving = ({ edges }, state) => edges.filter(({ from }) => from === state);

/** What an arrow is now: the "came" by which the state was reached, one that is "open" from it, or "rest". */
export function roleOf({ from, to, events }, { state, moves }) {
  const last = moves.at(-1);
  if (last && last.to === state && last.from === from && last.to === to && events.includes(last.event)) return "came";
  return from === state ? "open" : "rest";
}

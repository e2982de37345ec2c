/* Points of a program as blocks of the wire: which are shown, which belong together; pure. */
import { fromBase64 } from "./decode.js";
import { needles, places } from "./hex.js";

const IN = new Set(["recv", "recvfrom", "recvmsg"]);
const OUT = new Set(["send", "sendall", "sendto", "sendmsg", "sendfile"]);
/* Errors of a call on a non-blocking socket that only mean: not now. */
const NOT_NOW = new Set(["BlockingIOError", "SSLWantReadError", "SSLWantWriteError"]);

/** The direction of a call: "in", "out", or null. */
export const way = ({ call }) => (IN.has(call) ? "in" : OUT.has(call) ? "out" : null);

const read = new WeakMap();

/** The kept bytes of a point. */
export function bytesOf(point) {
  let bytes = read.get(point);
  if (!bytes) {
    bytes = point.data ? fromBase64(point.data) : new Uint8Array();
    read.set(point, bytes);
  }
  return bytes;
}

/** The peer that a datagram came from or went to, or null. */
export const datagramPeer = ({ result }) => /^(?:from|to) (\S+)$/.exec(result ?? "")?.[1] ?? null;

/**
 * What a call was: "bytes" came or went, the "end" of a stream, an "empty" datagram, "later" (a
 * non-blocking call that would have waited), "gone" (an orderly end whose peer has already left), an
 * "error", or another "step" of a socket's life.
 */
export function kindOf(point, datagrams = false) {
  if (point.call === "shutdown" && point.error === "OSError ENOTCONN") return "gone";
  if (point.error) return NOT_NOW.has(point.error) ? "later" : "error";
  if (!way(point)) return "step";
  if (point.bytes > 0) return "bytes";
  if (datagrams || datagramPeer(point)) return "empty";
  return way(point) === "in" ? "end" : "empty";
}

/**
 * The points to show, oldest first. `choice`: {stream, peer, line, thread, way, words, bytes}, each may
 * be null; `bytes`: only calls that brought or took some. Gaps ({gap}) stay where nothing hides them.
 */
export function choosePoints(points, choice) {
  const wanted = needles(choice.words ?? "");
  return points.filter((point) => {
    if (point.gap) return !choice.words;
    if (point.stream === null || point.stream === undefined) return false;
    if (choice.stream && String(point.stream) !== choice.stream) return false;
    if (choice.peer && datagramPeer(point) !== choice.peer) return false;
    if (choice.line && point.line !== choice.line) return false;
    if (choice.thread && point.thread !== choice.thread) return false;
    if (choice.way && way(point) !== choice.way) return false;
    if (choice.bytes && !point.bytes) return false;
    return !wanted.length || wanted.some((needle) => places(bytesOf(point), needle, 1).length);
  });
}

/**
 * Blocks: a call each; {key, points}. The same bytes that a thread sends to one peer after another
 * from one line are one block. So are calls without bytes that repeat themselves, and those of
 * non-blocking sockets that were too early.
 */
export function blocksOf(points) {
  const blocks = [];
  for (const point of points) {
    const last = blocks.at(-1)?.points;
    if (last && together(last, point)) last.push(point);
    else blocks.push({ key: `${point.gap ? "gap" : ""}${point.n}`, points: [point] });
  }
  return blocks;
}

function together(points, point) {
  const last = points.at(-1);
  if (NOT_NOW.has(point.error) && NOT_NOW.has(last.error)) return true;
  if (point.gap || last.gap || last.call !== point.call || last.thread !== point.thread || last.line !== point.line) return false;
  if (way(point) === "out" && point.data && point.data === last.data) return !points.some(({ stream }) => stream === point.stream);
  return !point.bytes && !last.bytes && last.stream === point.stream && last.error === point.error && way(point) !== null;
}

/** How many points of the program went unseen between the first and the last that are here. */
export const unseen = (points) => points.reduce((sum, { gap }) => sum + (gap ?? 0), 0);

/** Places of the typed words in some bytes, as marks of the class "hit". */
export const hits = (bytes, words) =>
  needles(words ?? "").flatMap((needle) => places(bytes, needle)).map((place) => ({ ...place, cls: "hit" }));

/** The streams whose addresses hold the words: listeners, then open ones, then closed; each the newest first. */
export function chooseStreams(streams, words) {
  const wanted = words.trim().toLowerCase();
  const rank = (stream) => (stream.state === "closed" ? 2 : stream.listener === null && !stream.peer ? 0 : 1);
  return streams
    .filter(({ peer, local }) => !wanted || `${peer ?? ""} ${local ?? ""}`.toLowerCase().includes(wanted))
    .sort((a, b) => rank(a) - rank(b) || b.id - a.id);
}

/**
 * How many connections have no stream yet: calls are seen from the first look on, and theirs came before it. 0 where
 * the table has only the newest streams.
 */
export function early({ transport, figures }, { streams = [], total = 0 } = {}) {
  if (transport !== "tcp" || total > streams.length) return 0;
  const open = streams.filter(({ peer, state }) => peer && state === "open").length;
  return Math.max(0, (figures?.connections ?? 0) - open);
}

/** The peers of a datagram socket as far as its points are here, the newest first: [{peer, in, out}]. */
export function peersOf(points, stream) {
  const peers = new Map();
  for (const point of points) {
    const peer = point.stream === stream && datagramPeer(point);
    if (!peer) continue;
    const sums = peers.get(peer) ?? { peer, in: 0, out: 0 };
    sums[way(point)] += point.bytes;
    peers.delete(peer);
    peers.set(peer, sums);
  }
  return [...peers.values()].reverse();
}

/** The newest blocks: up to so many, with up to so many bytes, of which each shows at most `each`; at least one. */
export function newest(blocks, most, bytes, each) {
  let first = blocks.length;
  for (let left = bytes; first > 0 && blocks.length - first < most && left > 0; first -= 1) {
    left -= Math.min(each, blocks[first - 1].points[0].bytes ?? 0);
  }
  return blocks.slice(first);
}

/** `blocks` with the objects of `before` where they hold the same points, so that they are not drawn again. */
export function kept(before, blocks) {
  const known = new Map(before.map((block) => [block.key, block]));
  return blocks.map((block) => {
    const was = known.get(block.key);
    return was && was.points.length === block.points.length && was.points[0] === block.points[0] ? was : block;
  });
}

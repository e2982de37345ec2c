/* The chat rooms that the page has entered, in that order; pure. One room is model/chat.js. */
import { reduceRoom, room, roomProblem } from "./chat.js";
import { REFUSED } from "./close_codes.js";

/** Before any room: `refused` is what was not taken last, as {id, field: "room" | "name"}, or null. */
export const NO_ROOMS = { open: [], refused: null };

/** The room of an id, or undefined. */
export const roomOf = (rooms, id) => rooms.open.find((one) => one.id === id);

/** The rooms after an event of one: {type: enter | leave}, or one of reduceRoom(). */
export function reduceRooms(rooms, id, event) {
  if (event.type === "enter") return { open: [...rooms.open, room(id, event.name)], refused: null };
  const before = roomOf(rooms, id);
  if (!before) return rooms;
  if (event.type === "leave") return { ...rooms, open: without(rooms, id) };
  if (event.type === "lost" && event.code === REFUSED) {
    const field = before.status === "bad_name" ? "name" : "room";
    return { open: without(rooms, id), refused: { id, field } };
  }
  const after = reduceRoom(before, event);
  return after === before ? rooms : { ...rooms, open: rooms.open.map((one) => (one === before ? after : one)) };
}

/** The rooms where others are and this page is not: [[id, people]], the fullest first. `sizes`: id -> people. */
export const inUse = (rules, sizes, rooms) =>
  Object.entries(sizes ?? {})
    .filter(([id]) => !roomProblem(rules, id) && !roomOf(rooms, id))
    .sort(([a, many], [b, more]) => more - many || (a < b ? -1 : 1));

const without = (rooms, id) => rooms.open.filter((one) => one.id !== id);

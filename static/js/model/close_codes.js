/* Why the dashboard closes a websocket, beyond the codes of RFC 6455; as in dashboard/live/websocket.py. */

export const REFUSED = 4400;
export const BAD_TOKEN = 4401;
export const NOT_RUNNING = 4410;
export const CROWDED = 4429;

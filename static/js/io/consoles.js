/* The terminals of programs: one websocket for each that is looked at. */
import { Link } from "./link.js";
import { REFUSED } from "../model/close_codes.js";

export class Consoles {
  /** `change(name, event)`: something happens to the terminal of a program. */
  constructor({ change }) {
    this.change = change;
    this.links = new Map();
  }

  /** Show the terminal of a program until the returned function is called. */
  open(name) {
    const link = new Link("/ws/console", {
      first: () => this.begin(name),
      hear: (message) => this.hear(name, message),
      lost: ({ retry_at }) => this.change(name, { type: "lost", retry_at }),
      again: (code) => code !== REFUSED,
    });
    this.links.set(name, link);
    link.open();
    return () => {
      link.close();
      if (this.links.get(name) === link) this.links.delete(name);
    };
  }

  /** Type something; false when there is no connection, and nothing was sent. */
  say(name, input) {
    return Boolean(this.links.get(name)?.say({ input }));
  }

  /* The dashboard sends all that it keeps, and then what comes. */
  begin(name) {
    this.change(name, { type: "trying" });
    return { program: name };
  }

  hear(name, message) {
    this.links.get(name)?.settled();
    this.change(name, { type: "down", message });
  }
}

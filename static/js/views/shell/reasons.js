/* Why buttons cannot be used now, in the language of the page. */
import { t } from "../../i18n.js";
import { offKey } from "../../model/selectors.js";

/** The reason why actions that need a right cannot be used now, in words; empty when they can. */
export function reason(state, right) {
  const key = offKey(state, right);
  return key ? t(key) : "";
}

/** The reasons for buttons that start something, and for those that change only what runs. */
export const reasons = (state) => [reason(state, "start"), reason(state, "change")];

/* An error as a sentence for the reader. */
import { has, t } from "./i18n.js";

/** The error and the next step, for anything that api() throws, or for a refusal {code, message}. */
export function errorText(error) {
  if (error instanceof TypeError) return t("err.unreachable");
  if (has(`err.${error.code}`)) return t(`err.${error.code}`);
  return [error.message, error.next_step].filter(Boolean).map(sentence).join(" ");
}

const sentence = (text) => `${text[0].toUpperCase()}${text.slice(1)}${/[.!?…]$/.test(text) ? "" : "."}`;

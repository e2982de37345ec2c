/* subjects: grades of a student, written by POST and read by GET. */
import { Button, Segmented, html, useDraft, useEffect, useState } from "../../kit.js";
import { moment, t } from "../../i18n.js";
import { http, text } from "../../model/decode.js";
import { address } from "../../model/selectors.js";
import { Bytes } from "../glass/bytes.js";
import { Exchanges, useExchanges } from "../glass/exchanges.js";
import { Client, Explanation, Terminal, netcats, quote } from "./kit.js";
import { Status } from "./page.js";

const GRADES = ["1", "2", "3", "4", "5"];
const SUBJECT_CHARACTERS = 200; // the server's limit; spaces and tabs around them do not count
const JSON_TYPE = "application/json";
const FORM_TYPE = "application/x-www-form-urlencoded";

export function TrySubjects({ state, actions }) {
  const server = state.servers.subjects;
  const talk = useExchanges({ state, actions }, "subjects");
  const [draft, setDraft] = useDraft("subjects", { student: "42", subject: "", grade: "5", as: "form" });
  const change = (part) => setDraft({ ...draft, ...part });
  const [table, setTable] = useState(null);
  const path = `/subjects/${draft.student.trim()}`;
  const read = async () => {
    const exchange = await talk.send({ method: "GET", path, headers: { Accept: JSON_TYPE }, body: "" });
    const answer = exchange && http(exchange.received);
    if (answer?.status === 200) setTable(JSON.parse(text(answer.body)));
  };
  const save = async () => {
    const exchange = await talk.send(request(path, draft));
    const answer = exchange && http(exchange.received);
    if (!answer || answer.status >= 400) return;
    change({ subject: "" });
    await read();
    talk.choose(exchange);
  };
  return html`<div class="g2"><div class="stack">
      <${Client} server=${server}>
        <${Form} draft=${draft} change=${change} talk=${talk} read=${read} save=${save}/>
        <${Status} exchange=${talk.exchange}/><//>
      <${Table} table=${table}/>
      <${Bytes} exchange=${talk.exchange}/>
      <${Exchanges} talk=${talk} transport="tcp" onClear=${() => actions.forget("subjects")}/></div>
    <div class="stack"><${Terminal} commands=${commands(server, path, draft)}/><${Explanation} server=${server}/></div></div>`;
}

function request(path, { subject, grade, as }) {
  const fields = { subject, grade: Number(grade) };
  const json = as === "json";
  const body = json ? JSON.stringify(fields) : String(new URLSearchParams(fields));
  const headers = json ? { "Content-Type": JSON_TYPE, Accept: JSON_TYPE } : { "Content-Type": FORM_TYPE };
  return { method: "POST", path, headers, body };
}

function Form({ draft, change, talk, read, save }) {
  const [errors, setErrors] = useState({});
  const say = (event) => event.currentTarget.value;
  useEffect(() => setErrors({}), [draft]);
  const check = (whole) => {
    const found = {};
    if (!/^[0-9]{1,30}$/.test(draft.student.trim())) found.student = t("try.student.bad");
    const subject = [...draft.subject.replace(/^[ \t]+|[ \t]+$/g, "")];
    if (whole && !subject.length) found.subject = t("try.subject.bad");
    if (whole && subject.length > SUBJECT_CHARACTERS) found.subject = t("try.subject.long", { n: SUBJECT_CHARACTERS });
    setErrors(found);
    return !Object.keys(found).length && !talk.off && !talk.busy;
  };
  const submit = (event) => {
    event.preventDefault();
    if (check(true)) save();
  };
  const field = (name, label, props) => html`<label class="fld ${props.class ?? ""}"><span>${label}</span>
    <input class="inp ${props.mono ? "mono" : ""}" value=${draft[name]} autocomplete="off" inputmode=${props.inputmode}
      aria-invalid=${errors[name] ? "true" : undefined} aria-describedby=${`su-${name}-e`}
      onInput=${(event) => change({ [name]: say(event) })}/>
    <span class="err" id=${`su-${name}-e`} role="alert">${errors[name]}</span></label>`;
  return html`<form class="pn-b form" onSubmit=${submit}>
    <div class="line">${field("student", t("try.student"), { mono: true, inputmode: "numeric", class: "short" })}
      <${Button} icon="din" label=${t("try.read")} busy=${talk.busy} off=${talk.off} onClick=${() => check(false) && read()}/></div>
    <div class="line">${field("subject", t("try.subject"), { class: "grow" })}
      <div class="fld"><span id="su-grade">${t("try.grade")}</span><${Segmented} label=${t("try.grade")} value=${draft.grade}
        items=${GRADES.map((grade) => [grade, grade])} onChange=${(grade) => change({ grade })}/></div></div>
    <div class="line"><${Button} type="submit" kind="pri" icon="send" label=${t("try.save")} busy=${talk.busy} off=${talk.off}/>
      <${Segmented} label=${t("try.as")} value=${draft.as} items=${[["form", t("try.as.form")], ["json", "JSON"]]}
        onChange=${(as) => change({ as })}/></div>
  </form>`;
}

function Table({ table }) {
  return html`<section class="panel" aria-labelledby="grades-h"><div class="pn-h">
      <h2 id="grades-h">${table ? t("try.grades", { n: String(table.student) }) : t("try.grades.h")}</h2></div>
    ${table?.subjects.length
      ? html`<div class="tw" tabindex="0" role="group" aria-labelledby="grades-h"><table><thead><tr>
          <th scope="col">${t("try.subject")}</th><th scope="col" class="num">${t("try.grade")}</th>
          <th scope="col">${t("try.saved")}</th></tr></thead><tbody>${[...table.subjects].reverse().map(
            (row, index) => html`<tr key=${index}><td class="wide">${row.subject}</td><td class="num"><b>${row.grade}</b></td>
              <td class="soft" title=${row.saved_at}>${moment(row.saved_at)}</td></tr>`,
          )}</tbody></table></div>`
      : html`<p class="nothing">${table ? t("try.grades.none") : t("try.grades.ask")}</p>`}
  </section>`;
}

const commands = (server, path, { subject, grade }) => {
  const url = `http://${address(server.host, server.port)}${path}`;
  const fields = { subject: subject || t("try.subject.eg"), grade: Number(grade) };
  return [
    [`curl -i -H 'Accept: ${JSON_TYPE}' ${url}`],
    [`curl -i --data-urlencode ${quote(`subject=${fields.subject}`)} -d grade=${grade} ${url}`],
    [`curl -i --json ${quote(JSON.stringify(fields))} ${url}`, t("try.curl.json")],
    ...netcats(`printf 'GET ${path} HTTP/1.1\\r\\nHost: lab\\r\\nConnection: close\\r\\n\\r\\n'`, server.host, server.port),
    [`python -m labservers client subjects --host ${server.host} --port ${server.port}`],
  ];
};

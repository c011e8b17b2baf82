(() => {
"use strict";
const $ = id => document.getElementById("p:" + id);
const body = document.body;
let title = document.title;
const units = [[86400, "d"], [3600, "h"], [60, "min"]];
const span = s => { s = Math.max(s, 0); for (const [size, name] of units) if (s >= 2 * size) return Math.floor(s / size) + " " + name; return Math.floor(s) + " s"; };
const moment = s => new Date(s * 1000).toISOString().slice(0, 16).replace("T", " ") + " UTC";
const seconds = s => s < .1 ? Math.round(s * 1000) + " ms" : s < 10 ? +s.toPrecision(2) + " s" : Math.round(s) + " s";
const now = () => Date.now() / 1000;
let failing = "";

const tell = () => {
  const made = +body.dataset.made, age = now() - made, due = +body.dataset.due || Infinity, gone = now() >= +body.dataset.old;
  let text = "";
  if (age < -300) text = "By this device's clock the page is from the future: set the clock before you trust an age.";
  else if (gone) text = `This page is ${span(age)} old, do not trust it: ` + (failing || "a newer one should be here by now. Look at whoever runs the checks.");
  else if (now() >= due) text = failing || `This page is ${span(age)} old, and a newer result was due ${span(now() - due)} ago: load it again.`;
  else if (failing) text = failing;
  const old = gone || now() >= due, shown = old || age < -300 || failing;
  $("banner").hidden = !shown;
  $("banner").classList.toggle("due", !gone);
  if (shown && $("warning").textContent !== text) $("warning").textContent = text;
  document.documentElement.classList.toggle("old", old);
  document.title = (gone ? "OLD: " : "") + title;
  for (const each of document.querySelectorAll("[data-at]")) {
    const text = span(now() - each.dataset.at) + " ago";
    if (each.textContent !== text) each.textContent = text;
  }
};

const rows = () => [...document.querySelectorAll(".row")];
const verdict = () => document.querySelector("input[name=v]:checked")?.value || "all";
const matches = (row, words) => {
  const wanted = verdict(), mine = row.dataset.v;
  if (wanted !== "all" && wanted !== mine && !(wanted === "not" && mine !== "ok" && mine !== "changed")) return false;
  if (!words.length) return true;
  row.words ??= (row.querySelector(".head").textContent + " " + [...row.querySelectorAll(".facts")].map(each => each.textContent).join(" ")).toLowerCase();
  return words.every(word => row.words.includes(word));
};
const choose = () => {
  if (!$("text")) return;
  const words = $("text").value.toLowerCase().split(/\s+/).filter(Boolean), all = rows();
  let shown = 0;
  for (const row of all) { row.hidden = !matches(row, words); shown += !row.hidden; }
  for (const head of document.querySelectorAll("h2")) {
    let next = head.nextElementSibling, any = false;
    for (; next && next.tagName !== "H2"; next = next.nextElementSibling) any ||= !next.hidden;
    head.hidden = !any;
  }
  const text = shown < all.length ? `${shown} of ${all.length} shown` : "";
  if ($("shown").textContent !== text) $("shown").textContent = text;
  $("none").hidden = !all.length || shown > 0;
};

const kinds = { a: "drift", b: "denied", c: "down", d: "unverified", e: "our code", f: "changed", g: "ok", m: "maintenance" };
const cell = (tr, text) => { const td = tr.insertCell(); td.textContent = text; return td; };
const read = node => JSON.parse(node.textContent);
const changing = pairs => { const found = new Map(pairs); let value = ""; return at => value = found.get(at) ?? value; };
const shared = () => {
  const { t, c, h } = read($("runs")), commit = changing(c), host = changing(h);
  let at = 0;
  return t.map((minutes, i) => [(at += minutes) * 60, commit(i), host(i)]);
};
const fill = row => {
  const kept = row.querySelector("script[type]"), list = row.querySelector("tbody");
  if (!kept || !list || list.dataset.full) return;
  const runs = read(kept), all = shared(), held = changing(runs.o), cause = changing(runs.w), gaps = new Map(runs.g), lines = [];
  let position = 0;
  runs.i.forEach((step, i) => {
    const [at, commit, host] = all[position += step], p = runs.p[i], tr = document.createElement("tr");
    for (const text of [moment(at), kinds[runs.v[i]], held(i), p ? seconds(p / 1000) : "", commit, host, cause(i)]) cell(tr, text);
    lines.push(tr);
    if (!gaps.has(i)) return;
    const gap = document.createElement("tr"), n = gaps.get(i);
    gap.className = "gap";
    cell(gap, n === 1 ? "1 run is missing here" : n + " runs are missing here").colSpan = 7;
    lines.push(gap);
  });
  list.replaceChildren(...lines.reverse());
  list.dataset.full = "1";
};

const go = () => {
  let id = location.hash.slice(1);
  try { id = decodeURIComponent(id); } catch { return; }
  const row = id && !id.startsWith("p:") && document.getElementById(id);
  if (!row || !row.classList.contains("row")) return;
  if (row.hidden) { $("text").value = ""; document.querySelector("input[name=v]").checked = true; choose(); }
  row.querySelector("details").open = true;
  row.scrollIntoView({ block: "start" });
};

const key = event => {
  const field = $("text");
  if (!field) return;
  if (event.key === "Escape" && document.activeElement === field) { field.value = ""; choose(); return; }
  const typing = event.target.closest?.("input:not([type=radio],[type=checkbox]),textarea,select,[contenteditable]");
  if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey || !$("keys").firstElementChild.checked) return;
  event.preventDefault();
  field.focus();
  field.select();
};

const renew = async () => {
  if (document.hidden) return;
  try {
    const answer = await fetch(location.pathname, { cache: "no-cache", credentials: "same-origin", redirect: "error" });
    if (!answer.ok) throw new Error("the server answered " + answer.status + ": " + (await answer.text()).slice(0, 300).trim());
    const text = await answer.text(), fresh = new DOMParser().parseFromString(text, "text/html");
    if (!fresh.body.dataset.made) throw new Error("what the server sent is no health page");
    failing = "";
    if (!fresh.getElementById("p:verdicts") !== !$("verdicts")) location.reload();
    else if (fresh.body.dataset.made !== body.dataset.made) swap(fresh);
  } catch (error) {
    failing = "no newer one could be loaded: " + (error instanceof TypeError ? "the server does not answer." : error.message);
  }
  tell();
};
const swap = fresh => {
  const open = rows().filter(row => row.querySelector("details").open).map(row => row.id);
  const focused = document.activeElement, home = focused?.closest?.(".row")?.id, top = focused?.getBoundingClientRect().top;
  const place = home && [...document.getElementById(home).querySelectorAll("a,summary")].indexOf(focused);
  const anchor = rows().find(row => row.getBoundingClientRect().bottom > 0), offset = anchor?.getBoundingClientRect().top;
  Object.assign(body.dataset, fresh.body.dataset);
  title = fresh.title;
  for (const id of ["top", "rows"]) $(id).replaceWith(document.importNode(fresh.getElementById("p:" + id), true));
  const chosen = verdict(), choices = fresh.getElementById("p:verdicts");
  if (choices && $("verdicts")) for (const each of choices.querySelectorAll("[data-n]")) {
    const mine = $("verdicts").querySelector(`[data-n="${each.dataset.n}"]`);
    if (mine) mine.textContent = each.textContent;
  }
  if (choices && $("verdicts") && !$("verdicts").contains(focused)) {
    $("verdicts").replaceWith(document.importNode(choices, true));
    const again = document.querySelector(`input[name=v][value="${chosen}"]`);
    if (again) again.checked = true;
  }
  for (const id of open) { const row = document.getElementById(id); if (row) { row.querySelector("details").open = true; fill(row); } }
  choose();
  const back = home && document.getElementById(home);
  if (back && place >= 0) back.querySelectorAll("a,summary")[place]?.focus({ preventScroll: true });
  const here = anchor && document.getElementById(anchor.id);
  if (here && scrollY > 0) scrollBy(0, here.getBoundingClientRect().top - offset);
};

if ($("find")) { $("find").hidden = $("keys").hidden = false; }
document.addEventListener("input", choose);
document.addEventListener("toggle", event => { if (event.target.open) { const row = event.target.closest(".row"); if (row) fill(row); } }, true);
document.addEventListener("keydown", key);
addEventListener("hashchange", go);
addEventListener("beforeprint", tell);
document.addEventListener("visibilitychange", () => { tell(); if (!document.hidden && +body.dataset.refresh && now() - body.dataset.made > +body.dataset.refresh) renew(); });
tell();
choose();
go();
setInterval(tell, 15000);
if (+body.dataset.refresh) setInterval(renew, body.dataset.refresh * 1000);
})();

// The judging page: shows one document at a time, takes grades by key or click, exports and imports the table.
"use strict";
const task = JSON.parse(document.getElementById("task").textContent);
const by = (id) => document.getElementById(id);
const grades = task.scale.map(([grade]) => grade);
const pairs = task.queries.flatMap(([, , , documents], query) => documents.map((document, place) => ({ query, document, place })));
const starts = [];
for (const [, , , documents] of task.queries) starts.push((starts.at(-1) ?? 0) + (starts.length ? task.queries[starts.length - 1][3].length : 0));
const known = new Map(Object.entries(task.known).map(([pair, grade]) => [Number(pair), grade]));
const STRIP = 41;
const LISTED = 200;
const FOLDED = 900; // characters of a text that are shown at first
const counted = (number, one, many = `${one}s`) => `${number.toLocaleString("en")} ${number === 1 ? one : many}`;

let work = null;
let here = 0;
let wanted = task.queries.map(() => true); // which queries say the words of the filter
let noting = null; // the pair whose note is being written

// What is shown ---------------------------------------------------------------------------------------

const isOpen = (pair) => !known.has(pair) && !work.isJudged(pair);
const SHOWN = {
  open: isOpen,
  all: () => true,
  judged: (pair) => known.has(pair) || work.isJudged(pair),
  unsure: (pair) => work.at(pair).unsure,
  noted: (pair) => work.at(pair).note !== "",
};
const isShown = (pair) => wanted[pairs[pair].query] && SHOWN[by("show").value](pair);

// The first pair after one that fits, going round; undefined where none does.
const after = (pair, fits) => {
  for (let step = 1; step <= pairs.length; step += 1) {
    const next = (pair + step) % pairs.length;
    if (fits(next)) return next;
  }
  return undefined;
};

const before = (pair) => {
  for (let step = 1; step <= pairs.length; step += 1) {
    const next = (pair - step + pairs.length) % pairs.length;
    if (wanted[pairs[next].query]) return next;
  }
  return pair;
};

const said = (pair) => {
  if (known.has(pair)) return `grade ${known.get(pair)} in the set`;
  const { grade, unsure } = work.at(pair);
  return unsure ? "cannot say" : grade === null ? "unjudged" : `grade ${grade}`;
};

const mark = (pair) => {
  if (known.has(pair)) return String(known.get(pair));
  const { grade, unsure } = work.at(pair);
  return unsure ? "x" : grade === null ? "·" : String(grade);
};

const show = (pair, { focus = false } = {}) => {
  here = pair;
  const { query, document: row, place } = pairs[pair];
  const [identity, shownIdentity, text, documents] = task.queries[query];
  const [documentIdentity, shownDocument, title, body, whole] = task.documents[row];
  by("query-place").textContent = `Query ${query + 1} of ${task.queries.length}`;
  by("query-id").textContent = shownIdentity || identity;
  by("query").textContent = text;
  by("document-place").textContent = `Document ${place + 1} of ${documents.length}`;
  by("document-id").textContent = shownDocument || documentIdentity;
  by("title").textContent = title;
  by("title").hidden = title === "";
  fold(body, true);
  by("cut").hidden = whole === undefined;
  by("cut").textContent = whole === undefined ? "" : `Only the beginning: the document has ${whole.toLocaleString("en")} characters.`;
  by("note").value = work.at(pair).note;
  noting = null;
  drawStrip(query, place);
  refresh();
  if (focus) by("work").focus({ preventScroll: true });
};

const fold = (body, folded) => {
  const long = body.length > FOLDED + 200;
  by("text").textContent = long && folded ? `${body.slice(0, body.lastIndexOf(" ", FOLDED) > 0 ? body.lastIndexOf(" ", FOLDED) : FOLDED)} …` : body;
  by("unfold").hidden = !long;
  by("unfold").setAttribute("aria-expanded", String(!folded));
  by("unfold").textContent = folded ? `Show all ${body.length.toLocaleString("en")} characters` : "Show less";
};

const drawStrip = (query, place) => {
  const documents = task.queries[query][3];
  const first = Math.max(0, Math.min(place - (STRIP >> 1), documents.length - STRIP));
  const held = by("strip").contains(document.activeElement);
  const items = documents.slice(first, first + STRIP).map((_, step) => {
    const pair = starts[query] + first + step;
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = mark(pair);
    button.setAttribute("aria-label", `Document ${first + step + 1}, ${said(pair)}`);
    if (pair === here) button.setAttribute("aria-current", "true");
    button.className = known.has(pair) ? "known" : isOpen(pair) ? "open" : "";
    button.addEventListener("click", () => show(pair));
    const item = document.createElement("li");
    item.append(button);
    return item;
  });
  by("strip").replaceChildren(...items);
  if (held) by("strip").querySelector("[aria-current]")?.focus();
};

// What changes with every grade, whatever document is shown.
const refresh = () => {
  const total = pairs.length - known.size;
  let judged = 0;
  let unsure = 0;
  for (const [pair, entry] of work.entries) {
    if (known.has(pair)) continue;
    judged += Number(entry.grade !== null || entry.unsure);
    unsure += Number(entry.unsure);
  }
  by("progress").max = Math.max(total, 1);
  by("progress").value = judged;
  by("done").textContent = `${judged.toLocaleString("en")} of ${counted(total, "pair")} judged${unsure ? `, ${unsure} of them “cannot say”` : ""}${work.unexported ? " · not exported since the last change" : ""}`;
  const fitting = pairs.reduce((sum, _, pair) => sum + Number(isShown(pair)), 0);
  by("count").textContent = `${counted(fitting, "pair")}`;
  const { grade, unsure: open } = work.at(here);
  const locked = known.has(here);
  for (const button of by("grades").children) {
    const given = button.dataset.grade;
    button.setAttribute("aria-pressed", String(locked ? given === String(known.get(here)) : given === "x" ? open : given === String(grade)));
    button.disabled = locked;
  }
  by("note").disabled = locked;
  by("known").hidden = !locked;
  by("known").textContent = locked ? "The golden set has this grade already; it stays as it is." : "";
  by("undo").disabled = work.actions.length === 0;
  by("skip").disabled = after(here, (pair) => isOpen(pair) && wanted[pairs[pair].query] && pairs[pair].query !== pairs[here].query) === undefined;
  by("over").hidden = judged < total;
  warn();
  if (by("list").open) drawList();
};

const drawList = () => {
  const fitting = task.queries.map((_, query) => query).filter((query) => wanted[query]);
  by("queries").replaceChildren(...fitting.slice(0, LISTED).map((query) => {
    const own = task.queries[query][3].map((_, place) => starts[query] + place);
    const button = document.createElement("button");
    button.type = "button";
    const text = document.createElement("bdi");
    text.textContent = task.queries[query][2];
    button.append(text, ` ${own.filter((pair) => !isOpen(pair)).length} of ${own.length}`);
    button.addEventListener("click", () => show(own.find(isOpen) ?? own[0], { focus: true }));
    const item = document.createElement("li");
    item.append(button);
    return item;
  }));
  by("more").textContent = fitting.length > LISTED ? `and ${fitting.length - LISTED} more; say in the filter what the query says` : "";
};

const tell = (text) => { by("told").textContent = text; };

const warn = () => {
  const texts = [];
  if (shelf.refused) texts.push("This browser keeps nothing for this page: export before you close it, and import the table to go on.");
  if (work?.unreadable) texts.push("What this browser had kept for this page could not be read; it is put aside, and you start anew.");
  by("warning").hidden = texts.length === 0;
  if (by("warning").textContent !== texts.join(" ")) by("warning").textContent = texts.join(" ");
};

// What is said ----------------------------------------------------------------------------------------

const now = () => new Date().toISOString().replace(/\.\d+/, "");

const give = (change) => {
  if (known.has(here)) return;
  work.say([[here, { ...work.at(here), ...change, date: now() }]]);
};

const answer = (grade) => {
  if (known.has(here)) return;
  give(grade === "x" ? { grade: null, unsure: true } : { grade: Number(grade), unsure: false });
  const given = `${said(here)[0].toUpperCase()}${said(here).slice(1)}.`;
  const next = by("show").value === "open" || by("show").value === "all" ? after(here, isShown) : here + 1 < pairs.length ? here + 1 : here;
  show(next ?? here);
  tell(next === undefined ? `${given} Nothing is left here.` : `${given} ${by("document-place").textContent}.`);
};

const clear = () => {
  if (known.has(here) || !work.isJudged(here)) return;
  give({ grade: null, unsure: false });
  show(here);
  tell("The grade is taken away.");
};

const undo = () => {
  const pair = work.undo();
  if (pair === undefined) return;
  show(pair);
  tell(`Undone: ${said(pair)}.`);
};

const takeNote = () => {
  const entry = { ...work.at(here), note: oneLine(by("note").value), date: work.at(here).date || now() };
  if (entry.note === work.at(here).note) return;
  if (noting === here) work.sayOn(here, entry);
  else work.say([[here, entry]]);
  noting = here;
  refresh();
};

const move = (pair) => { if (pair !== undefined) show(pair); };
const skip = () => {
  const rest = (pair) => isOpen(pair) && wanted[pairs[pair].query];
  move(after(starts[pairs[here].query] + task.queries[pairs[here].query][3].length - 1, (pair) => rest(pair) && pairs[pair].query !== pairs[here].query));
};
const unfold = () => fold(task.documents[pairs[here].document][3], by("unfold").getAttribute("aria-expanded") === "true");

// The table -------------------------------------------------------------------------------------------

const rows = () => pairs.flatMap(({ query, document: row }, pair) => {
  const entry = work.at(pair);
  if (known.has(pair) || (entry.grade === null && !entry.unsure && entry.note === "")) return [];
  return [[task.queries[query][0], task.documents[row][0], entry.grade ?? "", work.judge, entry.date, entry.note, entry.unsure ? "yes" : ""]];
});

const save = () => {
  const found = rows();
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([tableOf(found)], { type: "text/tab-separated-values" }));
  link.download = `${[task.name, work.judge].map((name) => name.replace(/[^\p{L}\p{N}._-]+/gu, "-")).join("-")}.tsv`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  work.unexported = 0;
  work.save();
  refresh();
  tell(`${counted(found.length, "row")} written to ${link.download}.`);
};

const numbers = () => new Map(pairs.map(({ query, document: row }, pair) => [JSON.stringify([task.queries[query][0], task.documents[row][0]]), pair]));

const take = (text) => {
  const found = rowsOf(text);
  const others = [...new Set(found.map((row) => oneLine(row.judged_by ?? "")).filter((name) => name && name !== work.judge))];
  if (others.length) throw new Error(`That table is of ${others.slice(0, 3).join(", ")}, and you judge as ${work.judge}; nothing was taken.`);
  const places = numbers();
  const changes = [];
  const left = { strange: 0, unfit: 0, older: 0, same: 0 };
  for (const row of found) {
    const pair = places.get(JSON.stringify([row.query, row.document]));
    const grade = row.grade.trim() === "" ? null : Number(row.grade);
    const entry = { grade, unsure: Boolean((row.cannot_say ?? "").trim()), note: oneLine(row.note ?? ""), date: oneLine(row.date ?? "") };
    const mine = pair === undefined ? null : work.at(pair);
    if (pair === undefined || known.has(pair)) left.strange += 1;
    else if ((grade !== null && !grades.includes(grade)) || (grade !== null && entry.unsure)) left.unfit += 1;
    else if (mine !== NOTHING && JSON.stringify(Work.packed(mine)) === JSON.stringify(Work.packed(entry))) left.same += 1;
    else if (mine !== NOTHING && mine.date > entry.date) left.older += 1;
    else changes.push([pair, entry]);
  }
  if (changes.length) work.say(changes);
  const told = [
    [left.same, "as they are here"],
    [left.older, "older than what is here, which stays"],
    [left.strange, "of pairs that are not judged on this page, left out"],
    [left.unfit, "whose grade is not on this scale, left out"],
  ].filter(([number]) => number).map(([number, words]) => `${number} ${words}`);
  return `${counted(changes.length, "row")} taken${told.length ? `; ${told.join("; ")}` : ""}.`;
};

// The beginning ---------------------------------------------------------------------------------------

const start = () => {
  const judge = oneLine(by("judge").value).replace(/\s+/g, " ");
  by("who").classList.toggle("asked", judge === "");
  if (judge === "") { by("judge").focus(); tell("Say who judges; then the first document is shown."); return; }
  work = new Work(task.digest, judge, pairs.length);
  shelf.write(`${PREFIX}:${task.digest}`, judge);
  by("judge").value = judge;
  const empty = pairs.length === 0;
  for (const part of ["filter", "work", "list"]) by(part).hidden = empty;
  if (empty) { warn(); tell("There is nothing to judge."); return; }
  by("who").classList.add("started");
  by("welcome").hidden = true;
  show(after(pairs.length - 1, isShown) ?? 0, { focus: true });
  tell(work.entries.size ? `${counted(work.entries.size, "pair")} as you left them.` : "");
};

const KEYS = {
  x: () => answer("x"), c: clear, u: undo, q: skip, t: () => { if (!by("unfold").hidden) unfold(); },
  n: () => by("note").focus(), j: () => move(after(here, isShown)), k: () => show(before(here)),
};
KEYS.ArrowRight = KEYS.j;
KEYS.ArrowLeft = KEYS.k;

const press = (event) => {
  if (event.key === "Escape" && event.target === by("note")) { by("work").focus({ preventScroll: true }); return; }
  if (!work || !pairs.length || event.ctrlKey || event.metaKey || event.altKey || !by("keys").checked) return;
  if (event.target.matches("input:not([type=checkbox]), select, textarea")) return;
  const grade = grades.includes(Number(event.key)) && event.key.trim() !== "" ? event.key : null;
  if (grade === null && !Object.hasOwn(KEYS, event.key)) return;
  event.preventDefault();
  if (grade === null) KEYS[event.key]();
  else answer(grade);
};

const narrow = () => {
  const words = by("words").value.toLowerCase();
  wanted = task.queries.map(([identity, , text]) => text.toLowerCase().includes(words) || identity.toLowerCase() === words);
  if (wanted.includes(true) && !isShown(here)) move(after(here, isShown));
  refresh();
};

const on = (id, event, act) => by(id).addEventListener(event, act);
on("who", "submit", (event) => { event.preventDefault(); start(); });
on("judge", "change", start);
on("filter", "submit", (event) => event.preventDefault());
on("filter", "input", narrow);
on("grades", "click", (event) => { const button = event.target.closest("button"); if (button) answer(button.dataset.grade); });
on("note", "input", takeNote);
on("note", "blur", () => { by("note").value = work.at(here).note; noting = null; });
for (const [id, act] of [["undo", undo], ["back", KEYS.k], ["next", KEYS.j], ["skip", skip], ["unfold", unfold]]) on(id, "click", () => work && act());
on("export", "click", () => (work ? save() : start()));
on("import", "click", () => (work ? by("file").click() : start()));
on("file", "change", async () => {
  const [file] = by("file").files;
  if (!file) return;
  try { const told = take(await file.text()); show(here); tell(told); } catch (error) { tell(error.message); }
  by("file").value = "";
});
on("list", "toggle", () => { if (by("list").open) drawList(); });
document.addEventListener("keydown", press);
addEventListener("storage", (event) => {
  if (!work || event.key !== work.key || event.newValue === null) return;
  work.load(event.newValue); // another window of this page
  show(isShown(here) ? here : after(here, isShown) ?? here);
});
addEventListener("beforeunload", (event) => { if (shelf.refused && work?.unexported) event.preventDefault(); });

if (by("judge").value === "") {
  const last = shelf.read(`${PREFIX}:${task.digest}`) ?? "";
  if (by("judge").matches("input") || [...by("judge").options].some(({ value }) => value === last)) by("judge").value = last;
}
if (by("judge").value !== "") start();
else { warn(); by("judge").focus(); }

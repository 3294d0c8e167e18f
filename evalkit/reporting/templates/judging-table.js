// The exported table: rows become tab-separated text and come back as they were.
"use strict";
const COLUMNS = ["query", "document", "grade", "judged_by", "date", "note", "cannot_say"];
// What spreadsheets take for the start of a formula, as evalkit/quoting.py has it.
const FORMULA = /^'*(?:[\t\r\n]|[\s\ufeff\u200b-\u200f\u2060]*[=+\-@\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b\u2212])/u;

const harmless = (text) => (FORMULA.test(text) ? `'${text}` : text);
const original = (text) => (text.startsWith("'") && FORMULA.test(text) ? text.slice(1) : text);

// One line of what somebody typed or pasted: controls and line breaks become blanks.
const oneLine = (text) => text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, " ").trim();

const cellOf = (text) => {
  const cell = harmless(text);
  return /["\t]/.test(cell) || cell !== cell.trim() ? `"${cell.replaceAll('"', '""')}"` : cell;
};

const tableOf = (rows) =>
  [COLUMNS, ...rows].map((row) => row.map((cell) => cellOf(String(cell))).join("\t")).join("\n") + "\n";

const cellsOf = (line) => {
  const cells = [];
  for (let rest = line; ; ) {
    const quoted = /^"((?:[^"]|"")*)"(?:\t|$)/.exec(rest);
    const plain = quoted ? null : /^([^\t]*)(?:\t|$)/.exec(rest);
    cells.push(quoted ? quoted[1].replaceAll('""', '"') : plain[1]);
    const taken = (quoted ?? plain)[0];
    if (!taken.endsWith("\t")) return cells;
    rest = rest.slice(taken.length);
  }
};

// Rows as objects by the names of their columns; an error where it is no such table.
const rowsOf = (text) => {
  const [head, ...lines] = text.replace(/^\ufeff/, "").split(/\r\n|\n|\r/).filter((line) => line.trim() !== "");
  const names = head === undefined ? [] : cellsOf(head).map((name) => name.trim());
  if (!["query", "document", "grade"].every((name) => names.includes(name)))
    throw new Error("That file is no exported table: its first line names no columns query, document and grade, with tabs between.");
  return lines.map((line, number) => {
    const cells = cellsOf(line);
    if (cells.length > names.length) throw new Error(`Line ${number + 2} of that file has more cells than columns; nothing was taken.`);
    return Object.fromEntries(names.map((name, place) => [name, original(cells[place] ?? "")]));
  });
};

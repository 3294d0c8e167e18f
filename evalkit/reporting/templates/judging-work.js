// The work: what one judge said of each pair, how to undo it, and where the browser keeps it.
"use strict";
const UNDOABLE = 500;
const PREFIX = "evalkit-judging";
const NOTHING = Object.freeze({ grade: null, unsure: false, note: "", date: "" });

// The one store of all pages that are opened from disk: each task and judge has a key of its own in it.
const shelf = {
  refused: false,
  read(key) {
    try { return localStorage.getItem(key); } catch { this.refused = true; return null; }
  },
  write(key, text) {
    try { localStorage.setItem(key, text); return true; } catch { this.refused = true; return false; }
  },
};

class Work {
  constructor(digest, judge, pairs) {
    this.judge = judge;
    this.pairs = pairs;
    this.key = `${PREFIX}:${digest}:${judge}`;
    this.entries = new Map(); // number of a pair → what was said
    this.actions = []; // each a list of [pair, what was said before, or null]
    this.unexported = 0;
    this.unreadable = false;
    this.load(shelf.read(this.key));
  }

  load(text) {
    if (text === null) return;
    try {
      const kept = JSON.parse(text);
      const known = ([pair]) => Number.isInteger(pair) && pair >= 0 && pair < this.pairs;
      const entries = kept.entries.filter(known).map(([pair, ...said]) => [pair, Work.entry(said)]);
      const actions = kept.actions.map((steps) => steps.filter(known).map(([pair, said]) => [pair, said && Work.entry(said)]));
      [this.entries, this.actions, this.unexported] = [new Map(entries), actions, Number(kept.unexported) || 0];
    } catch {
      this.unreadable = true;
      shelf.write(`${this.key}:unreadable`, text);
    }
  }

  static entry([grade, unsure, note, date]) {
    return { grade: Number.isInteger(grade) ? grade : null, unsure: Boolean(unsure), note: String(note), date: String(date) };
  }

  static packed = (entry) => [entry.grade, Number(entry.unsure), entry.note, entry.date];

  save() {
    const entries = [...this.entries].map(([pair, entry]) => [pair, ...Work.packed(entry)]);
    const actions = this.actions.map((steps) => steps.map(([pair, entry]) => [pair, entry && Work.packed(entry)]));
    return shelf.write(this.key, JSON.stringify({ entries, actions, unexported: this.unexported }));
  }

  at(pair) { return this.entries.get(pair) ?? NOTHING; }

  isJudged(pair) { const entry = this.at(pair); return entry.grade !== null || entry.unsure; }

  // Says something of some pairs, as one action. What says nothing any more is forgotten.
  say(changes) {
    const steps = changes.map(([pair]) => [pair, this.entries.get(pair) ?? null]);
    for (const [pair, entry] of changes) this.#put(pair, entry);
    this.actions = [...this.actions, steps].slice(-UNDOABLE);
    this.unexported += changes.length;
    this.save();
  }

  // Says something more of the pair of the last action, while somebody goes on typing.
  sayOn(pair, entry) { this.#put(pair, entry); this.save(); }

  // Takes the last action back; returns the pair that it began with, undefined where there is none.
  undo() {
    const steps = this.actions.pop();
    if (steps === undefined) return undefined;
    for (const [pair, entry] of steps) this.#put(pair, entry);
    this.unexported += steps.length;
    this.save();
    return steps[0]?.[0];
  }

  #put(pair, entry) {
    if (entry === null || (entry.grade === null && !entry.unsure && entry.note === "")) this.entries.delete(pair);
    else this.entries.set(pair, entry);
  }
}

// Cron expressions as nodes read them: five fields, or six with the second before them.
import { HostError } from "../src/errors.js";

const MACROS = new Map([
  ["@yearly", "0 0 1 1 *"],
  ["@annually", "0 0 1 1 *"],
  ["@monthly", "0 0 1 * *"],
  ["@weekly", "0 0 * * 0"],
  ["@daily", "0 0 * * *"],
  ["@midnight", "0 0 * * *"],
  ["@hourly", "0 * * * *"],
]);
const FIELDS = [
  { label: "second", min: 0, max: 59, names: [] },
  { label: "minute", min: 0, max: 59, names: [] },
  { label: "hour", min: 0, max: 23, names: [] },
  { label: "day of month", min: 1, max: 31, names: [], day: true },
  { label: "month", min: 1, max: 12, names: "jan feb mar apr may jun jul aug sep oct nov dec".split(" ") },
  { label: "day of week", min: 0, max: 7, names: "sun mon tue wed thu fri sat".split(" "), day: true },
];
const DAY = 86_400;
/** The 29th of February is away at most 8 years. */
const MAX_YEARS = 12;

const refuse = (message) => {
  throw new HostError("INVALID_ARGUMENT", message);
};

/** What clocks in a zone are ahead of UTC at a second since 1970, in seconds. */
export function zone(name) {
  if (name === "UTC") {
    return () => 0;
  }
  let format;
  try {
    const part = "2-digit";
    format = new Intl.DateTimeFormat("en-US", {
      timeZone: name, hourCycle: "h23", year: "numeric", month: part, day: part, hour: part, minute: part, second: part,
    });
  } catch {
    refuse(`"${name}" is no time zone; one is named like Europe/Berlin or UTC`);
  }
  return (second) => {
    const of = Object.fromEntries(format.formatToParts(second * 1000).map((p) => [p.type, Number(p.value)]));
    return Date.UTC(of.year, of.month - 1, of.day, of.hour, of.minute, of.second) / 1000 - second;
  };
}

/** The first second after `start` and up to `end` from which on the offset is another, or null. */
function change(offset, start, end) {
  let low = start;
  while (low < end) {
    let high = Math.min(low + DAY, end);
    const before = offset(low);
    if (offset(high) !== before) {
      while (high - low > 1) {
        const middle = Math.floor((low + high) / 2);
        if (offset(middle) === before) {
          low = middle;
        } else {
          high = middle;
        }
      }
      return high;
    }
    low = high;
  }
  return null;
}

export class Cron {
  constructor(text) {
    this.text = text.trim().replace(/\s+/g, " ");
    const given = (MACROS.get(this.text.toLowerCase()) ?? this.text).split(" ").filter((f) => f !== "");
    if (given.length !== 5 && given.length !== 6) {
      this.#refuse(
        `it has ${given.length} fields instead of five (minute, hour, day of month, month, day of week)` +
          " or six (second before them)",
      );
    }
    const parts = given.length === 6 ? given : ["0", ...given];
    this.sets = parts.map((part, i) => new Set(part.split(",").flatMap((item) => this.#item(FIELDS[i], item))));
    this.week = new Set([...this.sets[5]].map((d) => d % 7));
    this.lastDay = parts[3].toUpperCase().split(",").includes("L");
    this.everyHour = this.sets[2].size === 24;
    if (this.#nextLocal(Date.UTC(2000, 0, 1) / 1000) === null) {
      this.#refuse("it names a day that never comes");
    }
  }

  #refuse(why) {
    refuse(`cron expression "${this.text}" is not valid: ${why}`);
  }

  #item(field, item) {
    const bad = (why) => this.#refuse(`"${item}" as its ${field.label}: ${why}`);
    const number = (s) =>
      /^[0-9]{1,3}$/.test(s) ? Number(s) : bad("a field is *, numbers, ranges, steps such as */5, and lists of them");
    const value = (s) => {
      const named = field.names.indexOf(s.toLowerCase());
      const n = named >= 0 ? named + field.min : number(s);
      return n >= field.min && n <= field.max ? n : bad(`it must be from ${field.min} to ${field.max}`);
    };
    if (field.label === "day of month" && item.toUpperCase() === "L") {
      return [];
    }
    const [span, ...steps] = item.split("/");
    const step = steps.length === 0 ? 1 : number(steps.join("/"));
    if (step < 1 || step > field.max) {
      bad(`its step must be from 1 to ${field.max}`);
    }
    let from = field.min;
    let to = field.max;
    if (span !== "*" && !(span === "?" && field.day)) {
      const dash = span.indexOf("-");
      from = value(dash < 0 ? span : span.slice(0, dash));
      to = dash >= 0 ? value(span.slice(dash + 1)) : steps.length > 0 ? field.max : from;
    }
    if (from > to) {
      bad("its range runs backwards");
    }
    const all = [];
    for (let n = from; n <= to; n += step) {
      all.push(n);
    }
    return all;
  }

  #isDay(date) {
    const next = new Date(date.getTime() + DAY * 1000);
    const last = this.lastDay && next.getUTCMonth() !== date.getUTCMonth();
    const ofMonth = this.sets[3].has(date.getUTCDate()) || last;
    const ofWeek = this.week.has(date.getUTCDay());
    return this.sets[3].size < 31 && this.week.size < 7 ? ofMonth || ofWeek : ofMonth && ofWeek;
  }

  /** The first time from `local` on, by a clock that never changes; in seconds, or null. */
  #nextLocal(local) {
    let t = new Date(local * 1000);
    const limit = t.getUTCFullYear() + MAX_YEARS;
    const from = (set, n) => Math.min(...[...set].filter((v) => v >= n));
    const at = (...of) => new Date(Date.UTC(t.getUTCFullYear(), ...of));
    while (t.getUTCFullYear() <= limit) {
      const [month, day, hour, minute] = [t.getUTCMonth(), t.getUTCDate(), t.getUTCHours(), t.getUTCMinutes()];
      const hours = from(this.sets[2], hour);
      const minutes = from(this.sets[1], minute);
      const seconds = from(this.sets[0], t.getUTCSeconds());
      if (!this.sets[4].has(month + 1)) {
        t = at(month + 1, 1);
      } else if (!this.#isDay(t) || hours === Infinity) {
        t = at(month, day + 1);
      } else if (hours > hour) {
        t = at(month, day, hours);
      } else if (minutes === Infinity) {
        t = at(month, day, hour + 1);
      } else if (minutes > minute) {
        t = at(month, day, hour, minutes);
      } else if (seconds === Infinity) {
        t = at(month, day, hour, minute + 1);
      } else {
        return at(month, day, hour, minute, seconds).getTime() / 1000;
      }
    }
    return null;
  }

  /** The first time after `afterMs`, by the clocks of a zone. */
  next(afterMs, offset) {
    let second = Math.floor(afterMs / 1000) + 1;
    for (;;) {
      const here = offset(second);
      let local = second + here;
      const began = this.everyHour ? null : change(offset, second - DAY, second);
      if (began !== null && offset(began - 1) > here) {
        // In an hour that comes twice, what it has had at its first pass is over.
        local = Math.max(local, began + offset(began - 1));
      }
      const match = this.#nextLocal(local);
      const end = change(offset, second, match - here);
      if (end === null) {
        return (match - here) * 1000;
      }
      if (!this.everyHour && match < end + offset(end)) {
        return end * 1000; // the clock leaves it out: as soon as it goes on
      }
      second = end;
    }
  }
}

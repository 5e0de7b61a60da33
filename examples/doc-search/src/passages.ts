// From a document to passages: pieces that are long enough to mean something alone and short
// enough to be shown as an answer.
import type { Document, Passage } from "./protocol.ts";

/** Paragraphs are joined up to here. */
const ENOUGH = 320;
/** A passage is cut before it grows beyond this. */
const MOST = 1400;

const HEADING = /^ {0,3}(#{1,6})[ \t]+(.*?)[ \t]*#*$/;
const UNDERLINE = /^ {0,3}(?:(={3,})|(-{3,}))[ \t]*$/;
const FENCE = /^ {0,3}(```|~~~)/;
const BLANK = /^\s*$/;

/** Splits a document at its headings and paragraphs. */
export function passagesOf(document: Document): Passage[] {
  return new Splitter(document).run();
}

class Splitter {
  private readonly lines: string[];
  private readonly firstLine: number;
  private readonly passages: Passage[] = [];
  private readonly headings: { level: number; title: string }[] = [];
  private open: string[] = [];
  private openLine = 1;
  private size = 0;

  constructor(private readonly document: Document) {
    this.lines = document.text.split(/\r\n|\n|\r/);
    this.firstLine = document.first_line ?? 1;
  }

  run(): Passage[] {
    let fence: string | null = null;
    this.lines.forEach((line, i) => {
      const mark = FENCE.exec(line)?.[1] ?? null;
      if (fence !== null) {
        this.add(line, i);
        fence = mark === fence ? null : fence;
      } else if (mark !== null) {
        fence = mark;
        this.add(line, i);
      } else if (!this.heading(line)) {
        this.text(line, i);
      }
    });
    this.close();
    if (this.passages.length === 0 && !BLANK.test(this.document.text)) {
      // Nothing but headings: they are the text.
      this.emit(this.document.text.trim().slice(0, MOST), this.firstLine);
    }
    return this.passages;
  }

  private heading(line: string): boolean {
    const marked = HEADING.exec(line);
    if (marked !== null) {
      this.close();
      this.enter(marked[1].length, marked[2]);
      return true;
    }
    const underline = UNDERLINE.exec(line);
    if (underline !== null && this.open.length > 0 && !BLANK.test(this.open[this.open.length - 1])) {
      const before = this.open[this.open.length - 2];
      if (before === undefined || BLANK.test(before)) {
        const title = this.open.pop() as string;
        this.close();
        this.enter(underline[1] === undefined ? 2 : 1, title.trim());
        return true;
      }
    }
    return false;
  }

  private enter(level: number, title: string): void {
    while (this.headings.length > 0 && this.headings[this.headings.length - 1].level >= level) {
      this.headings.pop();
    }
    this.headings.push({ level, title: title.replace(/[`*]/g, "") });
  }

  private text(line: string, i: number): void {
    if (!BLANK.test(line)) {
      this.add(line, i);
    } else if (this.size >= ENOUGH) {
      this.close();
    } else if (this.open.length > 0) {
      this.open.push("");
    }
  }

  private add(line: string, i: number): void {
    if (this.size > 0 && this.size + line.length > MOST) {
      this.close();
    }
    if (this.open.length === 0) {
      this.openLine = this.firstLine + i;
    }
    let rest = line;
    while (rest.length > MOST) {
      // One endless line, as machines write them.
      const space = rest.lastIndexOf(" ", MOST);
      const at = space > MOST / 2 ? space : MOST;
      this.open.push(rest.slice(0, at));
      this.close();
      this.openLine = this.firstLine + i;
      rest = rest.slice(at);
    }
    this.open.push(rest);
    this.size += rest.length + 1;
  }

  private close(): void {
    const text = this.open.join("\n").trimEnd();
    if (!BLANK.test(text)) {
      this.emit(text, this.openLine);
    }
    this.open = [];
    this.size = 0;
  }

  private emit(text: string, line: number): void {
    this.passages.push({
      source: this.document.path,
      line,
      heading: this.headings.map((h) => h.title).join(" › "),
      text,
      opens: this.firstLine === 1 && this.passages.length === 0,
    });
  }
}

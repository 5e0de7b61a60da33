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
    const { text } = document;
    this.lines = text.includes("\r") ? text.split(/\r\n|\n|\r/) : text.split("\n");
    this.firstLine = document.first_line ?? 1;
  }

  run(): Passage[] {
    let fence: string | null = null;
    this.lines.forEach((line, i) => {
      // Most lines are plain text, and a regular expression costs more than all else here.
      const bare = line.trim();
      const mark = bare.startsWith("```") || bare.startsWith("~~~") ? (FENCE.exec(line)?.[1] ?? null) : null;
      if (fence !== null) {
        this.add(line, i);
        fence = mark === fence ? null : fence;
      } else if (mark !== null) {
        fence = mark;
        this.add(line, i);
      } else if (bare === "") {
        this.blank();
      } else if (!(bare.startsWith("#") && this.marked(line)) && !(this.underlines(bare) && this.underlined(line))) {
        this.add(line, i);
      }
    });
    this.close();
    if (this.passages.length === 0 && this.document.text.trim() !== "") {
      // Nothing but headings: they are the text.
      this.emit(this.document.text.trim().slice(0, MOST), this.firstLine);
    }
    return this.passages;
  }

  /** `## Title` */
  private marked(line: string): boolean {
    const heading = HEADING.exec(line);
    if (heading === null) {
      return false;
    }
    this.close();
    this.enter(heading[1].length, heading[2]);
    return true;
  }

  private underlines(bare: string): boolean {
    return bare.startsWith("===") || bare.startsWith("---");
  }

  /** A line of `===` or `---` makes a heading of the line above, if that stands alone. */
  private underlined(line: string): boolean {
    const underline = UNDERLINE.exec(line);
    const above = this.open[this.open.length - 1] ?? "";
    if (underline === null || above.trim() === "" || (this.open[this.open.length - 2] ?? "").trim() !== "") {
      return false;
    }
    this.open.pop();
    this.close();
    this.enter(underline[1] === undefined ? 2 : 1, above.trim());
    return true;
  }

  private enter(level: number, title: string): void {
    while (this.headings.length > 0 && this.headings[this.headings.length - 1].level >= level) {
      this.headings.pop();
    }
    this.headings.push({ level, title: title.replace(/[`*]/g, "") });
  }

  private blank(): void {
    if (this.size >= ENOUGH) {
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
    if (text !== "") {
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

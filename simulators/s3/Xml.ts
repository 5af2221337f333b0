/** The little XML that S3 speaks. */
import type { Answer } from "./Call.ts"

const escapes: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", "\"": "&quot;", "\r": "&#xD;" }
const unescapes: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: "\"", apos: "'" }

/** An element as it stands; texts in it are escaped. */
export class Element {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

export const element = (name: string, content: string | number | boolean | ReadonlyArray<Element>): Element => {
  const inner = typeof content === "object"
    ? content.map(({ text }) => text).join("")
    : String(content).replace(/[&<>"\r]/g, (char) => escapes[char]!)
  return new Element(`<${name}>${inner}</${name}>`)
}

export const document = (root: Element): Uint8Array =>
  Buffer.from(`<?xml version="1.0" encoding="UTF-8"?>\n${root.text.replace(/^<(\w+)/, root.text.startsWith("<Error") ? "<$1" : "<$1 xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"")}`)

export const answer = (root: Element): Answer => ({ status: 200, headers: { "content-type": "application/xml" }, body: document(root) })

const unescaped = (text: string): string =>
  text.replace(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi, (_, hex: string | undefined, decimal: string | undefined, name: string) =>
    hex !== undefined ? String.fromCodePoint(parseInt(hex, 16)) : decimal !== undefined ? String.fromCodePoint(Number(decimal)) : unescapes[name] ?? "")

/** The content of every element of this name, as it stands. */
export const all = (text: string, name: string): ReadonlyArray<string> =>
  Array.from(text.matchAll(new RegExp(`<${name}(?:\\s[^>]*)?>(.*?)</${name}>`, "gs")), (match) => match[1]!)

/** The text of the first element of this name. */
export const first = (text: string, name: string): string | undefined => {
  const [found] = all(text, name)
  return found === undefined ? undefined : unescaped(found)
}

/** Numbers, times and names in words for people. */
export { rounded as duration } from "../../engine/Span.ts"

const grouped = new Intl.NumberFormat("en-US")

/** `1,234,567` */
export const count = (n: number): string => grouped.format(n)

/** `1 cell`, `1,200 cells` */
export const plural = (n: number, one: string, many = `${one}s`): string => `${count(n)} ${n === 1 ? one : many}`

/** `812 B`, `64 kB`, `1.2 MB`, in powers of 1000. */
export const size = (bytes: number): string => {
  const units = ["B", "kB", "MB", "GB", "TB"]
  const power = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, bytes)) / 3)))
  const amount = bytes / 1000 ** power
  return `${power > 1 && amount < 10 ? amount.toFixed(1) : count(Math.round(amount))} ${units[power]}`
}

/** `9,800/s`, `4.2/s` */
export const rate = (perSecond: number): string =>
  `${perSecond >= 10 ? count(Math.round(perSecond)) : perSecond.toFixed(perSecond < 0.1 ? 2 : 1)}/s`

/** `just now`, `3 min ago`, `2 days ago`. */
export const ago = (at: Date, now: number = Date.now()): string => {
  const seconds = (now - at.getTime()) / 1000
  if (seconds < 10) return "just now"
  if (seconds < 60) return `${Math.round(seconds)} s ago`
  if (seconds < 3600) return `${Math.round(seconds / 60)} min ago`
  if (seconds < 86_400) return `${Math.round(seconds / 3600)} h ago`
  return `${plural(Math.round(seconds / 86_400), "day")} ago`
}

/** `2026-11-03 12:01:22`, in the time zone of the machine. */
export const moment = (at: Date): string => {
  const two = (n: number) => String(n).padStart(2, "0")
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`
  return `${day} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`
}

/** Parts that say something, as `3 materialized, 1 failed`. */
export const listing = (parts: ReadonlyArray<string | undefined>): string =>
  parts.filter((part) => part !== undefined && part !== "").join(", ")

/** One line of text: blanks and line ends become single blanks. */
export const oneLine = (text: string): string => text.replace(/\s+/g, " ").trim()

/** Control characters made visible, so that stored data cannot steer the terminal. */
export const printable = (text: string): string =>
  // oxlint-disable-next-line no-control-regex
  text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, "0")}`)

/** A word as a shell takes it: quoted only where it must be. */
export const shellWord = (word: string): string =>
  /^[\w@%+=:,./*-]+$/.test(word) && !word.includes("*") ? word : `'${word.replaceAll("'", "'\\''")}'`

/** An error as it is recorded, in one line; the name `Error` says nothing. */
export const fault = (error: string): string => printable(oneLine(error)).replace(/^Error: /, "")

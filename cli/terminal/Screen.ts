/** Where commands write: results on standard output, everything else on standard error; and the block that redraws. */
import { cut, terminalWidth } from "./Table.ts"

/** Whether a person looks on, at a terminal that can redraw. */
export const isWatched = (): boolean =>
  process.stdout.isTTY === true && (process.env["CI"] ?? "") === "" && process.env["TERM"] !== "dumb"

/** Writes a line of the result. */
export const line = (text = ""): void => void process.stdout.write(`${text}\n`)

export const lines = (all: ReadonlyArray<string>): void => {
  if (all.length > 0) process.stdout.write(`${all.join("\n")}\n`)
}

/** Writes a line that is not the result: a hint, an error. */
export const note = (text: string): void => void process.stderr.write(`${text}\n`)

export const json = (value: unknown): void => line(JSON.stringify(value, replaceBigInt))

export const prettyJson = (value: unknown): void => line(JSON.stringify(value, replaceBigInt, 2))

const replaceBigInt = (_: string, value: unknown): unknown => typeof value === "bigint" ? String(value) : value

type Write = typeof process.stdout.write

/** Gives what others write to standard output (a `console.log` of a pipeline) to `write`, until it is undone. */
const divert = (stream: NodeJS.WriteStream, write: (original: Write, chunk: string | Uint8Array) => void) => {
  const original = stream.write.bind(stream)
  stream.write = (
    chunk: string | Uint8Array,
    encoding?: BufferEncoding | ((error?: Error | null) => void),
    done?: (error?: Error | null) => void
  ): boolean => {
    write(original, chunk)
    const callback = typeof encoding === "function" ? encoding : done
    if (callback !== undefined) queueMicrotask(() => callback())
    return true
  }
  return { original, undo: () => void Reflect.deleteProperty(stream, "write") }
}

/** Keeps standard output for the lines of `--json`: what anybody else writes there goes to standard error. */
export const reserve = (): { readonly json: (value: unknown) => void; readonly release: () => void } => {
  const { original, undo } = divert(process.stdout, (_, chunk) => void process.stderr.write(chunk))
  return {
    json: (value) => void original(`${JSON.stringify(value, replaceBigInt)}\n`),
    release: undo
  }
}

export interface Block {
  readonly draw: (lines: ReadonlyArray<string>) => void
  /** Leaves the lines drawn last on the screen, and lets others write as before. */
  readonly close: () => void
}

const hideCursor = "\x1b[?25l"
const showCursor = "\x1b[?25h"

/** A block of lines at the bottom of the terminal; what others write meanwhile scrolls by above it. */
export const block = (): Block => {
  let shown: ReadonlyArray<string> = []
  const erase = () => shown.length === 0 ? "" : `\x1b[${shown.length}A\x1b[0J`
  const show = (lines: ReadonlyArray<string>) => lines.length === 0 ? "" : `${lines.join("\n")}\n`
  const above = (_: Write, chunk: string | Uint8Array) => {
    const text = typeof chunk === "string" ? chunk : Buffer.from(chunk).toString("utf8")
    stdout.original(`${erase()}${text}${text.endsWith("\n") ? "" : "\n"}${show(shown)}`)
  }
  const stdout = divert(process.stdout, above)
  const stderr = process.stderr.isTTY === true ? divert(process.stderr, above) : undefined
  const restore = () => void stdout.original(showCursor)
  process.on("exit", restore)
  stdout.original(hideCursor)
  return {
    draw: (lines) => {
      const width = terminalWidth() ?? 80
      // A block taller than the screen cannot be erased: the terminal has scrolled its top away.
      const fitting = lines.slice(0, Math.max(1, (process.stdout.rows || 24) - 1)).map((text) => fit(text, width))
      stdout.original(`${erase()}${show(fitting)}`)
      shown = fitting
    },
    close: () => {
      stdout.original(showCursor)
      shown = []
      process.off("exit", restore)
      stdout.undo()
      stderr?.undo()
    }
  }
}

// A line that wraps would be two lines on the screen and spoil the erasing. Colours are dropped where it is cut.
const fit = (text: string, width: number): string => {
  // oxlint-disable-next-line no-control-regex
  const plain = text.replace(/\x1b\[[0-9;]*m/g, "")
  return plain.length <= width ? text : cut(plain, width)
}

/** A small SQL prompt for machines without psql: statements in, aligned tables out. */
import type { PgClient } from "@effect/sql-pg"
import { Effect, Schema, Stream } from "effect"
import { detailOf } from "./DatabaseError.ts"

// What may hide a semicolon. Each is tried where the scan stands; an opener without its end means "not complete yet".
const pieces: ReadonlyArray<readonly [opener: RegExp, whole: RegExp]> = [
  [/--/y, /--[^\n]*\n/y],
  [/\/\*/y, /\/\*[\s\S]*?\*\//y],
  [/e'/iy, /e'(?:[^'\\]|\\[\s\S]|'')*'/iy],
  [/'/y, /'(?:[^']|'')*'/y],
  [/"/y, /"(?:[^"]|"")*"/y],
  [/\$(?:[a-z_]\w*)?\$/iy, /\$([a-z_]\w*)?\$[\s\S]*?\$\1\$/iy],
  [/[a-z_][\w$]*/iy, /[a-z_][\w$]*/iy]
]

const matchAt = (pattern: RegExp, text: string, at: number): number | undefined => {
  pattern.lastIndex = at
  return pattern.test(text) ? pattern.lastIndex : undefined
}

/** Cuts off the statements that `;` ends, not those in quotes, comments and dollar quotes; `rest` is what follows. */
export const split = (text: string): { readonly statements: ReadonlyArray<string>; readonly rest: string } => {
  const statements: Array<string> = []
  let [from, at] = [0, 0]
  while (at < text.length) {
    const position = at
    const piece = pieces.find(([opener]) => matchAt(opener, text, position) !== undefined)
    if (piece !== undefined) {
      const end = matchAt(piece[1], text, position)
      if (end === undefined) break
      at = end
    } else {
      at += 1
      if (text[position] === ";") {
        statements.push(text.slice(from, at).trim())
        from = at
      }
    }
  }
  return { statements: statements.filter((statement) => statement !== ";"), rest: text.slice(from) }
}

const show = (value: unknown): string => {
  if (value === null || value === undefined) return ""
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "infinity" : value.toISOString()
  if (value instanceof Uint8Array) return `\\x${Buffer.from(value).toString("hex")}`
  return typeof value === "object"
    ? JSON.stringify(value, (_, inner: unknown) => typeof inner === "bigint" ? String(inner) : inner)
    : String(value)
}

/** Rows as an aligned table: numbers to the right, everything else to the left. */
export const table = (names: ReadonlyArray<string>, rows: ReadonlyArray<Readonly<Record<string, unknown>>>): string => {
  const columns = names.map((name) => {
    const cells = rows.map((row) => show(row[name]).replaceAll("\n", "⏎"))
    const width = cells.reduce((most, cell) => Math.max(most, cell.length), name.length)
    const right = rows.some((row) => typeof row[name] === "number" || typeof row[name] === "bigint")
    return { width, cells: cells.map((cell) => right ? cell.padStart(width) : cell.padEnd(width)), name }
  })
  const line = (cells: ReadonlyArray<string>) => ` ${cells.join(" | ")}`.trimEnd()
  return [
    line(columns.map(({ name, width }) => name.padEnd(width))),
    columns.map(({ width }) => "-".repeat(width + 2)).join("+"),
    ...rows.map((_, index) => line(columns.map(({ cells }) => cells[index] ?? ""))),
    `(${rows.length} ${rows.length === 1 ? "row" : "rows"})`
  ].join("\n")
}

const Result = Schema.Struct({
  command: Schema.String,
  rowCount: Schema.Number,
  fields: Schema.Array(Schema.Struct({ name: Schema.String })),
  rows: Schema.Array(Schema.Record(Schema.String, Schema.Unknown))
})

/** Where the prompt reads and writes. `interactive` shows a prompt and forgives errors; without, the first one ends it. */
export interface Terminal {
  readonly input: AsyncIterable<Uint8Array | string>
  readonly write: (text: string) => void
  readonly interactive: boolean
}

const execute = Effect.fnUntraced(function*(sql: PgClient.PgClient, statement: string, terminal: Terminal) {
  const outcome = yield* sql.unsafe(statement).raw.pipe(
    Effect.flatMap(Schema.decodeUnknownEffect(Result)),
    Effect.map(({ command, fields, rowCount, rows }) => ({
      text: fields.length > 0 ? table(fields.map(({ name }) => name), rows) : `${command} ${rowCount || ""}`.trimEnd(),
      failed: false
    })),
    Effect.catchTag("SqlError", (error) => Effect.succeed({ text: `ERROR: ${detailOf(error)}`, failed: true })),
    Effect.catchTag("SchemaError", () => Effect.succeed({ text: "done", failed: false }))
  )
  terminal.write(`${outcome.text}\n`)
  return outcome.failed
})

/**
 * Reads statements until the input ends or says `\q`, and answers the exit code: 1 when a statement failed that was
 * not typed by a person; those after it are not run. A last statement without `;` is run when the input ends.
 */
export const run = Effect.fn("SqlPrompt.run")(function*(sql: PgClient.PgClient, terminal: Terminal) {
  let [pending, failed] = ["", false]
  const decoder = new TextDecoder()
  const prompt = () => terminal.interactive && terminal.write(pending.trim() === "" ? "sluice=> " : "sluice-> ")
  prompt()
  yield* Stream.fromAsyncIterable(terminal.input, (cause) => cause).pipe(
    Stream.map((chunk) => typeof chunk === "string" ? chunk : decoder.decode(chunk, { stream: true })),
    Stream.orDie,
    Stream.takeUntil((text) => /^\s*\\q\s*$/m.test(text)),
    Stream.runForEachWhile(Effect.fnUntraced(function*(text) {
      const quit = text.search(/^\s*\\q\s*$/m)
      pending += quit < 0 ? text : text.slice(0, quit)
      // Without a semicolon nothing can have ended: a long statement is not scanned again for each of its lines.
      if (text.includes(";")) {
        const { rest, statements } = split(pending)
        pending = rest
        for (const statement of statements) {
          failed = (yield* execute(sql, statement, terminal)) && !terminal.interactive
          if (failed) return false
        }
      }
      if (quit < 0) prompt()
      return true
    }))
  )
  if (!failed && pending.replace(/--[^\n]*|\/\*[\s\S]*?\*\//g, "").trim() !== "") {
    failed = (yield* execute(sql, pending, terminal)) && !terminal.interactive
  }
  return failed ? 1 : 0
})

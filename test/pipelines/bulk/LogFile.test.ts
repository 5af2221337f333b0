/** The log files: turned over at their size, five kept. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import * as path from "node:path"
import * as LogFile from "../../../pipelines/bulk/LogFile.ts"

const temporary = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(path.join(tmpdir(), "sluice-log-"))),
  (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
)

describe("a log file", () => {
  it.effect("is turned over before it is too large, and goes on where an earlier process ended", () =>
    Effect.gen(function*() {
      const folder = yield* temporary
      const file = path.join(folder, "logs", "processor.log")
      for (const part of [0, 1]) {
        yield* Effect.scoped(Effect.gen(function*() {
          const write = yield* LogFile.open(file, 100)
          for (let i = 0; i < 40; i++) write(`line ${String(part * 40 + i).padStart(2, "0")} of the log`)
        }))
      }
      const names = readdirSync(path.dirname(file)).toSorted()
      assert.deepStrictEqual(names, ["processor.log", "processor.log.1", "processor.log.2", "processor.log.3", "processor.log.4", "processor.log.5"])
      const text = names.toReversed().map((name) => readFileSync(path.join(folder, "logs", name), "utf8")).join("")
      const numbers = Array.from(text.matchAll(/^line (\d\d)/gm), (match) => Number(match[1]))
      // The newest ones, in their order, without a gap.
      assert.deepStrictEqual(numbers, Array.from({ length: numbers.length }, (_, i) => 80 - numbers.length + i))
      for (const name of names) assert.isAtMost(readFileSync(path.join(folder, "logs", name)).length, 100)
    }))
})

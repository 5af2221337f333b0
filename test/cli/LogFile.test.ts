/** The log files: turned over at their size, five kept. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { execFile } from "node:child_process"
import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync } from "node:fs"
import { tmpdir } from "node:os"
import * as path from "node:path"
import { promisify } from "node:util"
import * as LogFile from "../../cli/LogFile.ts"

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
          const write = yield* LogFile.open(file, { maxBytes: 100 })
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

  it.live("of two processes has every line of both, whole", () =>
    Effect.gen(function*() {
      const folder = yield* temporary
      const file = path.join(folder, "daemon.log")
      const names = ["one", "two"]
      const lines = 3000
      const write = (name: string) =>
        Effect.promise(() => promisify(execFile)(process.execPath, [path.join(import.meta.dirname, "logWriter.ts"), file, name, String(lines)]))
      yield* Effect.all(names.map(write), { concurrency: 2 })
      const files = readdirSync(folder).toSorted((a, b) => Number(b.split(".")[2] ?? 0) - Number(a.split(".")[2] ?? 0))
      assert.isAbove(files.length, 50)
      assert.isFalse(files.some((name) => name.endsWith(".lock")))
      const text = files.map((name) => readFileSync(path.join(folder, name), "utf8")).join("")
      for (const name of names) {
        const found = Array.from(text.matchAll(new RegExp(`^${name} (\\d+) (x*)$`, "gm")), ([, i = "", fill = ""]) => [Number(i), fill.length])
        assert.deepStrictEqual(found.toSorted(([a = 0], [b = 0]) => a - b), Array.from({ length: lines }, (_, i) => [i, i % 50]))
      }
    }))

  it.live("that is moved away by somebody else is begun anew, and one that cannot be written is told", () =>
    Effect.gen(function*() {
      const folder = yield* temporary
      const file = path.join(folder, "a.log")
      const write = yield* LogFile.open(file)
      write("before")
      renameSync(file, path.join(folder, "moved"))
      write("after")
      assert.deepStrictEqual([file, path.join(folder, "moved")].map((name) => readFileSync(name, "utf8")), ["after\n", "before\n"])
      const refused = yield* Effect.flip(LogFile.open(path.join(file, "b.log")))
      assert.match(refused.message, /^The log .*b\.log cannot be written: .*\.$/)
    }))

  it.live("on a disk that is full is told once, and says what is missing when there is room again", () =>
    Effect.gen(function*() {
      const folder = yield* temporary
      const file = path.join(folder, "a.log")
      symlinkSync("/dev/full", file)
      const told: Array<string> = []
      const write = yield* LogFile.open(file, { tell: (sentence) => told.push(sentence) })
      for (const line of ["one", "two", "three"]) write(line)
      assert.lengthOf(told, 1)
      assert.match(told[0]!, /a\.log cannot be written, and what it would say is lost until it can be: ENOSPC/)
      rmSync(file)
      for (const line of ["four", "five"]) write(line)
      assert.strictEqual(readFileSync(file, "utf8"), "\n3 lines are missing here: the file could not be written.\nfour\nfive\n")
    }))
})

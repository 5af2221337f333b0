/** Options of `sluice backfill` as a request. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import * as path from "node:path"
import * as Request from "../../../cli/backfill/Request.ts"
import * as Wording from "../../../cli/backfill/Wording.ts"

const none: Request.Options = {
  selection: ["nhl"], from: undefined, to: undefined, last: undefined, where: [], paramList: [], paramFile: undefined,
  paramStart: undefined, paramEnd: undefined, paramLimit: undefined, partitions: undefined, only: undefined,
  retryFailed: false, concurrency: 8, order: "oldest", batch: undefined, name: undefined, maxFailures: undefined
}

const backfillOf = (options: Partial<Request.Options>) =>
  Effect.map(Request.make({ ...none, ...options }), ({ backfill }) => backfill!)

describe("a backfill's options", () => {
  it.effect("nothing given asks for what is missing or stale of everything", () =>
    Effect.gen(function*() {
      const request = yield* Request.make({ ...none, selection: ["nhl", "nba/*"] })
      assert.deepStrictEqual([request.selection, request.partitions, request.force], ["nhl nba/*", null, false])
      assert.deepStrictEqual(request.backfill?.only, ["missing", "stale"])
      assert.deepStrictEqual({ ...request.backfill?.target }, {
        partitions: null, from: null, to: null, last: null, where: {}, keys: null, start: null, end: null, limit: null
      })
    }))

  it.effect("states: a list with commas, all, and failed ones on top", () =>
    Effect.gen(function*() {
      const only = (options: Partial<Request.Options>) => Effect.map(backfillOf(options), (backfill) => backfill.only.join(" "))
      assert.strictEqual(yield* only({ only: "failed" }), "failed")
      assert.strictEqual(yield* only({ only: "stale, missing,stale" }), "missing stale")
      assert.strictEqual(yield* only({ retryFailed: true }), "missing stale failed")
      assert.strictEqual(yield* only({ only: "missing", retryFailed: true }), "missing failed")
      assert.strictEqual(yield* only({ only: "all" }), "missing stale failed fresh")
      assert.isTrue((yield* Request.make({ ...none, only: "all" })).force)
    }))

  it.effect("keys keep their zeros, come from lists and files, and each counts once", () =>
    Effect.gen(function*() {
      const folder = yield* Effect.acquireRelease(
        Effect.sync(() => mkdtempSync(path.join(tmpdir(), "sluice-keys-"))),
        (made) => Effect.sync(() => rmSync(made, { recursive: true }))
      )
      const file = path.join(folder, "games.txt")
      writeFileSync(file, "# games\n0022300003\r\n\n0022300001\n\\#odd\na\\\\b\n")
      const { target } = yield* backfillOf({ paramList: ["0022300001", "007,a\\,b"], paramFile: file })
      assert.deepStrictEqual(target.keys, ["0022300001", "007", "a,b", "0022300003", "#odd", "a\\b"])
    }))

  it.effect("conditions on one dimension are united, commas of a key stay marked", () =>
    Effect.gen(function*() {
      const { target } = yield* backfillOf({ where: ["endpoint=box, play", "season=2023-24", "endpoint=a=b\\,c"] })
      assert.deepStrictEqual(target.where, { endpoint: ["box", "play", "a=b\\,c"], season: ["2023-24"] })
    }))

  it.effect("a maximum of failures is a number or a share", () =>
    Effect.gen(function*() {
      const max = (text: string) => Effect.map(backfillOf({ maxFailures: text }), (backfill) => backfill.maxFailures)
      assert.deepStrictEqual(yield* max("100"), { amount: 100, unit: "cells" })
      assert.deepStrictEqual(yield* max("2.5%"), { amount: 2.5, unit: "percent" })
      assert.deepStrictEqual(yield* max("100%"), { amount: 100, unit: "percent" })
    }))

  it.effect("what means nothing is refused in one sentence that says what would", () =>
    Effect.gen(function*() {
      const wrong: ReadonlyArray<readonly [Partial<Request.Options>, string]> = [
        [{ selection: [] }, "\"sluice backfill\" needs <selection>"],
        [{ selection: [], paramList: ["1", "nhl"] }, "write it before --param-list, which takes all the words"],
        [{ only: "faild" }, "\"faild\" is not a value of --only: write missing, stale, failed or all. Did you mean \"failed\"?"],
        [{ only: " , " }, "--only names no state"],
        [{ where: ["box"] }, "\"--where box\" is not of the form DIMENSION=KEY"],
        [{ where: ["=box"] }, "is not of the form"],
        [{ where: ["endpoint="] }, "is not of the form"],
        [{ paramList: [","] }, "--param-list names no key"],
        [{ paramFile: "none.txt" }, "The file of keys none.txt does not exist."],
        [{ paramFile: tmpdir() }, "cannot be read."],
        ...["0", "0%", "101%", "-1", "2.5", "x", "", "1e3"].map((maxFailures) =>
          [{ maxFailures }, `"${maxFailures}" is not a value of --max-failures: write a number of cells`] as const)
      ]
      for (const [options, sentence] of wrong) {
        const { message } = yield* Effect.flip(Request.make({ ...none, ...options }))
        assert.include(message, sentence)
        assert.match(message, /[.?]$/)
      }
    }))
})

describe("a request in words", () => {
  it.effect("says what was asked for, in one line", () =>
    Effect.gen(function*() {
      const asked = (options: Partial<Request.Options>) => Effect.map(Request.make({ ...none, ...options }), Wording.asked)
      assert.strictEqual(yield* asked({}), "nhl")
      assert.strictEqual(yield* asked({ from: "2024-01-01", to: "2024-02-01", where: ["e=a,b,c,d", "f=x"], paramStart: 0, paramEnd: 10, only: "failed" }),
        "nhl 2024-01-01..2024-02-01, e=4 keys, f=x, places 0..9 (only failed)")
      assert.strictEqual(yield* asked({ last: "30d", paramList: ["1", "2"], paramLimit: 5, only: "all" }),
        "nhl last 30d, 1,2, at most 5 keys (all states)")
      assert.strictEqual(yield* asked({ partitions: "2024-01-01..", from: "2024-01-05" }), "nhl @ 2024-01-01.., from 2024-01-05")
    }))
})

/** `step1.pid`: one cycle at a time in a folder. */
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { spawnSync } from "node:child_process"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import * as PidFile from "../../../pipelines/football/PidFile.ts"

it.effect("is held while a cycle goes on; one that lives is refused, what a killed one left is replaced", () =>
  Effect.gen(function*() {
    const folder = yield* Effect.acquireRelease(
      Effect.sync(() => fs.mkdtempSync(path.join(os.tmpdir(), "football-pid-"))),
      (folder) => Effect.sync(() => fs.rmSync(folder, { recursive: true, force: true }))
    )
    const file = PidFile.fileIn(folder)
    const held = Effect.scoped(Effect.andThen(PidFile.hold(folder), Effect.sync(() => fs.readFileSync(file, "utf8").trim())))
    assert.strictEqual(yield* held, String(process.pid))
    assert.isFalse(fs.existsSync(file))

    fs.writeFileSync(file, `${process.ppid}\n`)
    const refused = yield* Effect.flip(held)
    assert.match(refused.message, new RegExp(`^Another instance is already running \\(PID: ${process.ppid}\\): `))
    assert.strictEqual(fs.readFileSync(file, "utf8").trim(), String(process.ppid))

    const gone = spawnSync(process.execPath, ["-e", ""]).pid
    for (const left of [String(gone), String(process.pid), "", "what?"]) {
      fs.writeFileSync(file, left)
      assert.strictEqual(yield* held, String(process.pid))
      assert.isFalse(fs.existsSync(file))
    }
    fs.writeFileSync(file, `${gone}\n`)
    assert.isUndefined(PidFile.running(folder, Date.now()), "what a killed one left does not run")
    fs.writeFileSync(file, `${process.pid}\n`)
    fs.utimesSync(file, new Date(1000), new Date(1000))
    assert.deepStrictEqual(PidFile.running(folder, 61_000), { pid: process.pid, quietMillis: 60_000 })
    const now = Date.now()
    yield* PidFile.renew(folder)
    assert.isAtMost(PidFile.running(folder, now)!.quietMillis, 0)
    fs.rmSync(file)
    assert.isUndefined(PidFile.running(folder, now))
    yield* PidFile.renew(folder)

    const unwritable = yield* Effect.flip(Effect.scoped(PidFile.hold(path.join(folder, "absent"))))
    assert.match(unwritable.message, /step1\.pid cannot be written: /)
  }))

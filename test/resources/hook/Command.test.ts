/** Hooks by commands of this machine. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { mkdtemp, readFile, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import * as path from "node:path"
import { Hook } from "sluice"
import { event, told } from "./events.ts"

const folder = Effect.acquireRelease(
  Effect.promise(() => mkdtemp(path.join(tmpdir(), "sluice-hook-"))),
  (made) => Effect.promise(() => rm(made, { recursive: true, force: true }))
)

const sh = (script: string, options: Hook.CommandOptions = {}) => told(Hook.command(["sh", "-c", script, "sh", "$(id)"], options))

describe("a command", () => {
  it.live("has the event on its input and what it is about in its environment; no shell sees its arguments", () =>
    Effect.gen(function*() {
      const made = yield* folder
      assert.strictEqual(yield* sh("cat > event; echo \"$1 $SLUICE_HOOK $SLUICE_HOOK_KIND $SLUICE_HOOK_RUN $MORE\" > env", { folder: made, env: { MORE: "more" } }), "sent")
      const read = (name: string) => Effect.promise(() => readFile(path.join(made, name), "utf8"))
      assert.deepStrictEqual(Schema.decodeUnknownSync(Schema.fromJsonString(Hook.HookEvent))(yield* read("event")), event)
      assert.strictEqual(yield* read("env"), "$(id) night failed 12 more\n")
    }).pipe(Effect.scoped))

  it.live("need not read its input, and may say any amount", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* sh("exec <&-; yes | head -c 3000000"), "sent")
      const error = yield* sh("yes no | head -c 300000; echo; echo 'no luck today' >&2; exit 3")
      assert.deepInclude(error, { transient: true, message: "sh ended with 3: no luck today" })
    }))

  it.live("is killed with what it has started when its time is over", () =>
    Effect.gen(function*() {
      const made = yield* folder
      const began = performance.now()
      const error = yield* sh("sleep 60 & echo $! > child; trap '' TERM; wait; sleep 60", { folder: made, timeout: "300 millis" })
      assert.deepInclude(error, { transient: true, message: "sh did not end within 300 ms, and was killed." })
      assert.isBelow(performance.now() - began, 10_000)
      const pid = Number(yield* Effect.promise(() => readFile(path.join(made, "child"), "utf8")))
      const isGone = Effect.promise(() => readFile(`/proc/${pid}/stat`, "utf8").then((text) => / Z /.test(text), () => true))
      while (!(yield* isGone)) yield* Effect.sleep(10)
    }).pipe(Effect.scoped), 20_000)

  it.live("that is not there is given up at once", () =>
    Effect.gen(function*() {
      const error = yield* told(Hook.command(["no-such-program"]))
      assert.deepInclude(error, { transient: false, message: "no-such-program cannot be run: spawn no-such-program ENOENT." })
    }))
})

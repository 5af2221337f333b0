import { assert, describe, it } from "@effect/vitest"
import { Cause, Data } from "effect"
import { ofCause, Refusal, Unfinished, withoutSecrets } from "../../cli/Refusal.ts"
import { RunStoreError } from "../../engine/record/RunStore.ts"

class Strange extends Data.TaggedError("Strange")<{ readonly message: string }> {}

describe("how a command ends", () => {
  it("2 for what the user can set right, 1 for work that failed, 130 for an interruption", () => {
    assert.deepStrictEqual(ofCause(Cause.fail(new Refusal({ message: "No." }))), { exitCode: 2, sentence: "No." })
    assert.strictEqual(ofCause(Cause.fail(new RunStoreError({ message: "Gone.", transient: true }))).exitCode, 1)
    assert.strictEqual(ofCause(Cause.fail(new Strange({ message: "Odd." }))).exitCode, 1)
    assert.deepStrictEqual(ofCause(Cause.fail(new Unfinished({ exitCode: 130 }))), { exitCode: 130, sentence: undefined })
    assert.deepStrictEqual(ofCause(Cause.interrupt(1)), { exitCode: 130, sentence: undefined })
    assert.include(ofCause(Cause.die(new TypeError("x is not\na function"))).sentence, "x is not a function")
  })

  it("says everything in one line, however long or odd the error is", () => {
    const sentence = ofCause(Cause.fail(new Refusal({ message: `${"key,".repeat(5000)}\nis wrong.` }))).sentence ?? ""
    assert.isBelow(sentence.length, 620)
    assert.isTrue(sentence.endsWith("is wrong."))
    assert.notInclude(sentence, "\n")
    assert.strictEqual(ofCause(Cause.fail(undefined)).sentence, "undefined")
  })

  it("hides passwords of URLs and of the environment", () => {
    const env = { DATABASE_URL: "postgres://me:geheim@host/db", PGPASSWORD: "auch-geheim" }
    const clean = withoutSecrets("postgresql://me:other@h/x failed: geheim, auch-geheim", env)
    assert.strictEqual(clean, "postgresql://me:***@h/x failed: ***, ***")
  })
})

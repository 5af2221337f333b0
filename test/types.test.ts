/** The compiler is part of the tests: types/*.ts hold what it must refuse, README's and the docs' code what it must take. */
import { assert, describe, it } from "@effect/vitest"
import { spawnSync } from "node:child_process"
import { fileURLToPath } from "node:url"

const root = fileURLToPath(new URL("..", import.meta.url))

describe("types", () => {
  it("every promise of test/types holds, and the whole tree type-checks", () => {
    const tsc = spawnSync(process.execPath, ["node_modules/typescript/bin/tsc", "--noEmit", "--singleThreaded", "--pretty", "false"], {
      cwd: root,
      encoding: "utf8"
    })
    assert.strictEqual(tsc.stdout + tsc.stderr, "")
  })
})

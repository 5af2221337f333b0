/** The files of deploy/ start a daemon with options that it has, and let it end in peace. */
import { assert, describe, it } from "@effect/vitest"
import { readFileSync } from "node:fs"
import { join } from "node:path"

const read = (file: string): string => readFileSync(join(import.meta.dirname, "..", file), "utf8")

/** What docs/cli.md has of the daemon, which the test of the documents compares with the command line. */
const documented = read("docs/cli.md").split("### `sluice daemon`")[1]?.split("\n### ")[0] ?? ""

const unit = read("deploy/sluice.service")
const dockerfile = read("deploy/Dockerfile")

const commands = {
  "sluice.service": /^ExecStart=.* node bin\/sluice\.js daemon (.*)$/m.exec(unit)?.[1] ?? "",
  Dockerfile: /^CMD \["daemon", (.*)\]$/m.exec(dockerfile)?.[1]?.replaceAll(/"|,/g, "") ?? ""
}

describe("deployment", () => {
  for (const [file, options] of Object.entries(commands)) {
    it(`${file} uses options that the daemon has`, () => {
      const names = options.match(/--[a-z-]+/g) ?? []
      assert.isAbove(names.length, 1)
      for (const name of names) assert.include(documented, `\`${name}\``)
    })
  }

  it("systemd waits for longer than the daemon waits for its steps", () => {
    const grace = Number(/--grace (\d+)/.exec(commands["sluice.service"])?.[1])
    const wait = Number(/^TimeoutStopSec=(\d+)$/m.exec(unit)?.[1])
    assert.isAbove(wait, grace + 5)
  })

  it("the container asks for its health where the daemon tells it", () => {
    const port = /--health-port (\d+)/.exec(commands.Dockerfile)?.[1]
    assert.include(dockerfile, `http://127.0.0.1:${port}/health`)
  })
})

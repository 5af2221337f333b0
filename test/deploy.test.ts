/** The files of deploy/ start a daemon with options that it has, and let it end in peace. */
import { assert, describe, it } from "@effect/vitest"
import { spawnSync } from "node:child_process"
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"

/** Where there is systemd. */
const systemd = "/usr/bin/systemd-analyze"

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

  it.skipIf(!existsSync(systemd))("systemd finds nothing to say about its unit", () => {
    const { status, stderr } = spawnSync(systemd, ["verify", join(import.meta.dirname, "..", "deploy", "sluice.service")], { encoding: "utf8" })
    assert.deepStrictEqual([status, stderr], [0, ""])
  })

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

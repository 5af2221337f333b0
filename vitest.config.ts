import { tmpdir } from "node:os"
import * as path from "node:path"
import { defineConfig } from "vitest/config"

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // A worker for each file would load Effect and the engine anew each time: half a second of processor time a file.
    isolate: false,
    // Many tests wait for processes and the database; vitest alone would leave a core to itself.
    maxWorkers: "100%",
    testTimeout: 60_000,
    hookTimeout: 60_000,
    globalSetup: ["test/globalSetup.ts"],
    // Where the launcher keeps compiled code too. Programs that tests start begin in half the time.
    env: { NODE_COMPILE_CACHE: path.join(tmpdir(), "node-compile-cache") }
  }
})

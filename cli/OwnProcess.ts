/** Another command of the same project as a child process. */
import * as Effect from "effect/Effect"
import { spawn } from "node:child_process"
import { constants } from "node:os"
import { fileURLToPath } from "node:url"
import type { Ended } from "./Cli.ts"
import { Refusal } from "./Refusal.ts"

const launcher = fileURLToPath(new URL("../bin/sluice.js", import.meta.url))

const most = 65_536

/**
 * Runs `sluice` in the project's folder; an interrupt ends the process as Ctrl-C would, and waits for its end. Shown, it
 * writes to this process's own outputs, and `stdout` and `stderr` are empty.
 */
export const run = (
  folder: string,
  args: ReadonlyArray<string>,
  output: "collected" | "shown"
): Effect.Effect<Ended, Refusal> =>
  Effect.callback<Ended, Refusal>((resume) => {
    const child = spawn(process.execPath, [launcher, ...args], {
      cwd: folder,
      env: { ...process.env, SLUICE_PROJECT: folder },
      stdio: output === "shown" ? ["ignore", "inherit", "inherit"] : ["ignore", "pipe", "pipe"]
    })
    const text = { stdout: "", stderr: "" }
    for (const stream of ["stdout", "stderr"] as const) {
      child[stream]?.setEncoding("utf8").on("data", (chunk: string) => {
        text[stream] = (text[stream] + chunk).slice(-most)
      })
    }
    child.on("error", (cause) => {
      const message = `"sluice ${args.join(" ")}" cannot be started as a process: ${cause.message}.`
      resume(Effect.fail(new Refusal({ message, cause })))
    })
    child.on("close", (code, signal) => {
      const exitCode = code ?? 128 + (signal === null ? 0 : constants.signals[signal])
      resume(Effect.succeed({ exitCode, ...text }))
    })
    return Effect.callback<void>((ended) => {
      if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return ended(Effect.void)
      child.once("close", () => ended(Effect.void))
      child.kill("SIGTERM")
    })
  })

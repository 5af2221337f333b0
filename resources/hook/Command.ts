/** Hooks by a command of this machine: the event as JSON on its standard input. No shell is between. */
import { Duration, Effect, Schema } from "effect"
import { type ChildProcess, spawn } from "node:child_process"
import { type Channel, HookEvent, NotDelivered } from "../../engine/hook/Hook.ts"
import * as Span from "../../engine/Span.ts"

export interface CommandOptions {
  /** It is killed then, with the processes it has started. Default "30 seconds". */
  readonly timeout?: Duration.Input
  /** Where it runs. Default: the folder of this process, which is the project's. */
  readonly folder?: string
  /** In place of the same names of this process' environment. */
  readonly env?: Readonly<Record<string, string>>
}

/**
 * Runs a program with arguments. Its environment has SLUICE_HOOK, SLUICE_HOOK_KIND, SLUICE_HOOK_TITLE, SLUICE_HOOK_EVENT and
 * SLUICE_HOOK_RUN beside that of this process. An exit code other than 0, and the end of the time, are tried again.
 */
export const command = (argv: readonly [string, ...ReadonlyArray<string>], options: CommandOptions = {}): Channel<never> => {
  const millis = Duration.toMillis(Duration.fromInputUnsafe(options.timeout ?? "30 seconds"))
  return {
    kind: "command",
    to: argv[0],
    spacingMillis: 0,
    send: (event) =>
      Effect.flatMap(Effect.orDie(encode(event)), (json) => run(argv, { ...options, env: { ...ofEvent(event), ...options.env } }, json)).pipe(
        Effect.timeoutOrElse({
          duration: millis,
          orElse: () => Effect.fail(new NotDelivered({ message: `${argv[0]} did not end within ${Span.exact(millis)}, and was killed.`, transient: true }))
        })
      )
  }
}

const encode = Schema.encodeEffect(Schema.fromJsonString(HookEvent))

/** A variable cannot hold a NUL. */
const ofEvent = ({ hook, id, kind, run, title }: HookEvent): Readonly<Record<string, string>> => ({
  SLUICE_HOOK: hook,
  SLUICE_HOOK_KIND: kind,
  SLUICE_HOOK_TITLE: title.replaceAll("\0", ""),
  SLUICE_HOOK_EVENT: id,
  SLUICE_HOOK_RUN: run === null ? "" : String(run.id)
})

/** So much of what it says is kept. */
const mostKept = 4096
const mostTold = 200

const run = (
  [program, ...args]: readonly [string, ...ReadonlyArray<string>],
  { env, folder }: CommandOptions,
  input: string
): Effect.Effect<void, NotDelivered> =>
  Effect.callback<void, NotDelivered>((resume) => {
    const fail = (message: string, transient = true) => resume(Effect.fail(new NotDelivered({ message, transient })))
    let said = ""
    // A group of its own: what it has started ends with it.
    const child = spawn(program, args, { detached: true, env: { ...process.env, ...env }, stdio: ["pipe", "pipe", "pipe"], ...(folder === undefined ? {} : { cwd: folder }) })
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        said = (said + text).slice(-mostKept)
      })
    }
    // It need not read its input.
    child.stdin.on("error", () => {})
    child.stdin.end(input)
    child.on("error", (error) => fail(`${program} cannot be run: ${error.message}.`, false))
    child.on("exit", (code, signal) => {
      // What it left behind may hold its outputs open.
      kill(child)
      if (code === 0) return resume(Effect.void)
      const last = said.trim().split("\n").at(-1) ?? ""
      fail(`${program} ended with ${code ?? signal}${last === "" ? "." : `: ${last.slice(0, mostTold)}`}`)
    })
    return Effect.sync(() => kill(child))
  })

const kill = ({ pid }: ChildProcess): void => {
  if (pid === undefined) return
  try {
    process.kill(process.platform === "win32" ? pid : -pid, "SIGKILL")
  } catch {
    // It has ended.
  }
}

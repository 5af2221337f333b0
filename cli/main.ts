/** The command line: from words to an exit code. */
import * as Cause from "effect/Cause"
import * as CliConfig from "effect/cli/CliConfig"
import * as CliError from "effect/cli/CliError"
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Option from "effect/Option"
import { readFileSync } from "node:fs"
import { didYouMean } from "../engine/Suggestion.ts"
import * as KeyWords from "./backfill/KeyWords.ts"
import * as EarlyExit from "./EarlyExit.ts"
import * as FirstWord from "./FirstWord.ts"
import * as Grammar from "./Grammar.ts"
import { ProjectFolder } from "./grammar/Options.ts"
import * as Interruption from "./Interruption.ts"
import * as Platform from "./Platform.ts"
import * as Presenter from "./Presenter.ts"
import { exitCodes, messageOf, ofCause, withoutSecrets } from "./Refusal.ts"
import { StartFolder } from "./StartFolder.ts"
import * as Strays from "./Strays.ts"
import { note } from "./terminal/Screen.ts"
import { err } from "./terminal/Style.ts"

const version = (): string => {
  const text = readFileSync(new URL("../package.json", import.meta.url), "utf8")
  return /"version":\s*"([^"]+)"/.exec(text)?.[1] ?? "unknown"
}

const environment = Layer.mergeAll(
  Platform.layer,
  Presenter.layer,
  CliConfig.layer({ builtIns: Grammar.builtIns }),
  // Standard output is for results.
  Layer.succeed(Logger.LogToStderr, true)
)

const debugs = (args: ReadonlyArray<string>): boolean =>
  (process.env["SLUICE_DEBUG"] ?? "") !== "" || /--log-level[ =](debug|trace|all)\b/.test(args.join(" "))

/** Says what is left to say about the end of a command, and gives its exit code. */
export const settle = (args: ReadonlyArray<string>, exit: Exit.Exit<unknown, unknown>): number => {
  if (Exit.isSuccess(exit)) return 0
  const error = Option.getOrUndefined(Cause.findErrorOption(exit.cause))
  // The presenter has said it.
  if (CliError.isCliError(error)) return error._tag === "ShowHelp" && error.errors.length === 0 ? 0 : exitCodes.refused
  const { exitCode, sentence } = ofCause(exit.cause)
  if (sentence !== undefined) note(`${err.red("error")}: ${withoutSecrets(sentence)}`)
  if (debugs(args)) note(err.dim(withoutSecrets(Cause.pretty(exit.cause))))
  return exitCode
}

/**
 * The project's own commands, which are in its main.ts. That takes a while to load and may fail: it is done for words
 * that are no built-in command, and for the help that lists all.
 */
const ownCommands = Effect.fnUntraced(function*(args: ReadonlyArray<string>) {
  const { project, word } = FirstWord.of(args)
  if (word === undefined ? args.includes("--version") || args.includes("-v") : Grammar.names.has(word)) return []
  const { load } = yield* Effect.promise(() => import("./OwnCommands.ts"))
  const { find } = yield* Effect.promise(() => import("./Project.ts"))
  const none = (): ReadonlyArray<Grammar.OwnCommand> => []
  const commands = Effect.matchEffect(find, {
    // A word that is no command, or help: both are told without a project too.
    onFailure: (error) => word === undefined || Option.isNone(project) ? Effect.sync(none) : Effect.fail(error),
    onSuccess: () => load(Grammar.names)
  }).pipe(Effect.provideService(ProjectFolder, project))
  if (word !== undefined && didYouMean(word, [...Grammar.names]) === "") return yield* commands
  return yield* Effect.catch(commands, (error) =>
    Effect.sync(() => {
      note(err.dim(`The project's own commands are not known: ${withoutSecrets(messageOf(error))}`))
      return none()
    }))
})

/**
 * Calls `lost` once when standard output cannot be written any more (a full disk). A reader that has seen enough
 * (`| head`) is no failure and ends nothing: the run goes on in silence, to its own exit code.
 */
const watchOutput = (lost: (error: Error) => void): void => {
  let told = false
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (told || error.code === "EPIPE" || error.code === "ERR_STREAM_DESTROYED") return
    told = true
    lost(error)
  })
  // There is nowhere left to say that errors cannot be said.
  process.stderr.on("error", () => undefined)
}

/** What the words ask for, begun in the folder where the process is. */
export const command = (args: ReadonlyArray<string>) =>
  Effect.flatMap(ownCommands(args), (own) =>
    Command.runWith(Grammar.make(version(), own), { version: version() })(
      KeyWords.spread(args, new Map(own.map((command) => [command.name, KeyWords.of(command)])))
    )).pipe(Effect.provide(environment), Effect.provideService(StartFolder, process.cwd()))

/** Runs one command and ends the process with its exit code. */
export const run = (args: ReadonlyArray<string>, launcher?: number): void => {
  // A command that waits for nothing but a signal would end where Node finds no more events to come.
  setInterval(() => undefined, 2 ** 31 - 1)
  const end = EarlyExit.watch()
  const strays = Strays.watch(debugs(args))
  const fiber = Effect.runFork(command(args))
  Interruption.interrupts(fiber)
  if (launcher !== undefined) Interruption.endsWith(launcher)
  let isLost = false
  watchOutput((error) => {
    isLost = true
    note(`${err.red("error")}: Standard output cannot be written (${error.message}), so this command is stopped.`)
    fiber.interruptUnsafe()
  })
  const endWith = (code: number) => {
    strays.close()
    end(isLost || code === 0 && strays.hasFailed() ? exitCodes.failed : code)
  }
  fiber.addObserver((exit) => {
    let code: number = exitCodes.failed
    try {
      code = settle(args, exit)
    } finally {
      // The stream tells its errors a moment after the write.
      process.stdout.write("", () => setImmediate(() => endWith(code)))
    }
  })
}

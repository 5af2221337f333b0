/** `sluice bulk`: sends every record of the input that was not sent yet, and tells what became of them. */
import { Cause, Console, Effect, Option } from "effect"
import { Cli, RunStore } from "sluice"
import * as Meter from "../../assets/bulk/Meter.ts"
import * as Contradictions from "./Contradictions.ts"
import { draining } from "./Draining.ts"
import * as Invented from "./Invented.ts"
import * as Logs from "./Logs.ts"
import * as Options from "./Options.ts"
import * as Place from "./Place.ts"
import * as Screen from "./Screen.ts"
import * as Sending from "./Sending.ts"

export interface RunInput extends Options.Given {
  readonly numRecords: number | undefined
  readonly errorRate: number | undefined
  readonly force: boolean
  readonly logDir: string
  readonly json: boolean
}

/** Where the records are: what the options name, or invented ones; undefined: what the environment says. */
const inputOf = Effect.fnUntraced(function*(input: RunInput) {
  if (input.demo) return yield* Invented.bucket(input)
  const { errorRate, numRecords } = input
  const uri = input.input !== undefined
    ? yield* Place.of(input.input)
    : numRecords !== undefined
    ? yield* Cli.withResources(Invented.file(numRecords, errorRate))
    : undefined
  return { uri, settings: {} }
})

export const run = Effect.fn("bulk.run")(function*(input: RunInput) {
  yield* Contradictions.refuse(input)
  const { settings, uri } = yield* inputOf(input)
  const work = Effect.gen(function*() {
    const options = yield* Options.read
    const folder = yield* Cli.path(input.logDir)
    const logs = yield* Logs.open(folder, options.level)
    const meter = Meter.make()
    const screen = Screen.make(input.json)
    const { demo, force, json, numRecords } = input
    let begun: number | undefined
    const sending = Sending.run({
      options, anew: force || demo, numRecords, folder, json, meter, logs, screen,
      begun: (run) => {
        begun = run
      }
    })
    yield* Cli.withEverything(draining({ meter, logs, screen, graceSeconds: options.api.graceSeconds }, sending)).pipe(
      Effect.onError((cause) => tellEarlyEnd(cause, meter, demo ? "" : force ? goesOnAnew(begun) : goesOn, logs)),
      Effect.provideService(Meter.ProcessMeter, meter),
      Effect.provide(logs.layer)
    )
  })
  yield* Cli.withSettings({ ...settings, ...Options.settingsOf(input, uri) })(work)
}, Effect.scoped)

const n = (count: number): string => count.toLocaleString("en")

const goesOn = " The same command goes on with the rest."

/** What is forced is all of it, each time. */
const goesOnAnew = (run: number | undefined): string =>
  run === undefined ? "" : ` \`sluice backfill resume ${run}\` goes on with the rest; the same command, with --force, sends all records again.`

/** What ends a run early, with the trace in the log; the command line says errors on the terminal. */
const tellEarlyEnd = (cause: Cause.Cause<unknown>, { counts }: Meter.Meter, goesOn: string, logs: Logs.Logs) =>
  Effect.gen(function*() {
    const ended = Cause.findErrorOption(cause)
    // What it ended with has been told.
    if (Option.isSome(ended) && ended.value instanceof Cli.Unfinished) return
    if (!Cause.hasInterruptsOnly(cause)) {
      logs.error(Cause.pretty(cause))
      const isAway = Option.isSome(ended) && ended.value instanceof RunStore.RunStoreError
      if (isAway && goesOn !== "") yield* Console.error(`What is done is committed.${goesOn}`)
      return
    }
    const sentence = `Interrupted: ${n(counts.processed)} records were processed and ${n(counts.failed)} failed in this process. What is done is committed, up to the first record without an answer; what is behind it is sent again, with the keys it had.${goesOn}`
    logs.warn(sentence)
    yield* Console.error(sentence)
  })

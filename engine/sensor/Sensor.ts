/**
 * Sensors: what is observed (files, rows, notifications, the ends of runs, an HTTP API), and the runs that are asked for.
 * Each request has a key, and a sensor asks once for a key; how far it has seen is its cursor, which is stored with them.
 */
import { Duration, Effect, Schema, Stream } from "effect"
import type { Ask, Skip } from "../schedule/Schedule.ts"

export { skip } from "../schedule/Schedule.ts"

/** One observed thing. `key` is what it is known by: a sensor asks for one run a key, ever. */
export interface Found<out A> {
  /** At most 1000 characters. */
  readonly key: string
  readonly value: A
}

/** What was observed since the cursor before, and the cursor after it; both are recorded in one transaction. */
export interface Seen<out C, out A> {
  readonly cursor: C
  readonly found: ReadonlyArray<Found<A>>
}

/** How a sensor observes. `C` says what was seen: a page, a moment, a token. */
export interface Observer<C, out A, out E, out R> {
  /** Its JSON is stored. */
  readonly cursor: Schema.Codec<C, unknown>
  /** The cursor before anything was seen. */
  readonly initial: C
  /**
   * What there is after a cursor: an Effect that looks once and is repeated, or a Stream that tells at once. It is asked
   * anew with the cursor that was stored last, after a failure, an end of the stream or the end of a process; so what it
   * gave and was not recorded comes again.
   */
  readonly observe: (cursor: C) => Effect.Effect<Seen<C, A>, E, R> | Stream.Stream<Seen<C, A>, E, R>
  /** From the end of one observation to the beginning of the next. Default "30 seconds". */
  readonly every?: Duration.Input
  /**
   * So long after it was asked for, nothing of a key is found again, so that retention may forget it: a key that is found
   * nevertheless gets a second run. Default: it is kept for ever.
   */
  readonly keysKept?: Duration.Input
}

/** What a run is asked for; `key` in place of the key of what was found. */
export interface KeyedAsk extends Ask {
  readonly key?: string
}

export interface Asking<in A> {
  readonly description?: string
  /** What is asked for when something is found. Default: the pipeline of the sensor's name. */
  readonly request?: Ask | ((value: A, key: string) => KeyedAsk | Skip)
  /**
   * So many runs that it asked for are open at a time at most; while there are as many, it observes nothing. With 1 no run
   * is asked for before the last one has ended. Default 100.
   */
  readonly openRuns?: number
}

/** A request by its key; `Error`: the function of the user's threw. */
export interface Asked {
  readonly key: string
  readonly ask: Ask | Skip | Error
}

/** What was observed, with its types forgotten: the cursor as JSON, the requests. */
export interface Reported {
  readonly cursor: Schema.Json
  readonly asked: ReadonlyArray<Asked>
}

/** It could not observe. The message is one sentence. */
export class ObservationFailed extends Schema.TaggedError<ObservationFailed>()("ObservationFailed", {
  message: Schema.String
}) {}

export interface Sensor<out R> {
  readonly _tag: "Sensor"
  readonly name: string
  readonly description: string | undefined
  readonly everyMillis: number
  /** Its keys may be forgotten after so long; undefined: never. */
  readonly keysKeptMillis: number | undefined
  /** So many of its runs are open at a time at most. */
  readonly openRuns: number
  /** What there is after a stored cursor; null: nothing was seen yet. */
  readonly observe: (cursor: Schema.Json) => Stream.Stream<Reported, ObservationFailed, R>
  /** Why a text is no cursor of this sensor, or the cursor as it is stored. */
  readonly cursorOf: (json: unknown) => Effect.Effect<Schema.Json, ObservationFailed>
}

/** A folder of thousands of files must not become as many runs at once. */
const mostOpen = 100

/** What is on its way comes again within this, after a restart. */
const leastKept = Duration.toMillis("1 hour")

/** Defines a sensor. Throws on a malformed name or span, since a definition is code. */
export const make = <C, A, E, R>(name: string, options: Observer<C, A, E, R> & Asking<A>): Sensor<R> => {
  if (!/^[A-Za-z0-9_-]+(\/[A-Za-z0-9_-]+)*$/.test(name)) {
    throw new Error(`Sensor name "${name}" is not valid: use letters, digits, "_", "-" and "/" between them.`)
  }
  const everyMillis = Duration.toMillis(Duration.fromInputUnsafe(options.every ?? "30 seconds"))
  if (!Number.isFinite(everyMillis) || everyMillis < 10) {
    throw new Error(`Sensor "${name}": every should be a span of time of at least 10 ms, such as "10 seconds".`)
  }
  const keysKeptMillis = options.keysKept === undefined ? undefined : Duration.toMillis(Duration.fromInputUnsafe(options.keysKept))
  if (keysKeptMillis !== undefined && !(keysKeptMillis >= leastKept)) {
    throw new Error(`Sensor "${name}": keysKept should be a span of time of at least an hour, such as "90 days".`)
  }
  const { openRuns = mostOpen } = options
  if (!Number.isSafeInteger(openRuns) || openRuns < 1) {
    throw new Error(`Sensor "${name}": openRuns should be a whole number from 1 on.`)
  }
  const codec = Schema.toCodecJson(options.cursor)
  const encode = Schema.encodeEffect(codec)
  const decode = Schema.decodeUnknownEffect(codec)
  const cursorOf = (json: unknown) =>
    decode(json).pipe(
      Effect.flatMap(encode),
      Effect.mapError((error) => new ObservationFailed({ message: `It is no cursor of the sensor ${name}: ${oneLine(error.message)}` }))
    )
  const before = (cursor: Schema.Json) =>
    cursor === null ? Effect.succeed(options.initial) : Effect.mapError(decode(cursor), (error) =>
      new ObservationFailed({
        message: `Its stored cursor does not fit its definition any more (${oneLine(error.message)}): ` +
          `set another one by \`sluice sensor cursor ${name} --set JSON\`, or begin anew with --reset.`
      }))
  const report = ({ cursor, found }: Seen<C, A>) =>
    Effect.map(
      Effect.mapError(encode(cursor), (error) => new ObservationFailed({ message: `Its new cursor cannot be stored: ${oneLine(error.message)}` })),
      (cursor): Reported => ({ cursor, asked: found.map((one) => askedOf(options.request ?? {}, one)) })
    )
  return {
    _tag: "Sensor",
    name,
    description: options.description,
    everyMillis,
    keysKeptMillis: keysKeptMillis === Number.POSITIVE_INFINITY ? undefined : keysKeptMillis,
    openRuns,
    observe: (cursor) =>
      Stream.unwrap(Effect.map(before(cursor), (at) =>
        streamOf(() => options.observe(at)).pipe(
          Stream.mapError((error) => new ObservationFailed({ message: sentenceOf(error) })),
          Stream.mapEffect(report)
        ))),
    cursorOf
  }
}

const streamOf = <A, E, R>(observe: () => Effect.Effect<A, E, R> | Stream.Stream<A, E, R>): Stream.Stream<A, E, R> =>
  Stream.suspend(() => {
    const observed = observe()
    return Stream.isStream(observed) ? observed : Stream.fromEffect(observed)
  })

const askedOf = <A>(request: NonNullable<Asking<A>["request"]>, { key, value }: Found<A>): Asked => {
  try {
    if (typeof request !== "function") return { key, ask: request }
    const ask = request(value, key)
    return { key: "_tag" in ask ? key : ask.key ?? key, ask }
  } catch (error) {
    return { key, ask: error instanceof Error ? error : new Error(String(error)) }
  }
}

const oneLine = (text: string): string => text.replaceAll(/\s*\n\s*/g, " ")

const sentenceOf = (error: unknown): string => {
  const message = typeof error === "object" && error !== null && "message" in error ? String(error.message) : String(error)
  return message === "" ? "It failed without a message." : message
}

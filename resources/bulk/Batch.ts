/** A call with several records: its body, the answer with a word about each, and what the records came to. */
import { Effect, Schema } from "effect"
import { ApiError, isTransient, NotJson, Status } from "../api/ApiError.ts"
import { StorableJson } from "./Storable.ts"
import type { Outcome, Outgoing } from "./RecordApi.ts"

/** What is sent: records with their keys. */
export const bodyOf = (records: ReadonlyArray<Outgoing>) => records.map(({ key, record }) => ({ idempotency_key: key, record }))

/** What is answered: what a call with the record alone would have been answered with, for each by its key. */
export const Answer = Schema.Array(Schema.Struct({
  idempotency_key: Schema.String,
  /** As of HTTP: 2xx, the record is processed; 408, 425, 429 and 5xx, it may be at another try; all else, it never will be. */
  status: Schema.Int,
  answer: Schema.optionalKey(StorableJson),
  error: Schema.optionalKey(Schema.Json)
}))
export type Answer = typeof Answer.Type

/** How a call with records ended, and what that took. */
export interface Called {
  readonly result: { readonly _tag: "Success"; readonly success: Answer } | { readonly _tag: "Failure"; readonly failure: ApiError }
  readonly tries: number
  readonly millis: number
  readonly waitMillis: number
}

export interface Calls {
  /** Makes a call, until the API has said something about it: it is not down, and was not asked too often. */
  readonly call: (records: ReadonlyArray<Outgoing>) => Effect.Effect<Called>
  /** As errors name it. */
  readonly url: string
  /** Further tries of a record that may be processed at another one. */
  readonly retries: number
  /** Seconds before the first of them; each next one waits twice as long. */
  readonly retryBaseSeconds: number
}

const textOf = (said: unknown): string => said === undefined ? "" : typeof said === "string" ? said : JSON.stringify(said)

/** Sends the records; gives what each came to, in their order. */
export const settle = ({ call, retries, retryBaseSeconds, url }: Calls) => {
  const attempt = (records: ReadonlyArray<Outgoing>, before: number, tried: number): Effect.Effect<ReadonlyArray<Outcome>> =>
    Effect.gen(function*() {
      const { millis, result, tries, waitMillis } = yield* call(records)
      const all = { tries: before + tries, millis, waitMillis }
      if (result._tag === "Failure") {
        const [first] = records
        if (records.length === 1 && first !== undefined) return [{ _tag: "Failed", error: about(first, result.failure), ...all }]
        // One record may be to blame for all: it is looked for by halves, until it stands alone.
        const middle = Math.ceil(records.length / 2)
        const halves = [records.slice(0, middle), records.slice(middle)]
        return (yield* Effect.forEach(halves, (half) => attempt(half, all.tries, tried), { concurrency: 2 })).flat()
      }
      const answers = new Map(result.success.map((answer) => [answer.idempotency_key, answer]))
      const outcomes = records.map((record): Outcome => {
        const said = answers.get(record.key)
        if (said !== undefined && said.status >= 200 && said.status < 300) return { _tag: "Processed", answer: said.answer ?? null, ...all }
        const reason = said === undefined
          ? new NotJson({ head: "", instead: "nothing about it" })
          : new Status({ status: said.status, head: textOf(said.error) })
        return { _tag: "Failed", error: errorOf(record, reason, url, all.tries), ...all }
      })
      const again = records.filter((_, i) => mayPass(outcomes[i]!))
      if (again.length === 0 || tried >= retries) return outcomes
      yield* Effect.sleep(retryBaseSeconds * 2 ** tried * 1000)
      const later = yield* attempt(again, all.tries, tried + 1)
      const byKey = new Map(again.map(({ key }, i) => [key, later[i]!]))
      return outcomes.map((outcome, i) => byKey.get(records[i]!.key) ?? outcome)
    })
  return (records: ReadonlyArray<Outgoing>) => attempt(records, 0, 0)
}

const mayPass = (outcome: Outcome): boolean => outcome._tag === "Failed" && isTransient(outcome.error.reason)

const subjectOf = ({ id }: Outgoing): string => `record ${id}`

const errorOf = (record: Outgoing, reason: ApiError["reason"], url: string, tries: number): ApiError =>
  new ApiError({ api: "record", route: "process", subject: subjectOf(record), url, reason, tries })

/** The error of a call, as the record's that it was about. */
const about = (record: Outgoing, { api, reason, route, tries, url }: ApiError): ApiError =>
  new ApiError({ api, route, subject: subjectOf(record), url, reason, tries })

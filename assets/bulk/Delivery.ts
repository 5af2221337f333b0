/** One record on its way: to the API and into the results, or into the failed records with the reason. */
import { Clock, Effect } from "effect"
import { createHash } from "node:crypto"
import { type Outcome, type Outgoing, RecordApi } from "../../resources/bulk/RecordApi.ts"
import type { Element } from "./Element.ts"
import type { Version } from "./Files.ts"
import type { AnyRecord } from "./Kind.ts"
import { ProcessMeter } from "./Meter.ts"
import type { FailedRecord, Result } from "./Rows.ts"
import type { Way } from "./Window.ts"

type Sent = Outgoing & { readonly record: AnyRecord }

/** What a record came to. */
export interface Delivered {
  readonly number: number
  readonly result: Result | undefined
  readonly failed: FailedRecord | undefined
  /** Of the last try; undefined: it was never sent. */
  readonly way: Way | undefined
  readonly tries: number
  /** When it was begun and when it had ended, in milliseconds since 1970. */
  readonly begunAt: number
  readonly endedAt: number
}

/** A file in a version, as keys of records begin with it. */
export const originOf = ({ etag, uri }: Version): string =>
  createHash("sha256").update(`${uri}\n${etag}`).digest("hex").slice(0, 16)

/** Where a record stands in its file: the same at every reading, in however many chunks. */
const offsetOf = (place: { readonly byte?: number | undefined; readonly row?: number | undefined; readonly record: number }): number =>
  place.byte ?? place.row ?? place.record

/** JSON has no integers beyond 2^53 and no bytes: they are sent as text. */
const sendable = (record: AnyRecord): AnyRecord => {
  let changed: { [column: string]: unknown } | undefined
  for (const name in record) {
    const value = record[name]
    if (typeof value !== "bigint" && !(value instanceof Uint8Array)) continue
    changed ??= { ...record }
    changed[name] = typeof value === "bigint" ? String(value) : Buffer.from(value).toString("base64")
  }
  return changed ?? record
}

const idOf = (record: AnyRecord, column: string): string | undefined => {
  const id = record[column]
  return typeof id === "string" || typeof id === "number" || typeof id === "bigint" ? String(id) || undefined : undefined
}

/** The kind of a failed record, from how the API ended it. */
const kindOf = ({ error }: Outcome & { readonly _tag: "Failed" }): FailedRecord["kind"] => error.transient ? "unanswered" : "refused"

/** Sends the records of one file; `chunk` is its partition. */
export const make = Effect.fnUntraced(function*(chunk: string, file: Version) {
  const api = yield* RecordApi
  const { recordId } = yield* api.settings
  const send = yield* api.process
  const meter = yield* ProcessMeter
  const clock = yield* Clock.Clock
  const origin = originOf(file)

  const failedOf = (
    element: Element,
    given: Pick<FailedRecord, "kind" | "reason" | "raw"> & { readonly id?: string; readonly tries?: number },
    now: number
  ): FailedRecord => {
    const place = element._tag === "Read" ? element.place : element.bad
    return {
      idempotency_key: `${origin}-${offsetOf(place)}`,
      chunk,
      kind: given.kind,
      record_id: given.id ?? null,
      file: file.uri,
      line: place.line ?? null,
      byte: place.byte ?? null,
      row: place.row ?? null,
      reason: given.reason,
      tries: given.tries ?? 0,
      raw: given.raw,
      failed_at: new Date(now)
    }
  }

  /** A record that cannot be sent. */
  const unsent = (element: Element, kind: "unreadable" | "no id", reason: string, raw: string) =>
    Effect.map(Clock.currentTimeMillis, (now): Delivered => {
      meter.failed(reason)
      const failed = failedOf(element, { kind, reason, raw }, now)
      return { number: element.number, result: undefined, failed, way: undefined, tries: 0, begunAt: now, endedAt: now }
    })

  const ended = (element: Element & { readonly _tag: "Read" }, sent: Sent, outcome: Outcome, begunAt: number, endedAt: number): Delivered => {
    const { id, key, record } = sent
    const { millis, tries, waitMillis } = outcome
    const { number } = element
    const way = { millis, waitMillis }
    if (outcome._tag === "Processed") {
      const result: Result = {
        idempotency_key: key, chunk, record_id: id, answer: outcome.answer, tries, response_ms: millis, processed_at: new Date(endedAt)
      }
      return { number, result, failed: undefined, way, tries, begunAt, endedAt }
    }
    const failed = failedOf(element, { kind: kindOf(outcome), reason: outcome.error.message, raw: JSON.stringify(record), id, tries }, endedAt)
    return { number, result: undefined, failed, way, tries, begunAt, endedAt }
  }

  return (element: Element): Effect.Effect<Delivered> => {
    if (element._tag === "Unreadable") return unsent(element, "unreadable", element.bad.reason, element.bad.raw)
    const record = sendable(element.record)
    const id = idOf(record, recordId)
    if (id === undefined) {
      return unsent(element, "no id", `"${recordId}" is empty or missing: it tells records apart (RECORD_ID names the column)`, JSON.stringify(record))
    }
    if (id.includes("\0") || !id.isWellFormed()) {
      return unsent(element, "no id", `"${recordId}" has a NUL character or half of a surrogate pair, which no database keeps`, JSON.stringify(record))
    }
    const sent = { id, key: `${origin}-${offsetOf(element.place)}`, record }
    const begunAt = clock.currentTimeMillisUnsafe()
    return Effect.flatMap(meter.sending(send(sent)), (outcome) => {
      const delivered = ended(element, sent, outcome, begunAt, clock.currentTimeMillisUnsafe())
      return delivered.failed === undefined ? Effect.succeed(delivered) : Effect.as(Effect.logWarning(delivered.failed.reason), delivered)
    })
  }
})

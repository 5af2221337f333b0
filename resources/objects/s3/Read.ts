/** Reads one version of an object: a body that breaks off is asked for again from the byte it reached. */
import type { GetObjectCommandOutput } from "@aws-sdk/client-s3"
import { Effect, Stream } from "effect"
import type { ReadOptions } from "../Objects.ts"
import type { ObjectStoreError } from "../ObjectStoreError.ts"
import type { Address } from "./Address.ts"
import type { Connection } from "./Connection.ts"
import * as Fault from "./Fault.ts"

const action: Fault.Action = { verb: "read", permission: "s3:GetObject" }

/** How far a read has come. */
interface Progress {
  /** The next byte. */
  at: number
  etag: string | undefined
}

const rangeOf = (at: number, end: number | undefined): string | undefined =>
  at === 0 && end === undefined ? undefined : `bytes=${at}-${end === undefined ? "" : end - 1}`

const get = (connection: Connection, { bucket, key }: Address, { at, etag }: Progress, end: number | undefined) => {
  const range = rangeOf(at, end)
  return connection.attempt(({ checksums, client, sdk }, abortSignal) =>
    client.send(
      new sdk.GetObjectCommand({
        Bucket: bucket,
        Key: key,
        ...(range === undefined ? checksums.read : { Range: range }),
        ...(etag === undefined ? {} : { IfMatch: etag })
      }),
      { abortSignal }
    ))
}

/**
 * How many bytes the answer has, where that is known. A server that does not know Range or If-Match answers too, with other
 * bytes than those asked for.
 */
const lengthOf = (
  { ContentLength, ContentRange, ETag }: GetObjectCommandOutput,
  { at, etag }: Progress,
  end: number | undefined
): Effect.Effect<number | undefined, Fault.Fault> => {
  if (etag !== undefined && ETag !== undefined && ETag !== etag) return Effect.fail(Fault.changed)
  if (rangeOf(at, end) === undefined) return Effect.succeed(ContentLength)
  const [from, to, size] = (/^bytes (\d+)-(\d+)\/(\d+)$/.exec(ContentRange ?? "") ?? []).slice(1).map(Number)
  if (from !== at || size === undefined || to !== Math.min(end ?? size, size) - 1) return Effect.fail(Fault.noRanges)
  const length = to + 1 - from
  return ContentLength === undefined || ContentLength === length ? Effect.succeed(length) : Effect.fail(Fault.noRanges)
}

/** Of a small body nothing has been given when the client finds this. */
const isMismatch = (error: unknown): boolean => error instanceof Error && /^checksum mismatch/i.test(error.message)

/** The chunks of a body. Only what its reader waits for counts against the time-out: he may be slow himself. */
const chunksOf = (response: GetObjectCommandOutput, expected: number | undefined, timeout: number): Stream.Stream<Uint8Array, Fault.Fault> =>
  Stream.unwrap(Effect.gen(function*() {
    const body = response.Body
    if (body === undefined || !(Symbol.asyncIterator in body)) return Stream.empty
    // Ours is closed before it has ended if the reader wants no more: the connection with it.
    yield* Effect.addFinalizer(() => Effect.sync(() => "destroy" in body && typeof body.destroy === "function" ? void body.destroy() : undefined))
    const chunks = body[Symbol.asyncIterator]()
    const next = (received: number) =>
      Effect.tryPromise({
        try: () => chunks.next(),
        catch: (error) => received === expected || isMismatch(error) ? Fault.damaged : Fault.passes(Fault.of(error)) ? Fault.of(error) : Fault.brokenOff
      }).pipe(Effect.timeoutOrElse({ duration: timeout, orElse: () => Effect.fail(Fault.silent) }))
    return Stream.unfold(0, (received) =>
      Effect.flatMap(next(received), (step): Effect.Effect<readonly [Uint8Array, number] | undefined, Fault.Fault> => {
        if (step.done !== true) {
          const sum = received + step.value.length
          return expected !== undefined && sum > expected ? Effect.fail(Fault.noRanges) : Effect.succeed([step.value, sum])
        }
        return expected !== undefined && received !== expected ? Effect.fail(Fault.brokenOff) : Effect.undefined
      }))
  }))

/** From where the progress stands to the end, once. */
const rest = (
  connection: Connection,
  address: Address,
  progress: Progress,
  { end, start = 0 }: ReadOptions
): Stream.Stream<Uint8Array, Fault.Fault> =>
  Stream.unwrap(Effect.gen(function*() {
    if (end !== undefined && progress.at >= end) return Stream.empty
    if (progress.at > start && progress.etag === undefined) return yield* Fault.noVersion
    const response = yield* get(connection, address, progress, end)
    const length = yield* lengthOf(response, progress, end)
    progress.etag = response.ETag ?? progress.etag
    return Stream.tap(chunksOf(response, length, connection.timeout), (chunk) => Effect.sync(() => void (progress.at += chunk.length)))
  }).pipe(
    // The range begins where the object ends: there is nothing to read. Of what had more bytes before, it is another version.
    Effect.catchIf((fault) => fault.code === "InvalidRange" || fault.status === 416, () =>
      progress.at > start ? Effect.fail(Fault.changed) : Effect.succeed(Stream.empty))
  ))

export const read = (connection: Connection, address: Address, options: ReadOptions): Stream.Stream<Uint8Array, ObjectStoreError> =>
  Stream.suspend(() => {
    const progress: Progress = { at: options.start ?? 0, etag: options.ifMatch }
    return rest(connection, address, progress, options).pipe(
      // Tries are counted anew when bytes have come: a long body may break off often.
      Stream.retry(connection.schedule),
      Stream.catch((fault) => Stream.fromEffect(connection.told(address, action)(fault)))
    )
  })

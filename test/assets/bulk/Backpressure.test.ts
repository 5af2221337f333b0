/** A slow API: the records that are read and not yet done are bounded, and the file is not read meanwhile. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Stream } from "effect"
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import * as path from "node:path"
import { Asset, ObjectStore } from "sluice"
import { chunks } from "../../../assets/bulk/chunks.ts"
import * as Meter from "../../../assets/bulk/Meter.ts"
import { results } from "../../../assets/bulk/records.ts"
import { simulated } from "../../resources/bulk/api.ts"

/** A store that counts the bytes that are taken from it. */
const counting = (count: (bytes: number) => void) =>
  Layer.effect(
    ObjectStore,
    Effect.map(ObjectStore, (store) => ({
      ...store,
      read: (uri, options) => Stream.tap(store.read(uri, options), (bytes) => Effect.sync(() => count(bytes.length)))
    } satisfies ObjectStore["Service"]))
  ).pipe(Layer.provide(ObjectStore.layer({ root: "/" })))

describe("the queue between reading and sending", () => {
  it.live("is bounded by QUEUE_SIZE, by the calls in flight before that, and reading waits for it", () =>
    Effect.gen(function*() {
      const folder = yield* Effect.acquireRelease(
        Effect.sync(() => mkdtempSync(path.join(tmpdir(), "sluice-queue-"))),
        (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
      )
      const file = path.join(folder, "records.ndjson")
      const padding = "x".repeat(400)
      writeFileSync(file, Array.from({ length: 10_000 }, (_, i) => `{"id":"r${i}","amount":1,"padding":"${padding}"}\n`).join(""))
      const meter = Meter.make()
      let read = 0
      yield* simulated({ latency: "1 hour" }, { BULK_INPUT: file, QUEUE_SIZE: "100", MAX_WORKERS: "10" }, (simulator) =>
        Effect.gen(function*() {
          const [key = ""] = (yield* Asset.compute(chunks, {})).map(({ key }) => key)
          const before = read
          const running = yield* Effect.forkChild(Asset.compute(results, {}, key))
          yield* Effect.repeat(Effect.sleep("5 millis"), { until: () => simulator.seen(1000).arrivals >= 32 })
          yield* Effect.sleep("300 millis")
          assert.isAtMost(meter.mostUnderWay(), 100)
          assert.isAtMost(simulator.seen(1000).arrivals, 100)
          // Of 4.3 MB.
          assert.isBelow(read - before, statSync(file).size / 4)
          yield* Fiber.interrupt(running)
        }).pipe(Effect.provideService(Meter.ProcessMeter, meter), Effect.provide(counting((bytes) => {
          read += bytes
        }))))
    }))
})

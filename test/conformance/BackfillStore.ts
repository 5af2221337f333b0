/** What every backfill store must do; run against each implementation. */
import { describe, it } from "@effect/vitest"
import { Effect, type Layer } from "effect"
import type { BackfillStore } from "../../engine/record/BackfillStore.ts"
import type { RunStore } from "../../engine/record/RunStore.ts"
import { life } from "./backfill-store/Life.ts"
import type { Test } from "./backfill-store/Records.ts"
import { sharing } from "./backfill-store/Sharing.ts"

export const backfillStoreConformance = <E>(name: string, layer: Layer.Layer<RunStore | BackfillStore, E>): void => {
  const test: Test = (title, effect) => it.live(title, () => Effect.asVoid(Effect.provide(effect, layer)))

  describe(`${name} as a backfill store`, () => {
    life(test)
    sharing(test)
  })
}

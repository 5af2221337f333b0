/** How old assets are that say how old they may be, in words. */
import type { Any } from "../engine/definition/Asset.ts"
import type { Freshness } from "../engine/definition/Freshness.ts"
import * as Age from "../engine/plan/Age.ts"
import type { Snapshot } from "../engine/plan/Snapshot.ts"
import * as Text from "./terminal/Text.ts"

export interface Aged extends Age.Age {
  readonly asset: string
  readonly freshness: Freshness
  readonly now: number
}

/** Undefined of an asset that says nothing of its age. */
export const of = (snapshot: Snapshot, asset: Any): Aged | undefined =>
  asset.freshness === undefined
    ? undefined
    : { ...Age.of(snapshot, asset.key, asset.freshness), asset: asset.key, freshness: asset.freshness, now: snapshot.now.epochMilliseconds }

/** `26 h old, in time`, `never, too old` */
export const describe = ({ dataOf, isTooOld, now }: Aged): string =>
  `${dataOf === undefined ? "nothing is stored" : `${Text.duration(Math.max(0, now - dataOf))} old`}, ${isTooOld ? "too old" : "in time"}`

/** `26 h`, `3 h at 0 9 * * * in Europe/Berlin` */
export const limit = ({ freshness: { deadlines, withinMillis } }: Aged): string =>
  `${Text.duration(withinMillis)}${deadlines === undefined ? "" : ` at ${deadlines.cron.text} in ${deadlines.zone.name}`}`

export const toJson = (aged: Aged) => ({
  ageMillis: aged.dataOf === undefined ? null : Math.max(0, aged.now - aged.dataOf),
  dataOf: aged.dataOf === undefined ? null : new Date(aged.dataOf),
  withinMillis: aged.freshness.withinMillis,
  cron: aged.freshness.deadlines?.cron.text ?? null,
  timezone: aged.freshness.deadlines?.zone.name ?? null,
  tooOld: aged.isTooOld
})

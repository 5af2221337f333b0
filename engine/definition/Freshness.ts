/** How old an asset may be: always, or at the ticks of a cron expression. */
import { Duration } from "effect"
import * as Zone from "../partition/Zone.ts"
import * as Cron from "../schedule/Cron.ts"

export interface Options {
  /**
   * It may be so old. The age of an asset with time windows is counted from the end of the newest window that is stored,
   * that of any other one from its last materialization.
   */
  readonly within: Exclude<Duration.Input, number>
  /** It has to be so at each tick; until the next one nothing more is wanted. Default: it has to be so always. */
  readonly cron?: string
  /** Whose clock `cron` means. Default UTC. */
  readonly timezone?: string
}

export interface Freshness {
  readonly withinMillis: number
  readonly deadlines: { readonly cron: Cron.Cron; readonly zone: Zone.Zone } | undefined
}

/** Throws on a malformed span, expression or zone, since a definition is code. */
export const make = (asset: string, { cron, timezone = "UTC", within }: Options): Freshness => {
  const withinMillis = Duration.toMillis(Duration.fromInputUnsafe(within))
  if (!Number.isFinite(withinMillis) || withinMillis <= 0) {
    throw new Error(`Asset "${asset}": freshness.within should be a span of time such as "26 hours".`)
  }
  if (cron === undefined) return { withinMillis, deadlines: undefined }
  try {
    const zone = Zone.make(timezone)
    return { withinMillis, deadlines: { cron: Cron.make(cron, zone), zone } }
  } catch (error) {
    throw new Error(`Asset "${asset}": freshness: ${error instanceof Error ? error.message : String(error)}`)
  }
}

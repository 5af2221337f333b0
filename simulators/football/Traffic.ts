/** What a server saw: requests by kind, the most at once, their order, and the connections that are open. */

export type Kind = "live" | "details" | "odds" | "team" | "competition" | "country" | "unknown"

export interface Seen {
  readonly kind: Kind
  /** The `uuid` that was asked for; "" where there was none. */
  readonly id: string
  /** Milliseconds of the server's monotonic clock. */
  readonly began: number
  /** Undefined while it is under way. */
  ended: number | undefined
}

export interface Traffic {
  /** In the order of arrival. */
  readonly seen: ReadonlyArray<Seen>
  readonly counts: () => Readonly<Partial<Record<Kind, number>>>
  readonly total: () => number
  /** The most requests that were under way at once. */
  readonly mostInFlight: () => number
  readonly openConnections: () => number
  readonly reset: () => void
}

export interface Recorder extends Traffic {
  readonly begin: (kind: Kind, id: string) => Seen
  readonly end: (seen: Seen) => void
}

export const make = (openConnections: () => number): Recorder => {
  const seen: Array<Seen> = []
  let [inFlight, most] = [0, 0]
  return {
    seen,
    counts: () => {
      const counts: Partial<Record<Kind, number>> = {}
      for (const { kind } of seen) counts[kind] = (counts[kind] ?? 0) + 1
      return counts
    },
    total: () => seen.length,
    mostInFlight: () => most,
    openConnections,
    reset: () => {
      seen.length = 0
      most = inFlight
    },
    begin: (kind, id) => {
      const request: Seen = { kind, id, began: performance.now(), ended: undefined }
      seen.push(request)
      most = Math.max(most, ++inFlight)
      return request
    },
    end: (request) => {
      if (request.ended !== undefined) return
      request.ended = performance.now()
      inFlight--
    }
  }
}

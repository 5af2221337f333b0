/** Invented records, the same ones for a seed, of which an exact number is bad. */

export interface Sample {
  readonly id: string
  readonly customer: string
  readonly amount: number
  readonly created_at: string
  readonly note: string
}

/**
 * - `broken`: cannot be read (a cell too few, half a line, an element that is no object).
 * - `nameless`: has no id, so it cannot be told from others.
 * - `refused`: can be read, and the API refuses it, since its amount is no number.
 */
export type Flaw = "broken" | "nameless" | "refused"

/** A good record, or what is wrong with it. */
export interface Drawn {
  readonly sample: Sample
  readonly flaw: Flaw | undefined
}

/** A generator of numbers in [0, 1): Mulberry32. */
export const random = (seed: number): () => number => {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

const customers = ["Ada", "Bjørn", "Chloé", "Dmitri", "Esra", "Fatou", "Grace", "Hedy", "Ines", "Jun", "Katherine", "Lin"]
/** Text that a reader of CSV has to take apart rightly. */
const notes = ["", "paid", "call \"later\"", "one, two", "two\nlines", "100 %", "naïve façade", "–"]

const firstMillis = Date.UTC(2024, 0, 1)

const sampleOf = (i: number, next: () => number): Sample => ({
  id: `r${String(i + 1).padStart(7, "0")}`,
  customer: customers[Math.floor(next() * customers.length)]!,
  amount: Math.floor(next() * 100_000) / 100,
  created_at: new Date(firstMillis + i * 1000).toISOString(),
  note: notes[Math.floor(next() * notes.length)]!
})

/** How many of them are bad. */
export const badOf = (records: number, errorRate: number): number => Math.round(records * errorRate)

/** Draws so many records one after the other; `badOf` of them have one of these flaws. Ids are counted from `first`. */
export function* draw(records: number, errorRate: number, seed: number, flaws: ReadonlyArray<Flaw>, first = 0): Generator<Drawn> {
  const next = random(seed)
  let bad = badOf(records, errorRate)
  for (let i = 0; i < records; i++) {
    // Selection sampling: each place is taken with the share of bad ones that are left, so the number comes out exactly.
    const isBad = next() * (records - i) < bad
    if (isBad) bad--
    yield { sample: sampleOf(first + i, next), flaw: isBad ? flaws[bad % flaws.length]! : undefined }
  }
}

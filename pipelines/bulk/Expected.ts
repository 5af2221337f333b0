/** How many records the input has, as far as its chunks tell. */
import type { Chunks } from "sluice"

const isKnown = (chunk: Chunks.Chunk): chunk is Chunks.Chunk & { readonly records: number } => chunk.records !== null

/** Known for chunks whose end was looked for; the others have as many for their size. Undefined: nothing is known. */
export const of = (chunks: ReadonlyArray<Chunks.Chunk>): number | undefined => {
  const known = chunks.filter(isKnown)
  const records = known.reduce((sum, chunk) => sum + chunk.records, 0)
  const size = (some: ReadonlyArray<Chunks.Chunk>) => some.reduce((sum, { end, start }) => sum + end - start, 0)
  const knownSize = size(known)
  return knownSize === 0 ? undefined : Math.round(records * size(chunks) / knownSize)
}

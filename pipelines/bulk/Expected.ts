/** How many records the input has, as far as its chunks tell. */
import type { Chunks } from "sluice"

/**
 * Known for chunks whose end was looked for; the others have as many for their size as those, or else as the first records
 * of the input tell. Undefined: nothing is known.
 */
export const of = (chunks: ReadonlyArray<Chunks.Chunk>, bytesPerRecord: number | undefined): number | undefined => {
  let [records, knownSize, unknownSize] = [0, 0, 0]
  for (const chunk of chunks) {
    const size = chunk.end - chunk.start
    if (chunk.records === null) {
      unknownSize += size
      continue
    }
    records += chunk.records
    // Of Parquet, they are row groups.
    if (chunk.kind !== "row groups") knownSize += size
  }
  if (unknownSize === 0) return records
  const each = records > 0 && knownSize > 0 ? knownSize / records : bytesPerRecord
  return each === undefined || each === 0 ? undefined : Math.round(records + unknownSize / each)
}

/** Decimals of any precision in text, up to what can be stored: 1e999999999 would be written out one day. */
import { BigDecimal, Option } from "effect"

/** The digits that Postgres' numeric can have before and after the point. */
const [before, after] = [131_072, 16_383] as const

/** Undefined for what is no decimal, or has more digits. */
export const parse = (text: string): BigDecimal.BigDecimal | undefined => {
  if (text === "" || text.length > before + after + 2) return undefined
  const found = Option.getOrUndefined(BigDecimal.fromString(text))
  return found !== undefined && found.scale <= after && found.scale >= -before ? found : undefined
}

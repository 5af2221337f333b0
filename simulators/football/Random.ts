/** Seeded chance: the same words always draw the same number. */

/** FNV-1a over the parts, mixed, as a number in [0, 1). */
export const draw = (...parts: ReadonlyArray<string | number>): number => {
  let hash = 2_166_136_261
  for (const char of parts.join("/")) hash = Math.imul(hash ^ char.charCodeAt(0), 16_777_619)
  hash = Math.imul(hash ^ (hash >>> 15), 2_246_822_507)
  hash = Math.imul(hash ^ (hash >>> 13), 3_266_489_909)
  return ((hash ^ (hash >>> 16)) >>> 0) / 4_294_967_296
}

/** A whole number from `from` to `to`, both included. */
export const whole = (from: number, to: number, ...parts: ReadonlyArray<string | number>): number =>
  from + Math.floor(draw(...parts) * (to - from + 1))

/** One of the items, which must not be empty. */
export const one = <A>(items: ReadonlyArray<A>, ...parts: ReadonlyArray<string | number>): A =>
  items[Math.floor(draw(...parts) * items.length)]!

const letters = "0123456789abcdefghijklmnopqrstuvwxyz"

/** An id of 15 letters and digits, the form of the vendor's. */
export const id = (...parts: ReadonlyArray<string | number>): string =>
  Array.from({ length: 15 }, (_, i) => letters[whole(0, 35, "id", i, ...parts)]).join("")

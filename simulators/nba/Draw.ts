/** Numbers that look random and are the same for the same words. */

/** From 0 up to, and without, 1. */
export const draw = (...words: ReadonlyArray<string | number>): number => {
  let h = 2_166_136_261
  for (const character of words.join("\0")) h = Math.imul(h ^ (character.codePointAt(0) ?? 0), 16_777_619)
  h = Math.imul(h ^ (h >>> 15), 2_246_822_507)
  h = Math.imul(h ^ (h >>> 13), 3_266_489_909)
  return ((h ^ (h >>> 16)) >>> 0) / 2 ** 32
}

/** A whole number of a range, both ends included. */
export const whole = (least: number, most: number, ...words: ReadonlyArray<string | number>): number =>
  least + Math.floor(draw(...words) * (most - least + 1))

export const pick = <A>(from: ReadonlyArray<A>, ...words: ReadonlyArray<string | number>): A => {
  const found = from[whole(0, from.length - 1, ...words)]
  if (found === undefined) throw new Error("There is nothing to pick from.")
  return found
}

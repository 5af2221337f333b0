/** Decimals of few digits → the number that is nearest, as `Number` gives it, without a text to be made and parsed. */

/** A whole number of so many digits is exact. */
export const exactDigits = 15
/** Of so many digits `nearest` can make a number. */
export const mostDigits = 19

/** Powers of ten that are exact. */
const powers = Array.from({ length: 23 }, (_, i) => 10 ** i)

/** A quotient of two exact numbers is rounded as the decimal is. At most 15 digits, of which `places` stand after the point. */
export const ofExact = (digits: number, places: number): number => digits / powers[places]!

/** Into an upper and a lower half, whose products are exact (Veltkamp). */
const splitter = 2 ** 27 + 1

/**
 * 15 digits, so many more, and how many of all stand after the point → number; undefined where it may be the wrong one of
 * two. Two numbers stand for the digits and for the quotient, each the rest of the other one. Computed doubles are
 * written with 16 or 17 digits: `Number` of their text took a tenth of the time of a row.
 */
export const nearest = (head: number, tail: number, tailDigits: number, places: number): number | undefined => {
  if (places >= powers.length) return undefined
  const [scale, divisor] = [powers[tailDigits]!, powers[places]!]
  const upper = Math.floor(head / 2 ** 25)
  const [large, small] = [upper * scale * 2 ** 25, (head - upper * 2 ** 25) * scale + tail]
  const whole = large + small
  const rest = small - (whole - large)
  const quotient = whole / divisor
  const [q, d] = [splitter * quotient, splitter * divisor]
  const [q1, d1] = [q - (q - quotient), d - (d - divisor)]
  const [q2, d2] = [quotient - q1, divisor - d1]
  const product = quotient * divisor
  const lost = ((q1 * d1 - product) + q1 * d2 + q2 * d1) + q2 * d2
  const correction = (((whole - product) - lost) + rest) / divisor
  const result = quotient + correction
  const left = (quotient - result) + correction
  // What is left is wrong by less than 2^-50 of the last place: where a millionth more changes nothing, no other number is nearer.
  return result + left * 1.000001 === result ? result : undefined
}

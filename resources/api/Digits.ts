/** JSON with the digits that stand in it: JSON.parse makes 9007199254740992 of 9007199254740993. */

/** Of so many digits a JavaScript number prints the same ones again. */
const faithful = 15

const mayBeLong = (text: string): boolean => /\d[\d.]{15}/.test(text)

/** `source` is a number as it is written; undefined for what is none. */
type Revive = (key: string, value: unknown, context: { readonly source?: string }) => unknown

// Seams: TypeScript's library knows neither the reviver's third parameter nor rawJSON.
const parseBy = JSON.parse as (text: string, revive: Revive) => unknown
const rawJson = (JSON as unknown as { readonly rawJSON: (text: string) => unknown }).rawJSON

const digitsOf = (source: string): number => source.replace(/e.*$/i, "").replace(/[-.]/g, "").replace(/^0+/, "").length

/** What is beyond the range of a number is told by its value, Infinity. */
const kept: Revive = (_, value, { source }) =>
  typeof value === "number" && Number.isFinite(value) && !Number.isSafeInteger(value) && source !== undefined && digitsOf(source) > faithful
    ? rawJson(source)
    : value

/** Numbers that JSON.parse may round become values that JSON.stringify writes as they stood. Throws `SyntaxError`. */
export const parse = (text: string): unknown => {
  if (!mayBeLong(text)) return JSON.parse(text)
  try {
    return parseBy(text, kept)
  } catch (error) {
    // JSON.parse reads any depth, but calls a reviver by calling itself: thousands of levels are kept, and their numbers rounded.
    if (error instanceof RangeError) return JSON.parse(text)
    throw error
  }
}

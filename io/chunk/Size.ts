/** Sizes in bytes, as people write them. */

const units = { B: 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30, KB: 1e3, MB: 1e6, GB: 1e9 } as const

/** A number of bytes, or a text such as "64 MiB". */
export type Size = number | `${number} ${keyof typeof units}`

/** In bytes. A size that is none is a mistake of the program: it throws. */
export const bytesOf = (size: Size): number => {
  const [number = "", unit = "B"] = typeof size === "number" ? [String(size)] : size.split(" ")
  const factor = Object.entries(units).find(([name]) => name === unit)?.[1]
  const bytes = Math.floor(Number(number) * (factor ?? Number.NaN))
  if (!(bytes >= 1)) throw new Error(`${JSON.stringify(size)} is no size: expected a number of bytes, 1 or more, or a text such as "64 MiB".`)
  return bytes
}

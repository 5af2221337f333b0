/** Seconds between two calls, as the NBA's limit: each node has the full rate of its own address. */

/** What the NBA's limit is without another word, in seconds: what those who call it report to go well. */
const usual = 0.6

/** The shortest time that a limit may have. */
export const shortest = 0.001

const name = "SLUICE_LIMITS"

const unitSeconds: Readonly<Record<string, number>> = { ms: 0.001, s: 1, min: 60, h: 3600 }

/** What the environment says of the limit, such as `1/0.3s`. */
const given = (): string | undefined => /(?:^|,)\s*nba\s*=\s*([^,]+)/.exec(process.env[name] ?? "")?.[1]?.trim()

/** The limit's setting for this command, beside those of other limits; none: as the environment has it. */
export const settings = (seconds: number | undefined): Readonly<Record<string, string>> =>
  seconds === undefined ? {} : { [name]: [process.env[name] ?? "", `nba=1/${seconds}s`].filter((part) => part !== "").join(",") }

export const describe = (seconds: number | undefined): string =>
  seconds === undefined && given() !== undefined
    ? `${given()}, by ${name}`
    : `one call every ${seconds ?? usual} s`

/** How long so many calls take at least, in seconds. */
export const least = (calls: number, seconds: number | undefined): number => {
  const [, most, amount, unit] = /^(\d+)\/([\d.]*)(\w+)$/.exec(seconds === undefined ? given() ?? "" : "") ?? []
  const each = most === undefined ? seconds ?? usual : Number(amount || 1) * (unitSeconds[unit ?? ""] ?? 1) / Number(most)
  return calls * each
}

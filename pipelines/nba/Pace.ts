/** Seconds between two calls, as the NBA's limit: each node has the full rate of its own address. */

/** What the NBA's limit is without another word, in seconds: what those who call it report to go well. */
export const usual = 0.6

/** The limit's setting for this command; undefined: as the environment sets it. */
export const settings = (seconds: number | undefined): { readonly SLUICE_LIMITS?: string } =>
  seconds === undefined ? {} : { SLUICE_LIMITS: `nba=1/${seconds}s` }

export const describe = (seconds: number | undefined): string =>
  seconds === undefined ? `one call every ${usual} s, or what SLUICE_LIMITS says of nba` : `one call every ${seconds} s`

/** How long so many calls take at least, in seconds. */
export const least = (calls: number, seconds: number | undefined): number => calls * (seconds ?? usual)

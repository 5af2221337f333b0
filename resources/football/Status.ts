/** The states of a match by the vendor's numbers, and its words for the weather. */

const statuses: Readonly<Record<number, string>> = {
  0: "abnormal",
  1: "not started",
  2: "first half",
  3: "half-time",
  4: "second half",
  5: "overtime",
  6: "overtime",
  7: "penalties",
  8: "ended",
  9: "delayed",
  10: "interrupted",
  11: "cut in half",
  12: "cancelled",
  13: "to be determined"
}

/** "first half"; a number that the vendor has no word for as "status 42"; "unknown" for null. */
export const wordOf = (status: number | null): string =>
  status === null ? "unknown" : statuses[status] ?? `status ${status}`

/** On the live board: from the first half to the penalties, half-time included. */
export const isOn = (status: number | null): boolean => status !== null && status >= 2 && status <= 7

const weathers: Readonly<Record<number, string>> = {
  1: "partly cloudy",
  2: "cloudy",
  3: "partly cloudy, rain",
  4: "snow",
  5: "sunny",
  6: "overcast, rain, thunderstorms in places",
  7: "overcast",
  8: "mist",
  9: "overcast, rain",
  10: "cloudy, rain",
  11: "cloudy, rain, thunderstorms in places",
  12: "clouds, rain, local thunderstorms",
  13: "fog"
}

/** Null for a number that the vendor has no word for. */
export const weatherOf = (weather: number | null): string | null => weather === null ? null : weathers[weather] ?? null

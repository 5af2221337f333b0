/** The time of the pipeline's logs and days: New York's. */

const format = new Intl.DateTimeFormat("en-CA", {
  timeZone: "America/New_York",
  hourCycle: "h23",
  year: "numeric",
  month: "2-digit",
  day: "2-digit",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit"
})

const parts = (at: Date): Readonly<Record<string, string>> =>
  Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, value]))

/** `2025-06-07` */
export const day = (at: Date): string => {
  const { day, month, year } = parts(at)
  return `${year}-${month}-${day}`
}

/** `2025-06-07 21:39:04,120` */
export const stamp = (at: Date): string => {
  const { hour, minute, second } = parts(at)
  return `${day(at)} ${hour}:${minute}:${second},${String(at.getMilliseconds()).padStart(3, "0")}`
}
